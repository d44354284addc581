;;; Tail calls take no stack, however the signatures of caller and callee differ: more arguments
;;; than registers hold into a function without any, and back; through a table; of an import;
;;; with results past those in registers. What calls the first of them finds its frame as it was.
;;; Core 3.0, 4.6.12 Control Instructions, return_call and return_call_indirect.
;; RUN: wast2json --enable-tail-call %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
;; RUN: moat-spec --model=both -O2 --strict-traps %t.json
(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (type $few (func (param i32) (result i64)))
  (type $many (func (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f32) (result i64)))
  (table funcref (elem $few_indirect $many_indirect $wrong))
  (global $steps (mut i32) (i32.const 0))
  (func $wrong)

  ;; Mutual recursion: one parameter, then 23 of three types.
  (func $few (type $few)
    (if (i32.eqz (local.get 0)) (then (return (i64.const 77))))
    (return_call $many (i32.sub (local.get 0) (i32.const 1))
      (i64.extend_i32_u (i32.add (local.get 0) (i32.const 0))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 1))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 2))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 3))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 4))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 5))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 6))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 7))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 8))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 9))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 10))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 11))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 12))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 13))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 14))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 15))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 16))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 17))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 18))) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 19)))
      (f64.convert_i32_u (local.get 0)) (f32.const 0.5)))
  (func $many (type $many)
    (if (f64.ne (local.get 21) (f64.convert_i32_u (i32.add (local.get 0) (i32.const 1))))
      (then (return (i64.const -1))))
    (if (f32.ne (local.get 22) (f32.const 0.5)) (then (return (i64.const -2))))
    (if (i64.ne (i64.sub (local.get 20) (local.get 1)) (i64.const 19))
      (then (return (i64.const -3))))
    (if (i32.eqz (local.get 0)) (then (return (local.get 20))))
    (return_call $few (i32.sub (local.get 0) (i32.const 1))))

  ;; The same through a table.
  (func $few_indirect (type $few)
    (if (i32.eqz (local.get 0)) (then (return (i64.const 77))))
    (return_call_indirect (type $many) (i32.sub (local.get 0) (i32.const 1))
      (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13) (i64.const 14) (i64.const 15) (i64.const 16) (i64.const 17) (i64.const 18) (i64.const 19)
      (f64.const 1) (f32.const 0.5) (i32.const 1)))
  (func $many_indirect (type $many)
    (if (i64.ne (local.get 20) (i64.const 19)) (then (return (i64.const -3))))
    (if (i32.eqz (local.get 0)) (then (return (local.get 20))))
    (return_call_indirect (type $few) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))

  ;; Each argument moves one place on, so that stack slots are read before they are written.
  (func $rotate (type $many)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $rotate (i32.sub (local.get 0) (i32.const 1))
      (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11) (local.get 12) (local.get 13) (local.get 14) (local.get 15) (local.get 16) (local.get 17) (local.get 18) (local.get 19) (local.get 20) (local.get 1)
      (local.get 21) (local.get 22)))

  (func (export "mutual") (param i32) (result i64) (return_call $few (local.get 0)))
  (func (export "indirect") (param i32) (result i64) (return_call $few_indirect (local.get 0)))
  (func (export "rotate") (param i32) (result i64)
    (return_call $rotate (local.get 0)
      (i64.const 100) (i64.const 101) (i64.const 102) (i64.const 103) (i64.const 104) (i64.const 105) (i64.const 106) (i64.const 107) (i64.const 108) (i64.const 109) (i64.const 110) (i64.const 111) (i64.const 112) (i64.const 113) (i64.const 114) (i64.const 115) (i64.const 116) (i64.const 117) (i64.const 118) (i64.const 119) (f64.const 0) (f32.const 0)))
  (func (export "null") (result i64)
    (return_call_indirect (type $few) (i32.const 0) (i32.const 9)))
  (func (export "mismatch") (result i64)
    (return_call_indirect (type $few) (i32.const 0) (i32.const 2)))

  ;; A frame with live values around calls that tail-call.
  (func (export "around") (param i32 i64 f64) (result i64)
    (local i64)
    (local.set 3 (i64.mul (local.get 1) (i64.const 3)))
    (i64.add (i64.add (call $few (local.get 0)) (local.get 1))
             (i64.add (i64.add (call $rotate (local.get 0)
                                 (i64.const 100) (i64.const 101) (i64.const 102) (i64.const 103) (i64.const 104) (i64.const 105) (i64.const 106) (i64.const 107) (i64.const 108) (i64.const 109) (i64.const 110) (i64.const 111) (i64.const 112) (i64.const 113) (i64.const 114) (i64.const 115) (i64.const 116) (i64.const 117) (i64.const 118) (i64.const 119)
                                 (f64.const 0) (f32.const 0))
                               (i64.trunc_f64_s (local.get 2)))
                      (local.get 3))))

  ;; Results past the registers; a loop by tail calls that also tail-calls an import.
  (func $five (param i32) (result i32 i64 f32 f64 i32)
    (if (i32.eqz (local.get 0))
      (then (return (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5))))
    (return_call $five (i32.sub (local.get 0) (i32.const 1))))
  (func (export "five") (param i32) (result i32 i64 f32 f64 i32) (return_call $five (local.get 0)))
  (func $say (param i32) (return_call $print (local.get 0)))
  (func (export "print") (param i32)
    (loop $next
      (call $say (local.get 0))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
(assert_return (invoke "mutual" (i32.const 10000000)) (i64.const 77))
(assert_return (invoke "mutual" (i32.const 9999999)) (i64.const 20))
(assert_return (invoke "indirect" (i32.const 10000000)) (i64.const 77))
(assert_return (invoke "indirect" (i32.const 9999999)) (i64.const 19))
(assert_return (invoke "rotate" (i32.const 0)) (i64.const 100))
(assert_return (invoke "rotate" (i32.const 1)) (i64.const 101))
(assert_return (invoke "rotate" (i32.const 10000003)) (i64.const 103))
(assert_return (invoke "around" (i32.const 1000002) (i64.const 7) (f64.const 9)) (i64.const 216))
(assert_return (invoke "five" (i32.const 10000000))
  (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5))
(assert_return (invoke "print" (i32.const 1000000)))
(assert_trap (invoke "null") "undefined element")
(assert_trap (invoke "mismatch") "indirect call type mismatch")
