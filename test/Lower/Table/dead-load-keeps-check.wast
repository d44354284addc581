;;; A table index derived from an address that was just loaded from is checked as a 32-bit
;;; number, even if nobody uses the load and it is gone: that the address did not wrap is a
;;; fact about the address, not about the value (compiler/README.md on accesses).
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
;; RUN: moat-spec --model=both -O3 --strict-traps %t.json
(module
  (memory 1)
  (type $i (func (result i32)))
  (func $zero (result i32) (i32.const 100))
  (func $one (result i32) (i32.const 101))
  (table $t 4 4 funcref)
  (table $e 4 externref)
  (elem (table $t) (i32.const 0) func $zero $one $zero $one)
  (func (export "call") (param i32) (result i32)
    (local $dead i32)
    (local.set $dead (i32.load (local.get 0)))
    (call_indirect $t (type $i) (i32.add (local.get 0) (i32.const 3))))
  (func (export "get") (param i32) (result externref)
    (local $dead i64)
    (local.set $dead (i64.load offset=8 (local.get 0)))
    (table.get $e (i32.add (local.get 0) (i32.const 2))))
  (func (export "scaled") (param i32) (result externref)
    (local $dead i64)
    (local.set $dead (i64.load (i32.shl (local.get 0) (i32.const 3))))
    (table.get $e (local.get 0)))
  (func (export "in-loop") (param i32 i32) (result i32)
    (local $dead i32) (local $sum i32)
    (loop $more
      (local.set $dead (i32.load (local.get 0)))
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect $t (type $i) (i32.add (local.get 0) (i32.const 1)))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if $more (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "call" (i32.const 0)) (i32.const 101))
(assert_trap (invoke "call" (i32.const 1)) "undefined element")
(assert_trap (invoke "call" (i32.const 1000)) "undefined element")
(assert_return (invoke "get" (i32.const 1)) (ref.null extern))
(assert_trap (invoke "get" (i32.const 2)) "out of bounds table access")
(assert_trap (invoke "get" (i32.const 60000)) "out of bounds table access")
;; The access is past the memory, and the index past the table: either trap will do, as long
;; as it is one.
(assert_trap (invoke "get" (i32.const 0x7fffffff)) "out of bounds ")
(assert_trap (invoke "get" (i32.const 0xfffffff0)) "out of bounds ")
(assert_trap (invoke "scaled" (i32.const 0x20000000)) "out of bounds ")
(assert_trap (invoke "scaled" (i32.const 4)) "out of bounds table access")
(assert_return (invoke "scaled" (i32.const 3)) (ref.null extern))
(assert_return (invoke "in-loop" (i32.const 0) (i32.const 3)) (i32.const 302))
(assert_trap (invoke "in-loop" (i32.const 0) (i32.const 4)) "undefined element")
