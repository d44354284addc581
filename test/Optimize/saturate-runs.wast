;;; Conversions that saturate do in vectors what they do one by one: at the limits of each type, beside
;;; them and past them, for NaNs, infinities and what is almost 0. Each function converts 28 numbers
;;; in a loop, and returns which is not what the conversion alone gives, or -1.
;;; Core 3.0, 4.3.4 Conversions, trunc_sat.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
;; RUN: moat-spec --model=process -O2 --mcpu=native %t.json
(module
  (memory 1)
  (data (i32.const 0)
    "\00\00\00\00\00\00\00\bf\33\33\f3\3f\33\33\f3\bf"
    "\ff\ff\7f\bf\00\00\80\bf\ff\ff\ff\4e\00\00\00\4f"
    "\00\00\00\cf\01\00\00\cf\ff\ff\7f\4f\00\00\80\4f"
    "\00\00\80\7f\00\00\80\ff\ff\ff\ff\5e\00\00\00\5f"
    "\00\00\00\df\01\00\00\df\ff\ff\7f\5f\00\00\80\5f"
    "\ca\f2\49\71\ca\f2\49\f1\00\80\c9\42\00\80\c9\c2"
    "\00\00\c0\7f\00\00\c0\ff\00\00\a0\7f\01\00\00\80")
  (data (i32.const 512)
    "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\e0\bf"
    "\66\66\66\66\66\66\fe\3f\66\66\66\66\66\66\fe\bf"
    "\ad\a9\c9\df\ff\ff\ef\bf\00\00\00\00\00\00\f0\bf"
    "\00\00\00\e0\ff\ff\df\41\00\00\00\00\00\00\e0\41"
    "\00\00\00\00\00\00\e0\c1\00\00\00\20\00\00\e0\c1"
    "\00\00\00\e0\ff\ff\ef\41\00\00\00\00\00\00\f0\41"
    "\00\00\00\00\00\00\f0\7f\00\00\00\00\00\00\f0\ff"
    "\00\00\00\e0\ff\ff\df\43\00\00\00\00\00\00\e0\43"
    "\00\00\00\00\00\00\e0\c3\00\00\00\20\00\00\e0\c3"
    "\00\00\c0\ff\ff\ff\df\41\00\00\e0\ff\ff\ff\df\41"
    "\00\00\10\00\00\00\e0\c1\00\00\20\00\00\00\e0\c1"
    "\00\00\e0\ff\ff\ff\ef\41\00\00\f0\ff\ff\ff\ef\41"
    "\ff\ff\ff\ff\ff\ff\ef\bf\00\00\00\00\00\00\f8\7f"
    "\00\00\00\00\00\00\f8\ff\00\00\00\00\00\00\f4\7f")
  (func (export "i32_f32_s") (result i32) (local $i i32)
    (loop $next
      (i32.store offset=1024 (i32.mul (local.get $i) (i32.const 4))
        (i32.trunc_sat_f32_s (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i32.ne (i32.load offset=1024 (i32.mul (local.get $i) (i32.const 4)))
            (i32.trunc_sat_f32_s (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i32_f32_u") (result i32) (local $i i32)
    (loop $next
      (i32.store offset=1024 (i32.mul (local.get $i) (i32.const 4))
        (i32.trunc_sat_f32_u (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i32.ne (i32.load offset=1024 (i32.mul (local.get $i) (i32.const 4)))
            (i32.trunc_sat_f32_u (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i32_f64_s") (result i32) (local $i i32)
    (loop $next
      (i32.store offset=1024 (i32.mul (local.get $i) (i32.const 4))
        (i32.trunc_sat_f64_s (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i32.ne (i32.load offset=1024 (i32.mul (local.get $i) (i32.const 4)))
            (i32.trunc_sat_f64_s (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i32_f64_u") (result i32) (local $i i32)
    (loop $next
      (i32.store offset=1024 (i32.mul (local.get $i) (i32.const 4))
        (i32.trunc_sat_f64_u (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i32.ne (i32.load offset=1024 (i32.mul (local.get $i) (i32.const 4)))
            (i32.trunc_sat_f64_u (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i64_f32_s") (result i32) (local $i i32)
    (loop $next
      (i64.store offset=1024 (i32.mul (local.get $i) (i32.const 8))
        (i64.trunc_sat_f32_s (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i64.ne (i64.load offset=1024 (i32.mul (local.get $i) (i32.const 8)))
            (i64.trunc_sat_f32_s (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i64_f32_u") (result i32) (local $i i32)
    (loop $next
      (i64.store offset=1024 (i32.mul (local.get $i) (i32.const 8))
        (i64.trunc_sat_f32_u (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i64.ne (i64.load offset=1024 (i32.mul (local.get $i) (i32.const 8)))
            (i64.trunc_sat_f32_u (f32.load offset=0 (i32.mul (local.get $i) (i32.const 4)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i64_f64_s") (result i32) (local $i i32)
    (loop $next
      (i64.store offset=1024 (i32.mul (local.get $i) (i32.const 8))
        (i64.trunc_sat_f64_s (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i64.ne (i64.load offset=1024 (i32.mul (local.get $i) (i32.const 8)))
            (i64.trunc_sat_f64_s (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1))
  (func (export "i64_f64_u") (result i32) (local $i i32)
    (loop $next
      (i64.store offset=1024 (i32.mul (local.get $i) (i32.const 8))
        (i64.trunc_sat_f64_u (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (local.set $i (i32.const 0))
    (loop $next
      (if (i64.ne (i64.load offset=1024 (i32.mul (local.get $i) (i32.const 8)))
            (i64.trunc_sat_f64_u (f64.load offset=512 (i32.mul (local.get $i) (i32.const 8)))))
        (then (return (local.get $i))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 28))))
    (i32.const -1)))
(assert_return (invoke "i32_f32_s") (i32.const -1))
(assert_return (invoke "i32_f32_u") (i32.const -1))
(assert_return (invoke "i32_f64_s") (i32.const -1))
(assert_return (invoke "i32_f64_u") (i32.const -1))
(assert_return (invoke "i64_f32_s") (i32.const -1))
(assert_return (invoke "i64_f32_u") (i32.const -1))
(assert_return (invoke "i64_f64_s") (i32.const -1))
(assert_return (invoke "i64_f64_u") (i32.const -1))
