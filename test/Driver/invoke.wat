;;; --invoke makes a program of a reactor: it initializes it, calls one export with the
;;; arguments of the command line, and prints the results, as `wasmtime run --invoke` does.
;; RUN: moat %s -o %t --invoke=add && %t 40 2 | FileCheck %s --check-prefix=ADD
;; ADD: {{^}}142{{$}}
;; RUN: %t -43 0xffffffff | FileCheck %s --check-prefix=NEGATIVE
;; NEGATIVE: {{^}}56{{$}}
;; RUN: moat run %s --invoke=both -- 1.5 -7 | FileCheck %s --check-prefix=BOTH
;; BOTH:      {{^}}-7{{$}}
;; BOTH-NEXT: {{^}}1.5{{$}}
;; A result that cannot be written is not lost in silence.
;; RUN: not %t 1 2 2>&1 >/dev/full | FileCheck %s --check-prefix=FULL
;; FULL: moat: error: add: cannot write a result: no space left on device
;; RUN: not %t 1 2>&1 | FileCheck %s --check-prefix=COUNT
;; COUNT: moat: error: add: wanted 2 arguments, for (func (param i32 i32) (result i32)), found 1
;; RUN: moat %s -o %t.one --invoke=one && not %t.one 2>&1 | FileCheck %s --check-prefix=SINGLE
;; SINGLE: moat: error: one: wanted 1 argument, for (func (param i32)), found 0
;; RUN: not %t 1 x 2>&1 | FileCheck %s --check-prefix=KIND
;; KIND: moat: error: add: wanted i32, found x
;; RUN: not %t 1 4294967296 2>&1 | FileCheck %s --check-prefix=LARGE
;; LARGE: moat: error: add: wanted i32, found 4294967296
;; RUN: moat %s -o %t.trap --invoke=trap
;; RUN: not %t.trap 2>&1 | FileCheck %s --check-prefix=TRAP
;; TRAP: moat: trap: unreachable
;; RUN: not moat %s -o %t.none --invoke=nothing 2>&1 | FileCheck %s --check-prefix=NONE
;; NONE: --invoke=nothing: the module exports no such function
;; RUN: not moat %s -o %t.none --invoke=vector 2>&1 | FileCheck %s --check-prefix=VECTOR
;; VECTOR: --invoke=vector: its type is (func (param i32 v128)), and v128 cannot be given on a command line
;; RUN: not moat run %s --invoke=reference 2>&1 | FileCheck %s --check-prefix=REFERENCE
;; REFERENCE: --invoke=reference: its type is (func (param externref)), and externref cannot be given on a command line
;; RUN: not moat %s -o %t.none 2>&1 | FileCheck %s --check-prefix=REACTOR
;; REACTOR: the module is a reactor (it exports _initialize and no _start): --invoke=NAME makes a program that calls an export
(module
  (global $base (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $base (i32.const 100)))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (global.get $base) (i32.add (local.get 0) (local.get 1))))
  (func (export "both") (param f64 i64) (result i64 f64) (local.get 1) (local.get 0))
  (func (export "one") (param i32))
  (func (export "vector") (param i32 v128))
  (func (export "reference") (param externref))
  (func $fail (export "trap") unreachable))
