;;; A list of ten million objects, and loops over an array, upwards and downwards, that
;;; allocate at every step: LLVM may hold an address inside of the array, or its end, alone.
;;; With less heap than the list needs it traps.
;;; Core 3.0, 4.6.5 Aggregate Instructions, struct.new, array.get.
;; RUN: %assemble %s %t.wasm
;; RUN: moat -O0 %t.wasm -o %t.O0 && %t.O0
;; RUN: moat -O2 %t.wasm -o %t.O2 && %t.O2 --wasi-max-heap=512M
;; RUN: moat -O3 %t.wasm -o %t.O3 && %t.O3
;; RUN: not %t.O2 --wasi-max-heap=256M 2>&1 | FileCheck %s
;; CHECK: moat: trap: allocation failure
(module
  (type $node (struct (field $next (ref null $node)) (field $value i32)))
  (type $bytes (array (mut i8)))
  (type $nodes (array (mut (ref null $node))))
  (global $kept (mut (ref null $node)) (ref.null $node))
  ;; Sums an array while allocating: only an address inside may be held.
  (func $sum (param $array (ref $bytes)) (result i32) (local $i i32) (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (array.get_u $bytes (local.get $array) (local.get $i))))
      (global.set $kept (struct.new $node (ref.null $node) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (array.len (local.get $array)))))
    (local.get $sum))
  (func $down (param $array (ref $nodes)) (result i32) (local $i i32) (local $sum i32)
    (local.set $i (array.len (local.get $array)))
    (loop $more
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (struct.get $node $value (array.get $nodes (local.get $array) (local.get $i)))))
      (global.set $kept (struct.new $node (ref.null $node) (local.get $i)))
      (br_if $more (local.get $i)))
    (local.get $sum))
  (func (export "_start") (local $i i32) (local $list (ref null $node)) (local $array (ref null $nodes))
    (loop $more
      (local.set $list (struct.new $node (local.get $list) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 10000000))))
    (loop $more
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (if (i32.ne (struct.get $node $value (local.get $list)) (local.get $i)) (then (unreachable)))
      (local.set $list (struct.get $node $next (local.get $list)))
      (br_if $more (local.get $i)))
    (if (i32.ne (call $sum (array.new $bytes (i32.const 3) (i32.const 3000000))) (i32.const 9000000)) (then (unreachable)))
    (local.set $array (array.new $nodes (struct.new $node (ref.null $node) (i32.const 2)) (i32.const 3000000)))
    (if (i32.ne (call $down (ref.as_non_null (local.get $array))) (i32.const 6000000)) (then (unreachable)))))
