;;; An interpreter's br_table is an indirect branch behind each of its operations, through a table
;;; whose last entry is the default's (compiler/Optimize/Dispatch.cpp). Where addresses of code would
;;; have to be relocated, and at -Os, it stays a table of distances.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -Os --emit=llvm-opt -o - | FileCheck %s --check-prefix=ONE
;; RUN: moat %t.wasm -O2 --emit=shared -o %t.so
;; RUN: llvm-objdump-22 -d %t.so | FileCheck %s --check-prefix=SHARED

;; CHECK: constant [12 x ptr] [ptr blockaddress(
;; CHECK-NOT: switch
;; CHECK-COUNT-9: indirectbr
;; ONE-NOT: indirectbr
;; ONE: switch
;; ONE-NOT: indirectbr
;; SHARED: movslq (%r{{[a-z0-9]+}},%r{{[a-z0-9]+}},4)
;; SHARED: jmpq *%r
(module
  (memory 1)
  (func (export "_start")
    (i64.store (i32.const 8) (call $run (i32.load (i32.const 0)))))
  ;; $code is of operations, a byte each: 20 ends, 21 to 30 without 24 and 27 do something, any
  ;; other inverts $value.
  (func $run (export "run") (param $code i32) (result i64)
    (local $value i32) (local $other i32)
    (loop $next
      (block $default
        (block $if-odd (block $take (block $swap (block $add (block $shift (block $turn
          (block $triple (block $count (block $end
            (i32.sub (i32.load8_u (local.get $code)) (i32.const 20))
            (local.set $code (i32.add (local.get $code) (i32.const 1)))
            (br_table $end $count $triple $turn $default $shift $add $default $swap $take $if-odd
              $default))
            (return (i64.or (i64.shl (i64.extend_i32_u (local.get $other)) (i64.const 32))
                            (i64.extend_i32_u (local.get $value)))))
          (local.set $value (i32.add (local.get $value) (i32.const 1)))
          (br $next))
          (local.set $value (i32.mul (local.get $value) (i32.const 3)))
          (br $next))
          (local.set $value (i32.rotl (local.get $value) (i32.const 5)))
          (br $next))
          (local.set $value (i32.shl (local.get $value) (i32.const 1)))
          (br $next))
          (local.set $other (i32.add (local.get $other) (local.get $value)))
          (br $next))
          (local.get $value)
          (local.set $value (local.get $other))
          (local.set $other)
          (br $next))
          (local.set $value (i32.sub (local.get $value) (local.get $other)))
          (br $next))
        (if (i32.and (local.get $value) (i32.const 1))
          (then (local.set $code (i32.add (local.get $code) (i32.const 1)))))
        (br $next))
      (local.set $value (i32.xor (local.get $value) (i32.const -1)))
      (br $next))
    (unreachable)))
