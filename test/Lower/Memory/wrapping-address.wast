;;; An address computed in i32 wraps before the access, also where an access at the
;;; unwrapped place came before.
;;; Core 3.0, 4.3.2 Integer Operations: iadd is modulo 2^32.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (data (i32.const 0) "\11\22\33\44")
  (func (export "add") (param i32) (result i32)
    (i32.load8_u (i32.add (local.get 0) (i32.const 2))))
  (func (export "sub") (param i32) (result i32)
    (i32.load8_u (i32.sub (local.get 0) (i32.const 2))))
  (func (export "scaled") (param i32) (result i32)
    (i32.load8_u (i32.shl (local.get 0) (i32.const 2))))
  (func (export "both") (param i32) (result i32)
    (i32.add (i32.load8_u (local.get 0))
             (i32.load8_u (i32.add (local.get 0) (i32.const 1)))))
  (func (export "below") (param i32) (result i32)
    (i32.load8_u offset=2 (i32.sub (local.get 0) (i32.const 1))))
  (func (export "sum down") (param $end i32) (result i32)
    (local $i i32) (local $sum i32)
    ;; Counts from a negative number up to 0, as clang writes loops.
    (local.set $i (i32.const -4))
    (loop $more
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u (i32.add (local.get $end) (local.get $i)))))
      (br_if $more (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "add" (i32.const -2)) (i32.const 0x11))
(assert_return (invoke "add" (i32.const -1)) (i32.const 0x22))
(assert_trap (invoke "add" (i32.const -3)) "out of bounds memory access")
(assert_return (invoke "sub" (i32.const 2)) (i32.const 0x11))
(assert_trap (invoke "sub" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "scaled" (i32.const 0x40000000)) (i32.const 0x11))
(assert_trap (invoke "scaled" (i32.const 0x3fffffff)) "out of bounds memory access")
(assert_return (invoke "both" (i32.const 0)) (i32.const 0x33))
(assert_trap (invoke "both" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "both" (i32.const 65535)) "out of bounds memory access")
(assert_trap (invoke "below" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "below" (i32.const 1)) (i32.const 0x33))
(assert_return (invoke "sum down" (i32.const 4)) (i32.const 0xaa))
(assert_trap (invoke "sum down" (i32.const 3)) "out of bounds memory access")
