;;; Loops whose accesses move at different distances do what they did, wherever what they write is.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
(module
  (memory 1)
  (func (export "fill") (param $at i32) (param $end i32)
    (loop $next
      (i32.store (local.get $at) (i32.mul (local.get $at) (i32.const 0x9e3779b1)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))
  ;; A number made of all bytes of a range and their places.
  (func (export "digest") (param $at i32) (param $end i32) (result i32) (local $all i32)
    (loop $next
      (local.set $all (i32.add (i32.mul (local.get $all) (i32.const 31))
        (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $all))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))

  (func (export "grey") (param i32 i32 i32)
    (loop $next
      (i32.store8 (local.get 0)
        (i32.add (i32.load8_u (local.get 1))
          (i32.add (i32.load8_u offset=1 (local.get 1)) (i32.load8_u offset=2 (local.get 1)))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "add") (param i32 i32 i32)
    (loop $next
      (i32.store (local.get 0) (i32.add (i32.load (local.get 1)) (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "turn") (param i32 i32 i32)
    (loop $next
      (i32.store (local.get 0) (i32.load (local.get 1)))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (local.set 1 (i32.sub (local.get 1) (i32.const 4)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))))

;; Apart.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "grey" (i32.const 1024) (i32.const 4096) (i32.const 1000))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 3653734542))
;; From where it reads: always behind.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "grey" (i32.const 4096) (i32.const 4096) (i32.const 1000))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 2679843366))
;; A few bytes further: it reads what it wrote.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "grey" (i32.const 4100) (i32.const 4096) (i32.const 1000))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 3526238692))
;; Overtaken in the middle.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "grey" (i32.const 6000) (i32.const 4096) (i32.const 1000))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 1678829000))
;; The number in front.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 1024) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 3314535185))
;; The number among what is written.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 3048) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 1962649074))
;; The first of what is written.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 2048) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 1087829084))
;; The last.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 4044) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 3448110480))
;; Half of the last.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 4042) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 129356481))
;; Right behind.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "add" (i32.const 2048) (i32.const 4048) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 2368696448))
;; Apart.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "turn" (i32.const 2048) (i32.const 8188) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 2553176995))
;; In itself: the second half is what the first was.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "turn" (i32.const 2048) (i32.const 4044) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 1014809910))
;; They meet.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "turn" (i32.const 2048) (i32.const 5044) (i32.const 500))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 2084212460))
;; Back to back.
(invoke "fill" (i32.const 1024) (i32.const 9216))
(invoke "turn" (i32.const 2048) (i32.const 2044) (i32.const 250))
(assert_return (invoke "digest" (i32.const 1024) (i32.const 9216)) (i32.const 1130714527))
;; Out of the memory's end: what lies in front of it is written.
(assert_trap (invoke "turn" (i32.const 65136) (i32.const 8188) (i32.const 500)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65532)) (i32.const 3095919472))
;; Addresses of which one goes round.
(assert_trap (invoke "turn" (i32.const 2048) (i32.const 396) (i32.const 500)) "out of bounds memory access")
(assert_trap (invoke "grey" (i32.const 2048) (i32.const 65000) (i32.const 500)) "out of bounds memory access")
