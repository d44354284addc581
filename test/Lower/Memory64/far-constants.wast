;;; Constant addresses and offsets of a 64-bit memory compile and trap, whatever fits an
;;; instruction's displacement or the memory.
;;; Core 3.0, 4.6.8 Memory Instructions: the effective address.
;; RUN: wast2json --enable-memory64 %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory i64 257)
  (data (i64.const 0x1000000) "\01\02\03\04")
  (func (export "address") (result i32) (i32.load (i64.const 0x1000000)))
  (func (export "offset") (param i64) (result i32) (i32.load offset=0x1000000 (local.get 0)))
  (func (export "both") (result i32) (i32.load offset=0xfffffe (i64.const 2)))
  (func (export "past") (result i32) (i32.load (i64.const 0x40000000)))
  (func (export "store") (i64.store offset=0x80000000 (i64.const 0x80000000) (i64.const 1)))
  (func (export "last") (result i32) (i32.load8_u (i64.const -1)))
  (func (export "wraps") (result i32) (i32.load8_u offset=0xffffffff (i64.const -1))))
(assert_return (invoke "address") (i32.const 0x04030201))
(assert_return (invoke "offset" (i64.const 0)) (i32.const 0x04030201))
(assert_return (invoke "both") (i32.const 0x04030201))
(assert_trap (invoke "past") "out of bounds memory access")
(assert_trap (invoke "store") "out of bounds memory access")
(assert_trap (invoke "last") "out of bounds memory access")
(assert_trap (invoke "wraps") "out of bounds memory access")
