;;; Behind a branch the stack has as many operands of any type as are asked for; what is pushed
;;; there still has its type. Core 3.0, 3.4.2 Control Instructions, stack-polymorphic.
;; RUN: moat --emit=wasm %s -o %t.wasm
;; RUN: echo '(module (func unreachable f32.const 0 i32.eqz drop))' > %t.wat
;; RUN: not moat --emit=wasm %t.wat -o %t.o 2>&1 | FileCheck %s
;; CHECK: type mismatch: expected i32, found f32

(module
  (table 1 funcref)
  (func (result i32)
    unreachable
    i64.eqz)
  (func (result f32)
    f32.const 0
    return
    select)
  ;; Nothing is known of the operand that goes to both labels.
  (func (result i64)
    (block (result f32)
      unreachable
      i32.const 0
      br_table 0 1)
    drop
    i64.const 0)
  (func
    unreachable
    call_indirect (param i32 i64 f32 f64)
    br 0
    ref.is_null
    drop))
