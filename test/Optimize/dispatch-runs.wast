;;; An interpreter with jumps of its own behind each operation does what one with one br_table does:
;;; operations in front of, between and behind its labels take the default
;;; (compiler/Optimize/Dispatch.cpp).
;;; Core 3.0, 4.6.12 Control Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O1 -O2 -O3 %t.json
(module
  (memory 1)
  (data (i32.const 0)
    "\15\15\16\14\14\14")
  (data (i32.const 64)
    "\15\19\17\1a\16\1a\1c\1d\14\14\14")
  (data (i32.const 128)
    "\00\13\14\14\14")
  (data (i32.const 192)
    "\1f\15\14\14\14")
  (data (i32.const 256)
    "\ff\18\1b\16\14\14\14")
  (data (i32.const 320)
    "\15\1e\19\19\1e\15\16\14\14\14")
  (data (i32.const 384)
    "\18\1c\1b\1a\1f\17\00\1d\1e\14\16\1a\80\15\1d\1c\14\14\14")
  (data (i32.const 448)
    "\1d\1b\19\1b\1c\16\1d\15\13\19\18\1b\16\16\19\1c\1d\15\1d\1c\19\1c\1b\15\16\16\16\13\19\15"
    "\19\c8\18\1c\16\18\19\1d\16\1a\19\17\19\c8\19\1e\1d\16\1b\1a\13\1b\16\00\1d\1c\16\17\1c\17"
    "\15\14\14")
  (data (i32.const 512)
    "\1f\17\1e\1d\1c\16\17\1a\1c\17\15\1a\1a\1b\1f\16\18\1a\c8\18\1a\1d\1f\17\1b\15\18\1a\18\16"
    "\16\15\17\1e\1e\1c\1c\1a\13\15\15\17\19\15\17\19\1a\19\1a\17\17\1b\17\1e\1c\1f\1a\1d\15\19"
    "\17\1d\18\1a\18\1c\18\15\18\1b\1a\17\17\1b\16\17\1b\17\15\19\19\1e\1e\16\1e\1d\16\19\00\16"
    "\1a\1c\16\1a\1a\1b\17\c8\19\1a\16\1d\15\1c\1a\1c\1c\1e\16\17\1d\19\15\15\1b\18\15\1f\1c\13"
    "\1d\1e\15\16\15\1c\16\1e\19\16\1b\17\1b\1b\1b\17\18\1d\1c\16\19\16\1a\1e\17\15\1d\17\c8\1c"
    "\19\19\00\18\1d\19\18\13\16\1a\c8\1b\15\1f\00\1c\18\1e\1d\18\18\1e\19\19\1e\1e\15\1b\1b\1b"
    "\1d\15\1a\17\1c\18\1b\1e\15\1e\17\17\19\17\17\1b\18\1b\c8\1c\1c\17\16\1b\1f\19\1d\17\16\16"
    "\15\1e\1a\1d\16\15\17\15\1b\1d\16\1c\18\1c\c8\1b\19\1a\17\c8\19\16\19\1a\19\17\1a\1d\15\15"
    "\19\18\1c\16\1d\17\1b\18\16\16\15\14\14")
  ;; $code is of operations, a byte each: 20 ends, 21 to 30 without 24 and 27 do something, any
  ;; other inverts $value.
  (func $run (export "run") (param $code i32) (result i64)
    (local $value i32) (local $other i32)
    (loop $next
      (block $default
        (block $if-odd (block $take (block $swap (block $add (block $shift (block $turn
          (block $triple (block $count (block $end
            (i32.sub (i32.load8_u (local.get $code)) (i32.const 20))
            (local.set $code (i32.add (local.get $code) (i32.const 1)))
            (br_table $end $count $triple $turn $default $shift $add $default $swap $take $if-odd
              $default))
            (return (i64.or (i64.shl (i64.extend_i32_u (local.get $other)) (i64.const 32))
                            (i64.extend_i32_u (local.get $value)))))
          (local.set $value (i32.add (local.get $value) (i32.const 1)))
          (br $next))
          (local.set $value (i32.mul (local.get $value) (i32.const 3)))
          (br $next))
          (local.set $value (i32.rotl (local.get $value) (i32.const 5)))
          (br $next))
          (local.set $value (i32.shl (local.get $value) (i32.const 1)))
          (br $next))
          (local.set $other (i32.add (local.get $other) (local.get $value)))
          (br $next))
          (local.get $value)
          (local.set $value (local.get $other))
          (local.set $other)
          (br $next))
          (local.set $value (i32.sub (local.get $value) (local.get $other)))
          (br $next))
        (if (i32.and (local.get $value) (i32.const 1))
          (then (local.set $code (i32.add (local.get $code) (i32.const 1)))))
        (br $next))
      (local.set $value (i32.xor (local.get $value) (i32.const -1)))
      (br $next))
    (unreachable)))
(assert_return (invoke "run" (i32.const 0)) (i64.const 0x6))
(assert_return (invoke "run" (i32.const 64)) (i64.const 0xc000000040))
(assert_return (invoke "run" (i32.const 128)) (i64.const 0x0))
(assert_return (invoke "run" (i32.const 192)) (i64.const 0x0))
(assert_return (invoke "run" (i32.const 256)) (i64.const 0xfffffffd))
(assert_return (invoke "run" (i32.const 320)) (i64.const 0x9))
(assert_return (invoke "run" (i32.const 384)) (i64.const 0xfffffffc00000001))
(assert_return (invoke "run" (i32.const 448)) (i64.const 0x9bff7a7f854082a1))
(assert_return (invoke "run" (i32.const 512)) (i64.const 0x7f09697dc8729bff))
