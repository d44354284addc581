;;; An array of almost 64 GiB where address space is limited: a trap.
;; RUN: %assemble %s %t.wasm
;; RUN: moat %t.wasm -o %t
;; RUN: not sh -c 'ulimit -v 1000000; %t' 2>&1 | FileCheck %s
;; CHECK: moat: trap: allocation failure
(module
  (type $v (array (mut v128)))
  (func (export "_start") (drop (array.new_default $v (i32.const -2)))))
