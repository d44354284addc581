;;; The runner itself: what does not hold is reported as failed, in both models, and makes
;;; the exit code 1.
;; RUN: wast2json %s -o %t.json
;; RUN: not moat-spec --model=instance -O0 %t.json | FileCheck %s --check-prefixes=CHECK,INSTANCE
;; RUN: not moat-spec --model=process -O0 %t.json | FileCheck %s --check-prefixes=CHECK,PROCESS
(module
  (memory 1)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "nan") (result f32) (f32.const nan:0x400001))
  (func (export "signaling") (result f64) (f64.const nan:0x1))
  (func (export "null") (result externref) (ref.null extern))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
  (func (export "trap") (drop (i32.load (i32.const 65536)))))

(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
;; CHECK: FAIL own/[[NAME:.*]]:[[#@LINE+1]]: assert_return "add": expected (i32:4), got (i32:3)
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_return "nan": expected (f32:nan:canonical), got (f32:0x7fc00001)
(assert_return (invoke "nan") (f32.const nan:canonical))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_return "signaling": expected (f64:nan:arithmetic), got (f64:0x7ff0000000000001)
(assert_return (invoke "signaling") (f64.const nan:arithmetic))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_return "null": expected (externref:1), got (externref:null)
(assert_return (invoke "null") (ref.extern 1))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_return "two": expected (i32:1 i64:3), got (i32:1 i64:2)
(assert_return (invoke "two") (i32.const 1) (i64.const 3))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_return "trap": expected (), got trap: out of bounds memory access
(assert_return (invoke "trap"))
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_trap "trap": expected a trap (unreachable), got trap: out of bounds memory access
(assert_trap (invoke "trap") "unreachable")
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_trap "add": expected a trap (unreachable), got (
(assert_trap (invoke "add" (i32.const 1) (i32.const 2)) "unreachable")
;; INSTANCE: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_invalid: accepted, but expected: type mismatch
(assert_invalid (module (func (result i32) (i32.const 1))) "type mismatch")
;; INSTANCE: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_unlinkable: instantiated, but expected: unknown import
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
;; CHECK: FAIL own/[[NAME]]:[[#@LINE+1]]: assert_uninstantiable: {{.*}}
(assert_trap (module (func (nop)) (start 0)) "unreachable")
;; INSTANCE: {{[0-9]+}} passed, 11 failed
;; PROCESS: {{[0-9]+}} passed, 9 failed
