;;; A memory holds at most 65,535 pages: growing to the last of 65,536 fails, as the
;;; specification allows, so that 2^32 - 65,536 is the end of every memory.
;;; Core 3.0, 4.6.8 Memory Instructions, memory.grow.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 0 65536)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 9)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))

(assert_return (invoke "grow" (i32.const 65536)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 65537)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 65535)) (i32.const 0))
(assert_return (invoke "size") (i32.const 65535))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
(assert_return (invoke "store" (i32.const 0xfffeffff)))
(assert_return (invoke "load" (i32.const 0xfffeffff)) (i32.const 9))
(assert_return (invoke "load" (i32.const 0x80000000)) (i32.const 0))
(assert_trap (invoke "load" (i32.const 0xffff0000)) "out of bounds memory access")
(assert_trap (invoke "store" (i32.const 0xffffffff)) "out of bounds memory access")
