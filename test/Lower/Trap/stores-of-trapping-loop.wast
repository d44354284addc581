;;; Which stores may be missing after a trap: those of the last turns of the loop that trapped, as a
;;; vector of them that touches the guard writes nothing; and where a loop stores to two places, one
;;; may be a few turns ahead of the other. A place that every turn stores to may have what it had in
;;; front of the loop; if it is what traps, the loop has written nothing else. Stores in front of the
;;; loop are there, and all but the last 64 turns', and no other memory has changed. With
;;; --strict-traps, and without optimization, memory is to the letter what the turns before the trap
;;; left.
;;; Core 3.0, 4.6.8 Memory Instructions, store. compiler/README.md, "What is memory after a trap?"
;; RUN: split-file %s %t
;; RUN: cat %t/module.wast %t/default.wast > %t/d.wast && wast2json %t/d.wast -o %t/d.json
;; RUN: cat %t/module.wast %t/exact.wast > %t/e.wast && wast2json %t/e.wast -o %t/e.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t/d.json
;; RUN: moat-spec --model=both -O0 %t/e.json
;; RUN: moat-spec --model=both -O2 -O3 --strict-traps %t/e.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t/e.json
;; The point of it: the loop stores vectors.
;; RUN: wat2wasm %t/loop.wat -o %t/loop.wasm
;; RUN: moat %t/loop.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t/loop.wasm -O2 --strict-traps --emit=llvm-opt -o - | FileCheck %s --check-prefix=STRICT
;; CHECK: store <4 x i32>
;; STRICT-NOT: store <4 x i32>

;--- module.wast
(module
  (memory 1)
  ;; Stores 1, 2, 3 … at every fourth byte from \p at on.
  (func (export "fill") (param $at i32) (param $turns i32) (local $i i32)
    (i32.store (i32.const 4) (i32.const 77))
    (loop $next
      (i32.store (local.get $at) (local.tee $i (i32.add (local.get $i) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.ne (local.get $i) (local.get $turns))))
    (i32.store (i32.const 8) (i32.const 78)))
  ;; The same at two places: at \p near first, which never traps.
  (func (export "fill-two") (param $near i32) (param $at i32) (param $turns i32) (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (local.get $near) (local.get $i))
      (i32.store (local.get $at) (local.get $i))
      (local.set $near (i32.add (local.get $near) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.ne (local.get $i) (local.get $turns)))))
  ;; Counts turns in one place, with what the other one passes added.
  (func (export "count") (param $place i32) (param $at i32) (param $turns i32)
    (i32.store (local.get $place) (i32.const 1))
    (loop $next
      (i32.store (local.get $place) (i32.add (i32.load (local.get $place))
        (i32.add (i32.load (local.get $at)) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; Adds up bytes in one place, and stores to others behind it.
  (func (export "add-up") (param $place i32) (param $at i32) (param $turns i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (i32.store (local.get $place) (local.get $sum))
      (i32.store8 offset=4096 (local.get $at) (local.get $turns))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  (func (export "is-either") (param $place i32) (param $one i32) (param $other i32) (result i32)
    (i32.or (i32.eq (i32.load (local.get $place)) (local.get $one))
            (i32.eq (i32.load (local.get $place)) (local.get $other))))
  ;; How many turns' stores are there, without a gap.
  (func $written (export "written") (param $at i32) (result i32) (local $count i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (i32.const 65536)))
        (br_if $done (i32.ne (i32.load (local.get $at))
                             (i32.add (local.get $count) (i32.const 1))))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next)))
    (local.get $count))
  (func (export "most-are-written") (param $at i32) (param $turns i32) (result i32)
    (i32.and
      (i32.le_u (call $written (local.get $at)) (i32.add (local.get $turns) (i32.const 64)))
      (i32.ge_u (call $written (local.get $at)) (i32.sub (local.get $turns) (i32.const 64)))))
  ;; The sum of all words in a range: what is behind the last store is zero.
  (func (export "sum") (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $sum))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))

;--- default.wast
(assert_trap (invoke "add-up" (i32.const 65534) (i32.const 1024) (i32.const 100))
  "out of bounds memory access")
(assert_return (invoke "sum" (i32.const 1024) (i32.const 61536)) (i32.const 0))
(assert_trap (invoke "count" (i32.const 512) (i32.const 65136) (i32.const 200))
  "out of bounds memory access")
(assert_return (invoke "is-either" (i32.const 512) (i32.const 1) (i32.const 101)) (i32.const 1))
(assert_trap (invoke "fill" (i32.const 61536) (i32.const 1005)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 4)) (i32.const 77))
(assert_return (invoke "load" (i32.const 8)) (i32.const 0))
(assert_return (invoke "most-are-written" (i32.const 61536) (i32.const 1000)) (i32.const 1))
(assert_return (invoke "sum" (i32.const 1024) (i32.const 61536)) (i32.const 0))
(assert_trap (invoke "fill-two" (i32.const 1024) (i32.const 63536) (i32.const 505))
  "out of bounds memory access")
(assert_return (invoke "most-are-written" (i32.const 1024) (i32.const 501)) (i32.const 1))
(assert_return (invoke "most-are-written" (i32.const 63536) (i32.const 500)) (i32.const 1))
(assert_return (invoke "sum" (i32.const 4096) (i32.const 61536)) (i32.const 0))

;--- exact.wast
(assert_trap (invoke "add-up" (i32.const 65534) (i32.const 1024) (i32.const 100))
  "out of bounds memory access")
(assert_return (invoke "sum" (i32.const 1024) (i32.const 61536)) (i32.const 0))
(assert_trap (invoke "count" (i32.const 512) (i32.const 65136) (i32.const 200))
  "out of bounds memory access")
(assert_return (invoke "load" (i32.const 512)) (i32.const 101))
(assert_trap (invoke "fill" (i32.const 61536) (i32.const 1005)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 4)) (i32.const 77))
(assert_return (invoke "load" (i32.const 8)) (i32.const 0))
(assert_return (invoke "written" (i32.const 61536)) (i32.const 1000))
(assert_return (invoke "sum" (i32.const 1024) (i32.const 61536)) (i32.const 0))
(assert_trap (invoke "fill-two" (i32.const 1024) (i32.const 63536) (i32.const 505))
  "out of bounds memory access")
(assert_return (invoke "written" (i32.const 1024)) (i32.const 501))
(assert_return (invoke "written" (i32.const 63536)) (i32.const 500))

;--- loop.wat
(module
  (memory 1)
  (func (export "_start") (local $at i32) (local $i i32) (local $turns i32)
    (local.set $at (i32.load (i32.const 0)))
    (local.set $turns (i32.load (i32.const 4)))
    (loop $next
      (i32.store (local.get $at) (local.tee $i (i32.add (local.get $i) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.ne (local.get $i) (local.get $turns))))))
