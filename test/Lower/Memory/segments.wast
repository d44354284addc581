;;; Active segments are written in order, at offsets that are globals or constants; the
;;; first that does not fit ends the instantiation.
;;; Core 3.0, 4.7.3 Instantiation.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (import "spectest" "global_i32" (global $base i32))
  (memory 1)
  (data (i32.const 0) "aaaa")
  (data (i32.const 2) "bb")
  (data (global.get $base) "c")
  (data (i32.const 65535) "d")
  (data (i32.const 65536) "")
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))
(assert_return (invoke "load" (i32.const 1)) (i32.const 0x61))
(assert_return (invoke "load" (i32.const 2)) (i32.const 0x62))
(assert_return (invoke "load" (i32.const 666)) (i32.const 0x63))
(assert_return (invoke "load" (i32.const 65535)) (i32.const 0x64))

(assert_trap (module (memory 1) (data (i32.const 65535) "ab")) "out of bounds memory access")
(assert_trap (module (memory 1) (data (i32.const -1) "a")) "out of bounds memory access")
(assert_trap (module (memory 0) (data (i32.const 1) "")) "out of bounds memory access")
