;;; Where a loop of vectors is unrolled, a turn adds to the sum once: what its copies add is summed up
;;; beside it (compiler/Optimize/Reroll.cpp, shortenSums).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
(module
  (memory 4)
  (func (export "_start") (local $i i32) (local $sum i32) (local $key i32)
    (local.set $key (i32.load (i32.const 0)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (i32.xor (i32.load offset=65536 (local.get $i)) (local.get $key))))
      (br_if $next (i32.ne (i32.const 32768)
        (local.tee $i (i32.add (local.get $i) (i32.const 4))))))
    (i32.store (i32.const 4) (local.get $sum))))
;; CHECK: [[SUM:%[0-9a-z.]+]] = phi <4 x i32>
;; CHECK: [[OTHER:%[0-9a-z.]+]] = phi <4 x i32>
;; CHECK: [[BOTH:%[0-9a-z.]+]] = add <4 x i32> {{%[0-9]+, %[0-9]+$}}
;; CHECK-NEXT: add <4 x i32> [[SUM]], [[BOTH]]
;; CHECK-NEXT: [[BOTH:%[0-9a-z.]+]] = add <4 x i32> {{%[0-9]+, %[0-9]+$}}
;; CHECK-NEXT: add <4 x i32> [[OTHER]], [[BOTH]]
