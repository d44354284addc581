;;; Exceptions that were caught are collected when no clause can rethrow them: a program may
;;; throw two million times with a heap of 1 MiB, also where a clause is left by a branch or
;;; by an exception of its own. Without any heap it traps.
;;; exception-handling-legacy.md.
;; RUN: wat2wasm --enable-exceptions %s -o %t.wasm
;; RUN: moat %t.wasm -o %t
;; RUN: %t --wasi-max-heap=1M
;; RUN: moat -O0 %t.wasm -o %t.O0
;; RUN: %t.O0 --wasi-max-heap=1M
;; RUN: moat %t.wasm -o %t.baked --max-heap=1M --open
;; RUN: %t.baked
;; RUN: not %t --wasi-max-heap=1K 2>&1 | FileCheck %s
;; CHECK: moat: trap: allocation failure
;; RUN: not %t --wasi-max-heap=lots 2>&1 | FileCheck %s --check-prefix=BAD
;; BAD: moat: error: {{.*}}--wasi-max-heap=lots
;;; Where addresses are scarce, the heap takes fewer.
;; RUN: sh -c "ulimit -v 65536; exec %t"
(module
  (tag $number (param i32 i64))
  (func $throw (param i32)
    (throw $number (local.get 0) (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 5))))
  ;; Throws from within a clause: the value of the exception that comes out is the outer's.
  (func $again (param i32)
    (try
      (do (call $throw (local.get 0)))
      (catch $number
        (drop) (drop)
        (try
          (do (call $throw (i32.const 7)))
          (catch_all (rethrow 1))))))
  (func (export "_start")
    (local $i i32) (local $wide i64)
    (loop $more
      (block $next
        (try
          (do (call $again (local.get $i)))
          (catch $number
            (local.set $wide)
            (if (i32.ne (local.get $i)) (then (unreachable)))
            (if (i64.ne (local.get $wide)
                        (i64.mul (i64.extend_i32_u (local.get $i)) (i64.const 5)))
              (then (unreachable)))
            (br $next)))
        (unreachable))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 1000000))))))
