;;; Code for an x86-64 level is tuned for no processor in particular: a rotate is a rotate.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -S -o - | FileCheck %s --implicit-check-not=shld
;; CHECK: rol{{.*}}$7
(module
  (memory 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.rotl (i32.load (i32.const 4)) (i32.const 7)))))
