;;; A shared library exports moat_module and nothing else; what it needs, the host provides.
;; RUN: moat %s --emit=shared -o %t.so
;; RUN: llvm-nm -D --defined-only %t.so | FileCheck %s --implicit-check-not=moat_
;; CHECK: moat_module
;; RUN: llvm-nm -D --undefined-only %t.so | FileCheck %s --check-prefix=NEEDS --allow-empty \
;; RUN:   --implicit-check-not=moat_import
;; NEEDS-NOT: moat_memory0

(module
  (memory (export "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
