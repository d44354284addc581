;;; A trap prints the specification's words and the active functions, innermost first, with
;;; the names of the name section; the exit code is 134. A recursion is one line.
;; RUN: split-file %s %t && cd %t
;; RUN: moat -O0 divide.wat -o divide
;; RUN: python3 %source/utils/exit-code.py 134 ./divide 2>&1 | FileCheck %s --check-prefix=DIVIDE
;; RUN: moat -O0 deep.wat -o deep
;; RUN: python3 %source/utils/exit-code.py 134 ./deep 2>&1 | FileCheck %s --check-prefix=DEEP
;; RUN: moat -O0 memory.wat -o memory
;; RUN: python3 %source/utils/exit-code.py 134 ./memory 2>&1 | FileCheck %s --check-prefix=MEMORY
;; RUN: moat -O0 start.wat -o start
;; RUN: python3 %source/utils/exit-code.py 134 ./start 2>&1 | FileCheck %s --check-prefix=START

;; DIVIDE:      moat: trap: integer divide by zero
;; DIVIDE-NEXT: {{^}}  at divide (function 0){{$}}
;; DIVIDE-NEXT: {{^}}  at indirect (function 1){{$}}
;; DIVIDE-NEXT: {{^}}  at function 2{{$}}
;; DIVIDE-NEXT: {{^}}  at start (function 3){{$}}
;; DIVIDE-NOT:  at

;; DEEP:      moat: trap: call stack exhausted
;; DEEP-NEXT: {{^}}  at recur (function 0), 64 times{{$}}
;; DEEP-NEXT: {{^}}  and {{[0-9]+}} more{{$}}

;;; The frame whose access faulted is exact: not that of a call.
;; MEMORY:      moat: trap: out of bounds memory access
;; MEMORY-NEXT: {{^}}  at store (function 0){{$}}
;; MEMORY-NEXT: {{^}}  at main (function 1){{$}}

;;; A helper of the runtime between the functions is not shown; nor is the initialization.
;; START:      moat: trap: out of bounds memory access
;; START-NEXT: {{^}}  at init (function 0){{$}}
;; START-NOT:  at

;--- divide.wat
(module
  (type $t (func (param i32) (result i32)))
  (table funcref (elem $divide))
  (func $divide (type $t) (i32.div_u (i32.const 1) (local.get 0)))
  (func $indirect (param i32) (result i32)
    (call_indirect (type $t) (local.get 0) (local.get 0)))
  (func (param i32) (result i32) (i32.add (call $indirect (local.get 0)) (i32.const 1)))
  (func $start (export "_start") (drop (call 2 (i32.const 0)))))
;--- deep.wat
(module
  (func $recur (param i32) (result i32)
    (i32.add (call $recur (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (global $result (mut i32) (i32.const 0))
  (func $main (export "_start") (global.set $result (call $recur (i32.const 0)))))
;--- memory.wat
(module
  (memory 1)
  (func $store (param i32) (i32.store8 (local.get 0) (i32.const 1)))
  (func $main (export "_start")
    (call $store (i32.const 65535)) (call $store (i32.const 65536))))
;--- start.wat
(module
  (memory 1)
  (data $d "abc")
  (func $init (memory.init $d (i32.const 65534) (i32.const 0) (i32.const 3)))
  (start $init)
  (func (export "_start")))
