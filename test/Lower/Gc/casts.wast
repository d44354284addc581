;;; Tests and casts of everything to everything: null, i31 with either sign, structures, arrays,
;;; references of the host's, functions; branches on casts. A type that no cast matches leaves
;;; its bits alone: an odd reference of the host's is no i31.
;;; Core 3.0, 4.6.3 Reference Instructions.
;; RUN: %assemble %s %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (type $s (sub (struct)))
  (type $t (sub $s (struct (field i32))))
  (type $u (sub final $t (struct (field i32) (field i32))))
  (type $other (struct (field i32)))
  (type $a (array i32))
  (table $v 20 anyref)
  (func (export "init") (param externref)
    (table.set $v (i32.const 1) (ref.i31 (i32.const 5)))
    (table.set $v (i32.const 2) (ref.i31 (i32.const -1)))
    (table.set $v (i32.const 3) (struct.new $s))
    (table.set $v (i32.const 4) (struct.new $t (i32.const 1)))
    (table.set $v (i32.const 5) (struct.new $u (i32.const 1) (i32.const 2)))
    (table.set $v (i32.const 6) (struct.new $other (i32.const 1)))
    (table.set $v (i32.const 7) (array.new_fixed $a 0))
    (table.set $v (i32.const 8) (any.convert_extern (local.get 0))))
  ;; A bit for each of the values above.
  (func $bits (param $test i32) (result i32) (local $i i32) (local $bits i32) (local $r anyref)
    (loop $l
      (local.set $r (table.get $v (local.get $i)))
      (local.set $bits (i32.or (local.get $bits) (i32.shl
        (block $done (result i32)
          (br_if $done (ref.test (ref any) (local.get $r)) (i32.eqz (local.get $test))) drop
          (br_if $done (ref.test (ref eq) (local.get $r)) (i32.eq (local.get $test) (i32.const 1))) drop
          (br_if $done (ref.test (ref i31) (local.get $r)) (i32.eq (local.get $test) (i32.const 2))) drop
          (br_if $done (ref.test (ref struct) (local.get $r)) (i32.eq (local.get $test) (i32.const 3))) drop
          (br_if $done (ref.test (ref array) (local.get $r)) (i32.eq (local.get $test) (i32.const 4))) drop
          (br_if $done (ref.test (ref none) (local.get $r)) (i32.eq (local.get $test) (i32.const 5))) drop
          (br_if $done (ref.test (ref $s) (local.get $r)) (i32.eq (local.get $test) (i32.const 6))) drop
          (br_if $done (ref.test (ref $t) (local.get $r)) (i32.eq (local.get $test) (i32.const 7))) drop
          (br_if $done (ref.test (ref $u) (local.get $r)) (i32.eq (local.get $test) (i32.const 8))) drop
          (br_if $done (ref.test (ref $a) (local.get $r)) (i32.eq (local.get $test) (i32.const 9))) drop
          (br_if $done (ref.test (ref null $t) (local.get $r)) (i32.eq (local.get $test) (i32.const 10))) drop
          (br_if $done (ref.test nullref (local.get $r)) (i32.eq (local.get $test) (i32.const 11))) drop
          (br_if $done (ref.test eqref (local.get $r)) (i32.eq (local.get $test) (i32.const 12))) drop
          (br_if $done (ref.test i31ref (local.get $r)) (i32.eq (local.get $test) (i32.const 13))) drop
          (br_if $done (ref.test structref (local.get $r)) (i32.eq (local.get $test) (i32.const 14))) drop
          (ref.test (ref null $a) (local.get $r)))
        (local.get $i))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
    (local.get $bits))
  (func (export "bits") (param i32) (result i32) (call $bits (local.get 0)))
  (func (export "cast t") (param i32)
    (drop (ref.cast (ref $t) (table.get $v (local.get 0)))))
  (func (export "cast null t") (param i32)
    (drop (ref.cast (ref null $t) (table.get $v (local.get 0)))))
  (func (export "field") (param i32) (result i32)
    (block $no (result anyref)
      (return (struct.get $t 0
        (br_on_cast_fail $no anyref (ref $t) (table.get $v (local.get 0))))))
    drop (i32.const -1))
  (func (export "number") (param i32) (result i32)
    (block $yes (result (ref i31))
      (drop (br_on_cast $yes anyref (ref i31) (table.get $v (local.get 0))))
      (return (i32.const -100)))
    i31.get_s)
  (func (export "unsigned") (param i32) (result i32)
    (i31.get_u (ref.cast (ref null i31) (table.get $v (local.get 0)))))
  (func (export "same") (param i32 i32) (result i32)
    (ref.eq (ref.cast eqref (table.get $v (local.get 0)))
      (ref.cast eqref (table.get $v (local.get 1)))))
  (func (export "host") (param i32) (result externref)
    (extern.convert_any (table.get $v (local.get 0))))
  (func (export "round") (param i32) (result i32)
    (ref.eq (ref.cast eqref (table.get $v (local.get 0)))
      (ref.cast eqref (any.convert_extern
        (extern.convert_any (table.get $v (local.get 0))))))))
(invoke "init" (ref.extern 3))
(assert_return (invoke "bits" (i32.const 0)) (i32.const 0x1fe))
(assert_return (invoke "bits" (i32.const 1)) (i32.const 0x0fe))
(assert_return (invoke "bits" (i32.const 2)) (i32.const 0x006))
(assert_return (invoke "bits" (i32.const 3)) (i32.const 0x078))
(assert_return (invoke "bits" (i32.const 4)) (i32.const 0x080))
(assert_return (invoke "bits" (i32.const 5)) (i32.const 0x000))
(assert_return (invoke "bits" (i32.const 6)) (i32.const 0x038))
(assert_return (invoke "bits" (i32.const 7)) (i32.const 0x030))
(assert_return (invoke "bits" (i32.const 8)) (i32.const 0x020))
(assert_return (invoke "bits" (i32.const 9)) (i32.const 0x080))
(assert_return (invoke "bits" (i32.const 10)) (i32.const 0x031))
(assert_return (invoke "bits" (i32.const 11)) (i32.const 0x001))
(assert_return (invoke "bits" (i32.const 12)) (i32.const 0x0ff))
(assert_return (invoke "bits" (i32.const 13)) (i32.const 0x007))
(assert_return (invoke "bits" (i32.const 14)) (i32.const 0x079))
(assert_return (invoke "bits" (i32.const 15)) (i32.const 0x081))
(assert_return (invoke "cast t" (i32.const 5)))
(assert_trap (invoke "cast t" (i32.const 0)) "cast failure")
(assert_trap (invoke "cast t" (i32.const 1)) "cast failure")
(assert_trap (invoke "cast t" (i32.const 3)) "cast failure")
(assert_trap (invoke "cast t" (i32.const 8)) "cast failure")
(assert_return (invoke "cast null t" (i32.const 0)))
(assert_trap (invoke "cast null t" (i32.const 6)) "cast failure")
(assert_return (invoke "field" (i32.const 4)) (i32.const 1))
(assert_return (invoke "field" (i32.const 7)) (i32.const -1))
(assert_return (invoke "number" (i32.const 1)) (i32.const 5))
(assert_return (invoke "number" (i32.const 2)) (i32.const -1))
(assert_return (invoke "number" (i32.const 3)) (i32.const -100))
(assert_return (invoke "unsigned" (i32.const 2)) (i32.const 0x7fffffff))
(assert_trap (invoke "unsigned" (i32.const 0)) "null i31 reference")
(assert_return (invoke "same" (i32.const 4) (i32.const 4)) (i32.const 1))
(assert_return (invoke "same" (i32.const 4) (i32.const 5)) (i32.const 0))
(assert_trap (invoke "same" (i32.const 4) (i32.const 8)) "cast failure")
(assert_return (invoke "host" (i32.const 8)) (ref.extern 3))
(assert_return (invoke "host" (i32.const 0)) (ref.null))
(assert_return (invoke "host" (i32.const 5)) (ref.extern))
(assert_return (invoke "round" (i32.const 1)) (i32.const 1))
(assert_return (invoke "round" (i32.const 5)) (i32.const 1))
(assert_return (invoke "round" (i32.const 0)) (i32.const 1))
