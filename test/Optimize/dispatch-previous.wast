;;; An operation of an interpreter sees what the br_table's own code made for the operation before
;;; it, where each has a copy of that code (compiler/Optimize/Dispatch.cpp).
;;; Core 3.0, 4.6.12 Control Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O1 -O2 -O3 %t.json
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08\09\02\02\05\01\09\00")
  (func $run (export "run") (param $code i32) (result i64)
    (local $value i64) (local $previous i32) (local $now i32)
    (loop $next
      (block $i (block $h (block $g (block $f (block $e (block $d (block $c (block $b (block $a (block $end
        (local.set $previous (local.get $now))
        (local.set $now (i32.load8_u (local.get $code)))
        (local.set $code (i32.add (local.get $code) (i32.const 1)))
        (br_table $end $a $b $c $d $e $f $g $h $i (local.get $now)))
        (return (local.get $value)))
        (local.set $value (i64.add (local.get $value) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.mul (i64.add (local.get $value) (i64.extend_i32_u (local.get $previous))) (i64.const 31)))
        (br $next))
        (local.set $value (i64.xor (i64.mul (local.get $value) (i64.const 37)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.sub (i64.mul (local.get $value) (i64.const 41)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.rotl (i64.add (local.get $value) (i64.const 43)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.shl (i64.add (local.get $value) (i64.const 47)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.or (i64.mul (local.get $value) (i64.const 53)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
        (local.set $value (i64.sub (i64.const 59) (i64.mul (local.get $value) (i64.extend_i32_u (local.get $previous)))))
        (br $next))
        (local.set $value (i64.add (i64.mul (local.get $value) (i64.const 61)) (i64.extend_i32_u (local.get $previous))))
        (br $next))
    (unreachable)))
(assert_return (invoke "run" (i32.const 0)) (i64.const 0xfe3a70f886885215))
