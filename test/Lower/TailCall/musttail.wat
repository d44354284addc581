;;; A tail call is `musttail` of the convention that a function has which makes tail calls, is
;;; called by one, or may be called by a reference; others have C's. What is called in tail
;;; position only by `call` is not.
;;; Core 3.0, 4.6.12 Control Instructions, return_call.
;; RUN: wat2wasm --enable-tail-call %s -o %t.wasm
;; RUN: moat %t.wasm -O0 --emit=llvm -o - | FileCheck %s
(module
  (func $called (export "called") (param i32) (result i32 i64 f32) unreachable)
  (func (export "_start"))
  (func (export "tail") (result i32 i64 f32) (return_call $called (i32.const 1)))
  (func (export "call") (result i32 i64 f32) (call $called (i32.const 1))))
;; CHECK-LABEL: define internal tailcc { i32, i64 } @w2()
;; CHECK-NEXT: [[R:%.*]] = musttail call tailcc { i32, i64 } @w0(i32 1)
;; CHECK-NEXT: ret { i32, i64 } [[R]]
;; CHECK-LABEL: define internal { i32, i64 } @w3()
;; CHECK: notail call tailcc
