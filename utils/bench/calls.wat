;;; What a host calls in calls.c: an addition, once as a function that is only exported, and once
;;; as one that a table holds, too; one of a word of memory; and one through the table, which has to
;;; be on the guest's stack, where the others do without.
(module
  (memory 1)
  (table (export "table") 1 funcref)
  (type $binary (func (param i32 i32) (result i32)))
  (elem (i32.const 0) $held)
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $held (export "held") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "load") (param i32 i32) (result i32)
    (i32.add (i32.load (i32.and (local.get 0) (i32.const 0xffc))) (local.get 1)))
  (func (export "through") (param i32 i32) (result i32)
    (i32.add (i32.const 1)
      (call_indirect (type $binary) (local.get 0) (local.get 1) (i32.const 0)))))
