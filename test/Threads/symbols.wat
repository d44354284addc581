;;; What is a thread's own is a thread-local symbol in a program that can spawn threads, and in no
;;; other; what nothing changes stays a constant.
;;; compiler/README.md, programs with threads.
;; RUN: wat2wasm --enable-threads %s -o %t.wasm
;; RUN: moat %t.wasm --emit=llvm -o - | FileCheck %s
;; RUN: sed 's/"thread-spawn"/"other"/' %s > %t.wat
;; RUN: wat2wasm --enable-threads %t.wat -o %t.other.wasm
;; RUN: moat %t.other.wasm --emit=llvm -o - | FileCheck %s --check-prefix=NONE
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory 1 1 shared)
  (table $constant funcref (elem $spawn))
  (table $changed 1 2 funcref)
  (global $written (mut i32) (i32.const 1))
  (global $fixed (mut i32) (i32.const 2))
  (data $text "text")
  (func (export "wasi_thread_start") (param i32 i32)
    (global.set $written (global.get $fixed))
    (table.set $changed (i32.const 0) (ref.null func))
    (data.drop $text))
  (func (export "_start") (drop (call_indirect $constant (param i32) (result i32)
    (i32.const 0) (i32.const 0)))))
;; CHECK-DAG: @moat_global.0 = internal thread_local(localexec) global i32 1
;; CHECK-DAG: @moat_datas = hidden thread_local(localexec) global
;; CHECK-DAG: @moat_thread_instance = internal thread_local(localexec) global ptr null
;; CHECK-DAG: @moat_table.0 = internal constant
;; CHECK-DAG: @moat_tables = internal constant
;; CHECK-NOT: @moat_global.1

;; NONE-NOT: thread_local
;; NONE: @moat_global.0 = internal global i32 1
;; NONE-NOT: thread_local
