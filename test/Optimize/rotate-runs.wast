;;; Loops that leave between two copies of their body do what they did: at every count, where what
;;; they write is what they read, and up to a trap.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
(module
  (memory 1)
  (func (export "store") (param i32 f64) (f64.store (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result f64) (f64.load (local.get 0)))

  ;; to[i] = from[i + 1] - from[i], 2n + 1 times, of which n is told by where the counter begins.
  (func (export "differences") (param $to i32) (param $from i32) (param $at i32)
    (local $here i32) (local $kept i32)
    (block $end
      (loop $next
        (local.set $here (i32.add (local.get $from) (local.get $at)))
        (f64.store (i32.add (local.get $to) (local.get $at))
          (f64.sub
            (f64.load (local.tee $kept (i32.add (local.get $here) (i32.const 8))))
            (f64.load (local.get $here))))
        (br_if $end (i32.eqz (local.get $at)))
        (f64.store (i32.add (i32.add (local.get $to) (local.get $at)) (i32.const 8))
          (f64.sub
            (f64.load (i32.add (local.get $here) (i32.const 16)))
            (f64.load (local.get $kept))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))

  ;; The same of places that are told by offsets.
  (func (export "copies") (param $at i32) (param $end i32)
    (block $end
      (loop $next
        (f64.store offset=8 (local.get $at) (f64.add (f64.const 1) (f64.load (local.get $at))))
        (br_if $end (i32.eq (local.get $at) (local.get $end)))
        (f64.store offset=16 (local.get $at) (f64.add (f64.const 1) (f64.load offset=8 (local.get $at))))
        (f64.store offset=24 (local.get $at) (f64.add (f64.const 1) (f64.load offset=16 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 24)))
        (br $next))))

  ;; A sum, and where it was when it ended.
  (func (export "sum") (param $at i32) (param $end i32) (result f64 i32) (local $sum f64)
    (block $end
      (loop $next
        (local.set $sum (f64.add (local.get $sum) (f64.load (local.get $at))))
        (br_if $end (i32.eq (local.get $at) (local.get $end)))
        (local.set $sum (f64.add (local.get $sum) (f64.load offset=8 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $sum) (local.get $at)))

;; from[i] = i * i at 1024.
(invoke "store" (i32.const 1024) (f64.const 0))
(invoke "store" (i32.const 1032) (f64.const 1))
(invoke "store" (i32.const 1040) (f64.const 4))
(invoke "store" (i32.const 1048) (f64.const 9))
(invoke "store" (i32.const 1056) (f64.const 16))
(invoke "store" (i32.const 1064) (f64.const 25))
;; Once.
(invoke "differences" (i32.const 2048) (i32.const 1024) (i32.const 0))
(assert_return (invoke "load" (i32.const 2048)) (f64.const 1))
(assert_return (invoke "load" (i32.const 2056)) (f64.const 0))
;; Five times.
(invoke "differences" (i32.const 2080) (i32.const 1056) (i32.const -32))
(assert_return (invoke "load" (i32.const 2048)) (f64.const 1))
(assert_return (invoke "load" (i32.const 2056)) (f64.const 3))
(assert_return (invoke "load" (i32.const 2064)) (f64.const 5))
(assert_return (invoke "load" (i32.const 2072)) (f64.const 7))
(assert_return (invoke "load" (i32.const 2080)) (f64.const 9))
(assert_return (invoke "load" (i32.const 2088)) (f64.const 0))
;; 101 times over what it reads: it writes where the next turn reads first.
(invoke "differences" (i32.const 1832) (i32.const 1824) (i32.const -800))
(assert_return (invoke "load" (i32.const 1032)) (f64.const 1))
(assert_return (invoke "load" (i32.const 1040)) (f64.const 3))
(assert_return (invoke "load" (i32.const 1048)) (f64.const 6))
(assert_return (invoke "load" (i32.const 1056)) (f64.const 10))
(assert_return (invoke "load" (i32.const 1064)) (f64.const 15))
(assert_return (invoke "load" (i32.const 1072)) (f64.const -15))
(assert_return (invoke "load" (i32.const 1080)) (f64.const 15))
;; A chain, from 1 and 301 steps of one.
(invoke "store" (i32.const 4096) (f64.const 1))
(invoke "copies" (i32.const 4096) (i32.const 4096))
(assert_return (invoke "load" (i32.const 4104)) (f64.const 2))
(assert_return (invoke "load" (i32.const 4112)) (f64.const 0))
(invoke "copies" (i32.const 4096) (i32.const 6496))
(assert_return (invoke "load" (i32.const 4120)) (f64.const 4))
(assert_return (invoke "load" (i32.const 6504)) (f64.const 302))
(assert_return (invoke "load" (i32.const 6512)) (f64.const 0))
(assert_return (invoke "sum" (i32.const 4096) (i32.const 4096)) (f64.const 1) (i32.const 4096))
(assert_return (invoke "sum" (i32.const 4096) (i32.const 4128)) (f64.const 15) (i32.const 4128))
(assert_return (invoke "sum" (i32.const 4096) (i32.const 5696)) (f64.const 20301) (i32.const 5696))
;; Out of the memory's end: what lies in front of it is written.
(assert_trap (invoke "copies" (i32.const 65440) (i32.const -8)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65520)) (f64.const 10))
(assert_return (invoke "load" (i32.const 65528)) (f64.const 11))
;; Round the end of addresses: never from there to the beginning.
(assert_trap (invoke "copies" (i32.const -24) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "copies" (i32.const -8) (i32.const 16)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 8)) (f64.const 0))
