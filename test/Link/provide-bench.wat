;;; bench.start and bench.end are unknown imports, unless --provide-bench asks for them: quiet
;;; ones, or such that write the time between them to standard error.
;; RUN: not moat %s -o %t 2>&1 | FileCheck %s --check-prefix=UNKNOWN
;; UNKNOWN: unknown import: module "bench", field "{{start|end}}"
;; RUN: moat %s --provide-bench=time -o %t
;; RUN: %t 2>&1 | FileCheck %s --check-prefix=TIME
;; TIME: {{^}}moat: bench: 0.{{[0-9]+}} s{{$}}
;; RUN: moat %s --provide-bench=quiet -O0 -o %t
;; RUN: %t 2>&1 | count 0
;; RUN: moat run %s --provide-bench=time 2>&1 | FileCheck %s --check-prefix=TIME
;; RUN: moat bench %s --provide-bench=quiet --rounds=1 \
;; RUN:   | FileCheck %s --check-prefix=BENCH --implicit-check-not='Node {{.*}}exit code'
;; BENCH: {{^}}moat -O2 {{ *}}{{[0-9.]+}} s
;; RUN: not moat %s --provide-bench=loud -o %t 2>&1 | FileCheck %s --check-prefix=VALUE
;; VALUE: moat: error: --provide-bench=loud: quiet or time
;; RUN: not moat %s --provide-bench=time -c -o %t 2>&1 | FileCheck %s --check-prefix=OBJECT
;; OBJECT: --provide-bench: only a program can have them

(module
  (import "bench" "start" (func $start))
  (import "bench" "end" (func $end))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $start)
    (call $end)))
