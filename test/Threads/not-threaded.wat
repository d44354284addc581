;;; thread-spawn fails by a negative result where the module cannot be instantiated for each
;;; thread: its memory is not shared, or it exports no wasi_thread_start of the right type.
;;; wasi-threads, thread-spawn.
;; RUN: split-file %s %t
;; RUN: wat2wasm --enable-threads %t/unshared.wat -o %t/unshared.wasm
;; RUN: moat %t/unshared.wasm -o %t/unshared && %t/unshared
;; RUN: wat2wasm --enable-threads %t/type.wat -o %t/type.wasm
;; RUN: moat %t/type.wasm -o %t/type && %t/type
;; RUN: wat2wasm --enable-threads %t/none.wat -o %t/none.wasm
;; RUN: moat %t/none.wasm -o %t/none && %t/none
;--- unshared.wat
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory 1 1)
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "_start")
    (if (i32.ge_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))))
;--- type.wat
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory 1 1 shared)
  (func (export "wasi_thread_start") (param i64 i32))
  (func (export "_start")
    (if (i32.ge_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))))
;--- none.wat
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory 1 1 shared)
  (func (export "_start")
    (if (i32.ge_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))))
