;;; bench.end without bench.start is said so, and no time is made up.
;; RUN: moat %s --provide-bench=time -o %t
;; RUN: %t 2>&1 | FileCheck %s
;; CHECK: moat: bench: ended, but not started

(module
  (import "bench" "end" (func $end))
  (func (export "_start") (call $end)))
