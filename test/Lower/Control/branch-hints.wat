;;; Branch hints become the weights of `if` and `br_if`; a branch without one has none.
;;; branch-hinting.md.
;; RUN: wat2wasm --enable-annotations --enable-code-metadata %s -o %t.wasm
;; RUN: moat %t.wasm --emit=llvm -o - | FileCheck %s
(module
  (func (export "hinted") (param i32) (result i32)
    (local i64 f32)
    block
      local.get 0
      (@metadata.code.branch_hint "\00") br_if 0
      local.get 0
      (@metadata.code.branch_hint "\01") if
        i32.const 1
        return
      end
      local.get 0
      br_if 0
    end
    i32.const 2)
  (func (export "_start")))
;; CHECK-LABEL: @w0(
;; CHECK: br i1 {{.*}}, !prof [[UNLIKELY:![0-9]+]]
;; CHECK: br i1 {{.*}}, !prof [[LIKELY:![0-9]+]]
;; CHECK: br i1 {{%[0-9]+}}, label %{{[0-9]+}}, label %{{[0-9]+$}}
;; CHECK-DAG: [[UNLIKELY]] = !{!"branch_weights", i32 1, i32 {{[0-9][0-9][0-9]+}}}
;; CHECK-DAG: [[LIKELY]] = !{!"branch_weights", i32 {{[0-9][0-9][0-9]+}}, i32 1}
