;;; Exceptions that were caught by reference are collected when nothing refers to them: a
;;; program may throw two million times with a heap of 2 MiB. Those in a table, in a global,
;;; and in another exception's values stay, with their values.
;;; Core 3.0, 4.6.13 Control Instructions, throw, throw_ref, try_table.
;; RUN: %assemble %s %t.wasm
;; RUN: moat %t.wasm -o %t
;; RUN: %t --wasi-max-heap=2M
;; RUN: moat -O0 %t.wasm -o %t.O0
;; RUN: %t.O0 --wasi-max-heap=2M
(module
  (tag $number (param i32 i64))
  (tag $nested (param exnref))
  (table $kept 100 exnref)
  (global $last (mut exnref) (ref.null exn))

  (func $make (param i32) (result exnref)
    (block $caught (result i32 i64 exnref)
      (try_table (catch_ref $number $caught)
        (throw $number (local.get 0) (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 5))))
      (unreachable))
    (return))

  ;; The number of an exception of $number, checked against its other value.
  (func $number_of (param exnref) (result i32)
    (local $number i32)
    (block $caught (result i32 i64)
      (try_table (catch $number $caught)
        (throw_ref (local.get 0)))
      (unreachable))
    (local.set 0 (ref.null exn))
    (drop)
    (return))

  (func $nest (param exnref) (result exnref)
    (block $caught (result exnref exnref)
      (try_table (catch_ref $nested $caught)
        (throw $nested (local.get 0)))
      (unreachable))
    (return))

  (func $inner (param exnref) (result exnref)
    (block $caught (result exnref)
      (try_table (catch $nested $caught)
        (throw_ref (local.get 0)))
      (unreachable))
    (return))

  (func $check (param i32)
    (if (i32.eqz (local.get 0)) (then (unreachable))))

  (func (export "_start")
    (local $i i32)
    ;; Wrapped ten times.
    (global.set $last (call $make (i32.const 77)))
    (loop $more
      (global.set $last (call $nest (global.get $last)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
    (local.set $i (i32.const 0))
    (loop $more
      (table.set $kept (i32.rem_u (local.get $i) (i32.const 100)) (call $make (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 2000000))))
    (local.set $i (i32.const 0))
    (loop $more
      (call $check (i32.eq
        (call $number_of (table.get $kept (local.get $i)))
        (i32.add (local.get $i) (i32.const 1999900))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 100))))
    (local.set $i (i32.const 0))
    (loop $more
      (global.set $last (call $inner (global.get $last)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
    (call $check (i32.eq (call $number_of (global.get $last)) (i32.const 77)))))
