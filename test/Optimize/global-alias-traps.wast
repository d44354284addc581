;;; A host sees what a global was set to in front of a call that traps
;;; (compiler/Optimize/GlobalAlias.cpp).
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
;; RUN: moat-spec --model=both -O3 --strict-traps %t.json
(module
  (memory 1)
  (global $g (mut i32) (i32.const 7))
  (table funcref (elem $fill))
  ;; Too large to be inlined at -O2.
  (func $fill (param $p i32)
    (loop $again
      (i32.store (local.get $p) (i32.rotl (i32.load offset=4 (local.get $p)) (i32.const 9)))
      (i32.store offset=8 (local.get $p) (i32.mul (i32.load offset=12 (local.get $p)) (i32.const 77)))
      (i32.store offset=16 (local.get $p) (i32.xor (i32.load offset=20 (local.get $p)) (i32.const 77)))
      (i32.store offset=28 (local.get $p) (i32.popcnt (i32.load offset=16 (local.get $p))))
      (br_if $again (local.tee $p (i32.load offset=24 (local.get $p))))))
  (func (export "set") (param $first i32) (param $second i32) (result i32)
    (global.set $g (i32.const 5))
    (call $fill (local.get $first))
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (call $fill (local.get $second))
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (global.get $g))
  (func (export "g") (result i32) (global.get $g)))
(assert_return (invoke "set" (i32.const 100) (i32.const 200)) (i32.const 7))
(assert_trap (invoke "set" (i32.const 65530) (i32.const 200)) "out of bounds memory access")
(assert_return (invoke "g") (i32.const 5))
(assert_trap (invoke "set" (i32.const 100) (i32.const 65530)) "out of bounds memory access")
(assert_return (invoke "g") (i32.const 6))
