;;; Turns of a loop that LLVM unrolled, or that was rolled and unrolled again, are next to each other
;;; as well: their addresses are not sums of 32 bits.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s
(module
  (type $function (func (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $least))

  ;; What is written may be any of what is read: vectors may be taken or not.
  (func $least (type $function) (local $here i32) (local $there i32) (local $old i32) (local $sum i32)
    (local.set 3 (i32.const 0))
    (loop $next
      (i32.store (local.tee $here (i32.add (local.get 0) (local.get 3)))
        (select
          (local.tee $old (i32.load (local.get $here)))
          (local.tee $sum
            (i32.add
              (i32.load (local.tee $there (i32.add (local.get 1) (local.get 3))))
              (i32.load (i32.add (local.get 2) (local.get 3)))))
          (i32.lt_s (local.get $old) (local.get $sum))))
      (i32.store (local.tee $here (i32.add (local.get $here) (i32.const 4)))
        (select
          (local.tee $old (i32.load (local.get $here)))
          (local.tee $sum
            (i32.add
              (i32.load (i32.add (local.get $there) (i32.const 4)))
              (i32.load (i32.add (i32.add (local.get 2) (local.get 3)) (i32.const 4)))))
          (i32.lt_s (local.get $old) (local.get $sum))))
      (br_if $next
        (i32.ne (local.tee 3 (i32.add (local.get 3) (i32.const 8))) (i32.const 2000))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK-NOT: add i32 {{.*}}, 4{{$}}
  ;; CHECK: getelementptr nusw nuw i8, ptr {{.*}}, i64 4{{$}}
  ;; CHECK-NOT: add i32 {{.*}}, 4{{$}}
  ;; CHECK-LABEL: define

  (func (export "_start")
    (drop (call_indirect (type $function) (i32.load (i32.const 0)) (i32.load (i32.const 4))
      (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16))))))
