;;; An import that nobody provides is an error which names module, field and type; all of
;;; them are named, and a name that C could not spell is shown as it is.
;; RUN: not moat %s -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
;; RUN: not moat %s -O0 -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
;; CHECK-DAG: moat: error: {{.*}}unknown-import.wat: unknown import: module "env", field "foo", type (func (param i32) (result i32)): no object or archive on the command line provides it
;; CHECK-DAG: moat: error: {{.*}}: unknown import: module "a b", field "c-d", type (func (param i64 f64)): no object or archive on the command line provides it
;; CHECK-DAG: moat: error: {{.*}}: unknown import: module "wasi_snapshot_preview1", field "fd_rite", type (func): no object or archive on the command line provides it

(module
  (import "env" "foo" (func $foo (param i32) (result i32)))
  (import "a b" "c-d" (func $bar (param i64 f64)))
  (import "wasi_snapshot_preview1" "fd_rite" (func $typo))
  (func (export "_start")
    (drop (call $foo (i32.const 1)))
    (call $bar (i64.const 1) (f64.const 2))
    (call $typo)))
