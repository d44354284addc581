;;; Atomics are sequentially consistent. What is read of a shared memory by a plain load, and
;;; its size, is one value wherever it is used, whatever other threads do meanwhile; a plain
;;; load is not kept across an atomic access. Memories that are not shared pay for none of it.
;;; threads.md, Atomic Memory Accesses; compiler/README.md, shared memories.
;; RUN: wat2wasm --enable-threads --enable-multi-memory %s -o %t.wasm
;; RUN: moat %t.wasm --emit=llvm -o - | FileCheck %s --check-prefix=PLAIN
;; RUN: moat %t.wasm --bounds=checked --emit=llvm -o - | FileCheck %s --check-prefix=CHECKED
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=O2
(module
  (memory 1 2 shared)
  (memory $own 1 2)
  (func $atomics (param i32) (result i32)
    (i32.atomic.store (local.get 0) (i32.const 1))
    (atomic.fence)
    (drop (i32.atomic.rmw.xchg (local.get 0) (i32.const 2)))
    (drop (i32.atomic.rmw8.cmpxchg_u (local.get 0) (i32.const 2) (i32.const 3)))
    (i32.atomic.load (local.get 0)))
  (func $plain (param i32) (result i32) (i32.load8_s (local.get 0)))
  (func $own (param i32) (result i32) (i32.load8_s $own (local.get 0)))
  (func $size (result i32) (memory.size))
  (func (export "_start")
    (drop (call $atomics (i32.const 0))) (drop (call $plain (i32.const 0)))
    (drop (call $own (i32.const 0))) (drop (call $size))
    (i32.store (i32.const 32)
      (i32.add (i32.load (i32.const 64))
        (i32.add (i32.atomic.load (i32.const 0)) (i32.load (i32.const 64)))))))
;; PLAIN-LABEL: define {{.*}} @w0
;; PLAIN: store atomic i32 1, ptr {{.*}} seq_cst, align 4
;; PLAIN: fence seq_cst
;; PLAIN: atomicrmw xchg ptr {{.*}} seq_cst, align 4
;; PLAIN: cmpxchg ptr {{.*}} seq_cst seq_cst, align 1
;; PLAIN: load atomic i32, ptr {{.*}} seq_cst, align 4
;; PLAIN-LABEL: define {{.*}} @w1
;; PLAIN: [[BYTE:%.*]] = load i8, ptr
;; PLAIN: [[WIDE:%.*]] = sext i8 [[BYTE]]
;; PLAIN: freeze i32 [[WIDE]]
;; PLAIN-LABEL: define {{.*}} @w2
;; PLAIN-NOT: freeze
;; PLAIN-LABEL: define {{.*}} @w3
;; PLAIN: load atomic i64, ptr getelementptr (i8, ptr @moat_memories, i64 8) seq_cst

;; CHECKED-LABEL: define {{.*}} @w1
;; CHECKED: load atomic i64, ptr getelementptr (i8, ptr @moat_memories, i64 8) unordered
;; CHECKED-LABEL: define {{.*}} @w2
;; CHECKED-NOT: atomic
;; CHECKED-LABEL: define {{.*}} @w3

;; O2-LABEL: define internal {{.*}} @w4
;; O2: load i32, ptr {{.*}}@moat_memory0, i64 64)
;; O2: load atomic i32, ptr @moat_memory0 seq_cst
;; O2: load i32, ptr {{.*}}@moat_memory0, i64 64)
