;;; memory.init copies from a segment and traps past the end of either; a dropped segment,
;;; and an active one after instantiation, is empty.
;;; Core 3.0, 4.6.8 Memory Instructions, memory.init and data.drop.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (data $passive "\01\02\03\04\05\06\07\08")
  (data $active (i32.const 100) "xy")
  (func (export "init") (param i32 i32 i32)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init-active") (param i32)
    (memory.init $active (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "drop") (data.drop $passive))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))

(assert_return (invoke "load" (i32.const 100)) (i32.const 0x7978))
(invoke "init" (i32.const 0) (i32.const 2) (i32.const 4))
(assert_return (invoke "load" (i32.const 0)) (i32.const 0x06050403))
(assert_trap (invoke "init" (i32.const 0) (i32.const 5) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 65533) (i32.const 0) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 0) (i32.const 1) (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 0) (i32.const -1) (i32.const 1)) "out of bounds memory access")
(invoke "init" (i32.const 65536) (i32.const 8) (i32.const 0))
(assert_trap (invoke "init" (i32.const 65537) (i32.const 0) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 0) (i32.const 9) (i32.const 0)) "out of bounds memory access")
(invoke "init-active" (i32.const 0))
(assert_trap (invoke "init-active" (i32.const 1)) "out of bounds memory access")
(invoke "drop")
(invoke "drop")
(invoke "init" (i32.const 0) (i32.const 0) (i32.const 0))
(assert_trap (invoke "init" (i32.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")
