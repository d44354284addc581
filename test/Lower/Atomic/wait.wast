;;; A wait returns 1 where the value is another, 2 when its time is over; time counts from
;;; nanoseconds to never; a memory that is not shared has no waiters, and waiting there traps.
;;; threads.md, Wait and Notify operators.
;; RUN: wast2json --enable-threads %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1 1 shared)
  (func (export "store") (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32)
    (memory.atomic.notify (local.get 0) (local.get 1))))

(invoke "store" (i32.const 8) (i64.const 0x100000005))
(assert_return (invoke "wait32" (i32.const 8) (i32.const 4) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait32" (i32.const 8) (i32.const 5) (i64.const 0)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 8) (i32.const 5) (i64.const 1000000)) (i32.const 2))
(assert_return (invoke "wait64" (i32.const 8) (i64.const 5) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait64" (i32.const 8) (i64.const 0x100000005) (i64.const 10)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 16) (i32.const 1) (i64.const 0x7fffffffffffffff))
  (i32.const 1))
(assert_return (invoke "notify" (i32.const 8) (i32.const -1)) (i32.const 0))

(module
  (memory 1 1)
  (func (export "wait32") (param i32) (result i32)
    (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0)))
  (func (export "notify") (param i32) (result i32)
    (memory.atomic.notify (local.get 0) (i32.const 1)))
  (func (export "add") (param i32) (result i32)
    (i32.atomic.rmw.add (local.get 0) (i32.const 1))))

(assert_trap (invoke "wait32" (i32.const 0)) "expected shared memory")
(assert_trap (invoke "wait32" (i32.const 1)) "unaligned atomic")
(assert_return (invoke "notify" (i32.const 0)) (i32.const 0))
(assert_trap (invoke "notify" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "add" (i32.const 0)) (i32.const 0))
(assert_return (invoke "add" (i32.const 0)) (i32.const 1))
