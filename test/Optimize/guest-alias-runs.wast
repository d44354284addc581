;;; Loops that store to a record, and to others that meet it: in the middle, at the end of 32 bits
;;; of address, and never (compiler/Optimize/GuestAlias.cpp). Every record begins with a number
;;; that a turn reads, and has one at 48 that every turn adds 2 to.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
;; RUN: moat-spec --model=both -O2 --strict-traps %t.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t.json
(module
  (memory 65535)
  (func $add (param $record i32) (param $number f64)
    (f64.store offset=48 (local.get $record)
      (f64.add (f64.load offset=48 (local.get $record))
               (f64.add (local.get $number) (f64.const 2)))))
  (func $result (param $record i32) (result f64) (f64.load offset=48 (local.get $record)))

  (func (export "by-56") (param $record i32) (param $other i32) (param $turns i32) (result f64)
    (f64.store offset=48 (local.get $record) (f64.const 0))
    (loop $again
      (call $add (local.get $record) (f64.load (local.get $other)))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (call $result (local.get $record)))
  (func (export "behind") (param $record i32) (param $turns i32) (result f64) (local $other i32)
    (f64.store offset=48 (local.get $record) (f64.const 0))
    (local.set $other (i32.add (local.get $record) (i32.const 56)))
    (loop $again
      (call $add (local.get $record) (f64.load (local.get $other)))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (call $result (local.get $record)))
  (func (export "circle") (param $record i32) (param $turns i32) (result f64) (local $other i32)
    (f64.store offset=48 (local.get $record) (f64.const 0))
    (local.set $other (i32.add (local.get $record) (i32.const 0x10000028)))
    (loop $again
      (call $add (local.get $record) (f64.load (local.get $other)))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 0x10000000)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (call $result (local.get $record)))
  ;; One turn in four stores, and the turns go round more than once.
  (func (export "sometimes") (param $record i32) (param $other i32) (param $turns i32)
    (result f64)
    (f64.store offset=48 (local.get $record) (f64.const 0))
    (loop $again
      (call $add (local.get $record) (f64.const 0))
      (if (i32.eqz (i32.and (local.get $turns) (i32.const 3)))
        (then (f64.store offset=8 (local.get $other) (f64.const 1))))
      (local.set $other (i32.add (local.get $other) (i32.const 0x1000000)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (call $result (local.get $record))))

(assert_return (invoke "by-56" (i32.const 1024) (i32.const 1080) (i32.const 5)) (f64.const 10))
(assert_return (invoke "by-56" (i32.const 1024) (i32.const 504) (i32.const 20)) (f64.const 19))
(assert_return (invoke "by-56" (i32.const 1024) (i32.const 1064) (i32.const 5)) (f64.const 9))
(assert_return (invoke "by-56" (i32.const 4194304) (i32.const 4194360) (i32.const 5)) (f64.const 10))
(assert_return (invoke "behind" (i32.const 8192) (i32.const 7)) (f64.const 14))
(assert_trap (invoke "behind" (i32.const 0xfffe0000) (i32.const 100000000))
  "out of bounds memory access")
(assert_return (invoke "circle" (i32.const 65536) (i32.const 15)) (f64.const 30))
(assert_return (invoke "circle" (i32.const 65536) (i32.const 16)) (f64.const 1))
(assert_return (invoke "circle" (i32.const 65536) (i32.const 17)) (f64.const 3))
(assert_return (invoke "sometimes" (i32.const 131072) (i32.const 131112) (i32.const 260))
  (f64.const 7))
