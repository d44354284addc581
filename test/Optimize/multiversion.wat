;;; A function whose loop gets wider vectors has versions for better processors, and a dispatch; one
;;; whose loop gets none, or none that are wider than the version's before, has not.
;;; compiler/README.md, "Which functions have versions for better processors?"
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v2,x86-64-v3,x86-64-v4 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v2,x86-64-v3,x86-64-v4 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v2,x86-64-v3,sandybridge --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --check-prefix=WORSE
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=NONE
;; RUN: moat %t.wasm -O1 --mcpu=x86-64-v2,x86-64-v3 --emit=llvm-opt -o - | FileCheck %s --check-prefix=LOW
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v2,x86-64-v3 --strict-traps --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --check-prefix=LOW
;; NONE-NOT: version
;; LOW-NOT: @moat_versions =
;; WORSE-NOT: define {{.*}}sandybridge
;; CHECK-DAG: @moat_versions = external hidden constant i8
;; CHECK-DAG: @moat_version_needs = hidden constant [8 x i64]
(module
  (memory 1)
  (table funcref (elem $scale $follow))

  (func $scale (param $count i32) (result i32) (local $at i32)
    (loop $next
      (f32.store offset=8192 (local.get $at)
        (f32.mul (f32.const 1.5) (f32.load offset=8192 (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 8192))))
    (i32.const 7))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: load i8, ptr @moat_versions
  ;; CHECK: musttail call {{.*}} @w0.x86-64-v4(
  ;; CHECK: musttail call {{.*}} @w0.x86-64-v3(
  ;; CHECK: musttail call {{.*}} @w0.baseline(
  ;; CHECK-LABEL: define {{.*}} @w0.baseline(
  ;; CHECK: fmul <4 x float>

  ;; A turn needs what the one before it stored.
  (func $follow (param $count i32) (result i32) (local $at i32)
    (loop $next
      (f32.store offset=8196 (local.get $at)
        (f32.mul (f32.const 1.5) (f32.load offset=8192 (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 8192))))
    (i32.const 7)))
  ;; CHECK-NOT: @w1.
  ;; CHECK: define internal {{.*}} @w0.x86-64-v3({{.*}} [[V3:#[0-9]+]]
  ;; CHECK: fmul <8 x float>
  ;; CHECK: define internal {{.*}} @w0.x86-64-v4({{.*}} [[V4:#[0-9]+]]
  ;; CHECK: fmul <16 x float>
  ;; CHECK-NOT: @w1.
  ;; CHECK-DAG: attributes [[V3]] = {{.*}}"target-features"="{{.*}}+avx2
  ;; CHECK-DAG: attributes [[V4]] = {{.*}}"target-features"="{{.*}}+avx512f
