;;; Modules of a store agree on types: an object of one is cast in another that spells the same
;;; recursion group, a subtype that only one of them knows matches, and imports are matched by
;;; subtyping. Core 3.0, 3.3.12 Defined Types, 3.5.14 External Types.
;; RUN: %assemble %s %t.json
;; RUN: moat-spec --model=instance -O0 -O2 %t.json
(module $a
  (rec (type $list (sub (struct (field i32) (field (ref null $list))))))
  (rec (type $longer (sub $list (struct (field i32) (field (ref null $longer)) (field i32)))))
  (type $f (sub (func (result (ref null $list)))))
  (type $g (sub $f (func (result (ref null $longer)))))
  (global (export "global") (ref $longer)
    (struct.new $longer (i32.const 1) (ref.null none) (i32.const 5)))
  (table (export "table") 1 (ref null $list))
  (func (export "f") (type $f) (struct.new $list (i32.const 4) (ref.null none)))
  (func (export "g") (type $g) (struct.new $longer (i32.const 6) (ref.null none) (i32.const 0)))
  (func (export "any") (result anyref)
    (struct.new $longer (i32.const 8) (ref.null none) (i32.const 0))))
(register "a")
(module
  (type $unrelated (struct (field i64)))
  (rec (type $l (sub (struct (field i32) (field (ref null $l))))))
  (type $f (sub (func (result (ref null $l)))))
  (import "a" "global" (global $global (ref $l)))
  (import "a" "table" (table $table 1 (ref null $l)))
  (import "a" "f" (func $f (type $f)))
  (import "a" "g" (func $g (type $f)))
  (import "a" "any" (func $any (result anyref)))
  (func (export "global") (result i32) (struct.get $l 0 (global.get $global)))
  (func (export "f") (result i32) (struct.get $l 0 (call $f)))
  (func (export "g") (result i32) (struct.get $l 0 (call $g)))
  (func (export "any") (result i32) (struct.get $l 0 (ref.cast (ref $l) (call $any))))
  (func (export "unrelated") (drop (ref.cast (ref $unrelated) (call $any)))))
(assert_return (invoke "global") (i32.const 1))
(assert_return (invoke "f") (i32.const 4))
(assert_return (invoke "g") (i32.const 6))
(assert_return (invoke "any") (i32.const 8))
(assert_trap (invoke "unrelated") "cast failure")
(assert_unlinkable (module
  (rec (type $list (sub (struct (field i32) (field (ref null $list))))))
  (rec (type $longer (sub $list (struct (field i32) (field (ref null $longer)) (field i32)))))
  (type $f (sub (func (result (ref null $list)))))
  (type $g (sub $f (func (result (ref null $longer)))))
  (import "a" "f" (func (type $g)))) "incompatible import type")
(assert_unlinkable (module
  (rec (type $list (sub (struct (field i32) (field (ref null $list))))))
  (rec (type $longer (sub $list (struct (field i32) (field (ref null $longer)) (field i32)))))
  (import "a" "table" (table 1 (ref null $longer)))) "incompatible import type")
