;;; A load that the module itself drops still traps, at every level and wherever it stands.
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
;; RUN: moat-spec --model=both -O3 %t.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t.json
(module
  (memory 1)
  (func $touch (param i32) (drop (i64.load (local.get 0))))
  (func (export "plain") (param i32) (drop (i32.load8_u (local.get 0))))
  (func (export "float") (param i32) (drop (f64.load (local.get 0))))
  (func (export "twice") (param i32)
    (drop (i32.load (local.get 0))) (drop (i32.load offset=4 (local.get 0))))
  (func (export "constant") (drop (i32.load (i32.const 65533))))
  (func (export "in-callee") (param i32) (call $touch (local.get 0)))
  (func (export "in-loop") (param i32 i32)
    (loop
      (drop (i32.load (local.get 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
  (func (export "in-arm") (param i32 i32)
    (if (local.get 1) (then (drop (i32.load (local.get 0))))))
  (func (export "before-return") (param i32) (result i32)
    (drop (i32.load (local.get 0))) (return (i32.const 5)))
  (func (export "grow-dropped") (drop (memory.grow (i32.const 0)))))

(assert_return (invoke "plain" (i32.const 65535)))
(assert_trap (invoke "plain" (i32.const 65536)) "out of bounds memory access")
(assert_trap (invoke "float" (i32.const 65529)) "out of bounds memory access")
(assert_trap (invoke "twice" (i32.const 65532)) "out of bounds memory access")
(assert_trap (invoke "constant") "out of bounds memory access")
(assert_return (invoke "in-callee" (i32.const 65528)))
(assert_trap (invoke "in-callee" (i32.const 65529)) "out of bounds memory access")
(assert_return (invoke "in-loop" (i32.const 0) (i32.const 16384)))
(assert_trap (invoke "in-loop" (i32.const 0) (i32.const 16385)) "out of bounds memory access")
(assert_return (invoke "in-arm" (i32.const -1) (i32.const 0)))
(assert_trap (invoke "in-arm" (i32.const -1) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "before-return" (i32.const 0)) (i32.const 5))
(assert_trap (invoke "before-return" (i32.const -4)) "out of bounds memory access")
(assert_return (invoke "grow-dropped"))
