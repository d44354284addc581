;; Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
;;
;; Benchmark: binary trees of garbage-collected structures. 16 trees of depth
;; 18 and more of lesser depths are made, counted and forgotten, while one stays.
;; collect.cpp is the same with malloc and free.
(module
  (memory (export "memory") 1)
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
  (func $make (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree)))
      (else (struct.new $tree
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $check (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (struct.get $tree $left (local.get $tree)))
      (then (i32.const 1))
      (else (i32.add (i32.const 1) (i32.add
        (call $check (struct.get $tree $left (local.get $tree)))
        (call $check (struct.get $tree $right (local.get $tree))))))))
  (func $run (export "run") (param $n i32) (result i32)
    (local $long (ref null $tree)) (local $depth i32) (local $iterations i32) (local $sum i32)
    (local.set $long (call $make (local.get $n)))
    (local.set $depth (i32.const 4))
    (loop $depths
      (local.set $iterations (i32.shl (i32.const 1)
        (i32.add (i32.sub (local.get $n) (local.get $depth)) (i32.const 4))))
      (loop $each
        (local.set $sum (i32.add (local.get $sum) (call $check (call $make (local.get $depth)))))
        (local.set $iterations (i32.sub (local.get $iterations) (i32.const 1)))
        (br_if $each (local.get $iterations)))
      (local.set $depth (i32.add (local.get $depth) (i32.const 4)))
      (br_if $depths (i32.le_u (local.get $depth) (local.get $n))))
    (i32.add (local.get $sum) (call $check (local.get $long))))
  (func (export "_start")
    (if (i32.ne (call $run (i32.const 18)) (i32.const 33799103)) (then (unreachable))))
)
