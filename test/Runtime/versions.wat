;;; A program takes the versions of functions that the machine can run, and with the word `baseline`
;;; of MOAT_WASI those for the oldest; what it computes is the same. A backtrace names a version as
;;; its function. What chooses is linked only where something has versions.
;;; compiler/README.md, "Which functions have versions for better processors?"
;; RUN: wat2wasm %s --debug-names -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v2,x86-64-v3,x86-64-v4 --invoke=scale -o %t.exe
;; RUN: %t.exe 1001 | FileCheck %s
;; RUN: env MOAT_WASI=baseline %t.exe 1001 | FileCheck %s
;; CHECK: 1.5e+03
;; RUN: moat inspect %t.exe | FileCheck %s --check-prefix=INSPECT
;; INSPECT: {{^}}processor: x86-64-v2, with versions for x86-64-v3 x86-64-v4{{$}}
;; RUN: not %t.exe 65536 2>&1 | FileCheck %s --check-prefix=TRAP
;; RUN: env MOAT_WASI=baseline not %t.exe 65536 2>&1 | FileCheck %s --check-prefix=TRAP
;; TRAP: moat: trap: out of bounds memory access
;; TRAP-NEXT: at scale (function 0)
;; TRAP-NOT: at
;; RUN: llvm-nm %t.exe | FileCheck %s --check-prefix=LINKED
;; LINKED-DAG: moat_choose_versions
;; LINKED-DAG: w0.scale.x86-64-v4
;; RUN: moat %t.wasm -O1 --mcpu=x86-64-v2,x86-64-v3 --invoke=scale -o %t.exe
;; RUN: llvm-nm --defined-only %t.exe | FileCheck %s --check-prefix=ALONE
;; ALONE-NOT: moat_choose_versions

;;; The same bytes whatever the threads.
;; RUN: moat %t.wasm -j1 --mcpu=x86-64-v2,x86-64-v3 --invoke=scale -o %t.one
;; RUN: moat %t.wasm -j4 --mcpu=x86-64-v2,x86-64-v3 --invoke=scale -o %t.four
;; RUN: cmp %t.one %t.four
(module
  (memory 1)
  (table funcref (elem $scale)) ;; so that it stays a function
  (func $scale (export "scale") (param $count i32) (result f32) (local $at i32) (local $end i32)
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (loop $next
      (f32.store (local.get $at) (f32.convert_i32_u (i32.shr_u (local.get $at) (i32.const 2))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (local.set $at (i32.const 0))
    (loop $next
      (f32.store (local.get $at) (f32.mul (f32.const 1.5) (f32.load (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (f32.load (i32.const 4000))))
