;;; Atomic accesses of a 64-bit memory: the sum of address and offset does not wrap.
;;; threads.md; memory64.md.
;; RUN: wast2json --enable-threads --enable-memory64 %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory i64 1 3 shared)
  (func (export "load") (param i64) (result i32) (i32.atomic.load offset=8 (local.get 0)))
  (func (export "add") (param i64) (result i64)
    (i64.atomic.rmw.add (local.get 0) (i64.const 2)))
  (func (export "wait") (param i64) (result i32)
    (memory.atomic.wait32 offset=8 (local.get 0) (i32.const 1) (i64.const 0)))
  (func (export "notify") (param i64) (result i32)
    (memory.atomic.notify offset=8 (local.get 0) (i32.const 1)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "size") (result i64) (memory.size)))

(assert_return (invoke "load" (i64.const 0)) (i32.const 0))
(assert_trap (invoke "load" (i64.const -8)) "out of bounds memory access")
(assert_trap (invoke "load" (i64.const -7)) "unaligned atomic")
(assert_trap (invoke "load" (i64.const 65528)) "out of bounds memory access")
(assert_trap (invoke "wait" (i64.const -8)) "out of bounds memory access")
(assert_trap (invoke "notify" (i64.const -8)) "out of bounds memory access")
(assert_return (invoke "wait" (i64.const 0)) (i32.const 1))
(assert_trap (invoke "add" (i64.const 0x10000)) "out of bounds memory access")
(assert_return (invoke "grow" (i64.const 1)) (i64.const 1))
(assert_return (invoke "add" (i64.const 0x10000)) (i64.const 0))
(assert_return (invoke "add" (i64.const 0x10000)) (i64.const 2))
(assert_return (invoke "grow" (i64.const 2)) (i64.const -1))
(assert_return (invoke "size") (i64.const 2))
