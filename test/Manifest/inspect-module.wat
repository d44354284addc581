;;; inspect of a module, in either format: imports, exports, memory, the features that it uses, and
;;; what can be granted to it.
;; RUN: wat2wasm --enable-all --debug-names %s -o %t.wasm
;; RUN: moat inspect %s | FileCheck %s
;; RUN: moat inspect %t.wasm | FileCheck %s
;; CHECK: : module
;; CHECK-NEXT: module: shown
;; CHECK-NEXT: features: mutable-globals sign-extension multi-value reference-types simd extended-const{{$}}
;; CHECK-NEXT: memory: 1 pages of 65536 bytes, at most 9
;; CHECK-NEXT: imports:
;; CHECK-NEXT:   wasi_snapshot_preview1.path_open: func (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))
;; CHECK-NEXT:   wasi_snapshot_preview1.environ_get: func (func (param i32 i32) (result i32))
;; CHECK-NEXT:   host.a\1Bb: func (func)
;; CHECK-NEXT: exports:
;; CHECK-NEXT:   memory: memory 1 9
;; CHECK-NEXT:   g: global (mut i32)
;; CHECK-NEXT:   two: func (func (result i32 i32))
;; CHECK-NEXT: what it can be given, and which imports use it:
;; CHECK-NEXT:   --dir=HOST::GUEST: path_open
;; CHECK-NEXT:   --env=NAME: environ_get
;; CHECK-NEXT:   an object on moat's command line that provides them: a\1Bb

(module $shown
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "host" "a\1bb" (func))
  (memory (export "memory") 1 9)
  (global (export "g") (mut i32) (i32.add (i32.const 1) (i32.const 2)))
  (func (export "two") (result i32 i32)
    (drop (ref.null extern))
    (drop (i8x16.splat (i32.const 1)))
    (i32.extend8_s (i32.const 1))
    (i32.const 2)))
