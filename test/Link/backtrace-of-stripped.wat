;;; The names of a trap's backtrace survive -s and strip: they are loadable.
;; RUN: moat -O0 %s -s -o %t && not %t 2>&1 | FileCheck %s
;; RUN: moat -O0 %s -o %t && llvm-strip %t && not %t 2>&1 | FileCheck %s
;; CHECK: unreachable
;; CHECK: deepest_of_all
;; CHECK: outer

(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (func $deepest_of_all (drop (call $yield)) unreachable)
  (func $outer (if (i32.eqz (call $yield)) (then (call $deepest_of_all))))
  (func (export "_start") (call $outer)))
