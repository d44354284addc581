;;; An access behind a condition does not happen where the condition is false: the optimizer
;;; may not make it unconditional.
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (func (export "if") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.load (local.get 1)))
      (else (i32.const -5))))
  (func (export "constant") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.load (i32.const 0x7fff0000)))
      (else (i32.const -5))))
  (func (export "or") (param i32 i32) (result i32)
    (local.get 0)
    (if (result i32) (then (i32.const 1)) (else (i32.ne (i32.load (local.get 1)) (i32.const 0)))))
  (func (export "loop") (param $count i32) (param $address i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $address))))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))
    (local.get $sum)))
(assert_return (invoke "if" (i32.const 0) (i32.const 65536)) (i32.const -5))
(assert_trap (invoke "if" (i32.const 1) (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "constant" (i32.const 0)) (i32.const -5))
(assert_trap (invoke "constant" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "or" (i32.const 1) (i32.const -1)) (i32.const 1))
(assert_trap (invoke "or" (i32.const 0) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "loop" (i32.const 0) (i32.const -1)) (i32.const 0))
(assert_trap (invoke "loop" (i32.const 1) (i32.const -1)) "out of bounds memory access")
