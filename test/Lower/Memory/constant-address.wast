;;; Constant addresses are checked as computed ones are.
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (func (export "last") (result i32) (i32.load (i32.const 65532)))
  (func (export "past") (result i32) (i32.load (i32.const 65533)))
  (func (export "negative") (result i32) (i32.load8_u (i32.const -1)))
  (func (export "offset past") (result i32) (i32.load8_u offset=65536 (i32.const 0)))
  (func (export "offset wraps") (result i32) (i32.load8_u offset=0xffffffff (i32.const 1)))
  (func (export "offset alone") (result i32) (i32.load8_u offset=65535 (i32.const 0)))
  (func (export "store past") (i32.store8 (i32.const 65536) (i32.const 1)))
  (func (export "store wraps") (i64.store offset=0xfffffff8 (i32.const 8) (i64.const 1)))
  (func (export "first") (result i64) (i64.load (i32.const 0))))

(assert_return (invoke "last") (i32.const 0))
(assert_trap (invoke "past") "out of bounds memory access")
(assert_trap (invoke "negative") "out of bounds memory access")
(assert_trap (invoke "offset past") "out of bounds memory access")
(assert_trap (invoke "offset wraps") "out of bounds memory access")
(assert_return (invoke "offset alone") (i32.const 0))
(assert_trap (invoke "store past") "out of bounds memory access")
(assert_trap (invoke "store wraps") "out of bounds memory access")
(assert_return (invoke "first") (i64.const 0))
