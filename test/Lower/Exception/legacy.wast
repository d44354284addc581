;;; Exceptions out of calls with arguments on the stack, through a frame that tail-called one
;;; with more of them; results beyond two; locals and operands after a catch; tags that differ.
;;; exception-handling-legacy.md.
;; RUN: wast2json --enable-exceptions --enable-tail-call %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (type $many (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (tag $a (param i32 i64 f64))
  (tag $b)
  (func $last (type $many)
    (throw $a (local.get 9) (i64.const 7) (f64.const 0.5)))
  (func $between (param i32)
    (return_call $last (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
      (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (local.get 0)))
  (func $fewer (type $many) (return_call $between (local.get 9)))
  (func (export "through") (param i32) (result i32 i64 f64 i32) (local i32)
    (local.set 1 (i32.const 40))
    try (result i32 i64 f64)
      (local.set 1 (i32.add (local.get 1) (i32.const 2)))
      (call $fewer (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
        (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (local.get 0))
      unreachable
    catch $b
      unreachable
    catch $a
    end
    local.get 1)
  (func $maybe (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $b))))
  (func (export "loop") (param i32) (result i32) (local i32)
    loop $again
      try
        (call $maybe (local.get 0))
      catch_all
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      end
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
    end
    local.get 1)
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $b)))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "deep") (param i32) (result i32)
    try (result i32)
      (call $deep (local.get 0))
      i32.const 0
    catch $b
      i32.const 1
    end))
(assert_return (invoke "through" (i32.const 9))
  (i32.const 9) (i64.const 7) (f64.const 0.5) (i32.const 42))
(assert_return (invoke "loop" (i32.const 100001)) (i32.const 50001))
(assert_return (invoke "deep" (i32.const 10000)) (i32.const 1))
