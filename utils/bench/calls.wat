;;; What a host calls in calls.c: an addition, once as a function that is only exported, and once
;;; as one that a table holds, too.
(module
  (table 1 funcref)
  (elem (i32.const 0) $held)
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $held (export "held") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
