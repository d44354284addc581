;;; Each thread has an instance of its own: globals, tables, segments and what the start function
;;; did to them; only the memory is shared. A table that the main thread changed is as new in
;;; the other.
;;; wasi-threads, Detailed design discussion.
;; RUN: wat2wasm --enable-threads %s -o %t.wasm
;; RUN: moat %t.wasm -o %t && %t | FileCheck %s
;; RUN: moat %t.wasm -O0 -o %t.0 && %t.0 | FileCheck %s
;; CHECK: starts: 2
;; CHECK-NEXT: child: 1117
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1 shared)
  (global $counter (mut i32) (i32.const 7))
  (table $changed 2 10 funcref)
  (table $constant funcref (elem $one $ten))
  (elem $passive func $one $ten)
  (elem $computed funcref (ref.func $ten) (ref.null func))
  (data $text "digits: ")
  (data (i32.const 16) "starts: ?\nchild: ????\n")
  (type $number (func (result i32)))
  (func $one (result i32) (i32.const 1))
  (func $ten (result i32) (i32.const 10))
  (func $start
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (table.init $changed $passive (i32.const 0) (i32.const 0) (i32.const 1)))
  (start $start)
  (func $digit (param $at i32) (param $value i32)
    (i32.store8 (local.get $at) (i32.add (i32.const 48)
      (i32.rem_u (local.get $value) (i32.const 10)))))
  (func (export "wasi_thread_start") (param $tid i32) (param $argument i32)
    (local $sum i32)
    ;; 7: nobody added to the global
    (local.set $sum (global.get $counter))
    ;; 10: the element that the table's start has here, the main thread grew it and put another
    (local.set $sum (i32.add (local.get $sum)
      (i32.mul (i32.const 10)
        (call_indirect $changed (type $number) (i32.const 0)))))
    ;; 100: it has the size that it began with, and its segments were not dropped
    (if (i32.eq (table.size $changed) (i32.const 2))
      (then (local.set $sum (i32.add (local.get $sum) (i32.const 100)))))
    (table.init $changed $computed (i32.const 1) (i32.const 0) (i32.const 1))
    (local.set $sum (i32.add (local.get $sum)
      (i32.mul (i32.const 100)
        (call_indirect $changed (type $number) (i32.const 1)))))
    (memory.init $text (i32.const 64) (i32.const 0) (i32.const 8))
    (i32.atomic.store (i32.const 8) (local.get $sum))
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1))))
  (func (export "_start")
    (global.set $counter (i32.const 1000))
    (table.set $changed (i32.const 0) (ref.func $ten))
    (drop (table.grow $changed (ref.null func) (i32.const 3)))
    (elem.drop $passive)
    (elem.drop $computed)
    (data.drop $text)
    (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
    (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
    (if (i32.ne (call_indirect $changed (type $number) (i32.const 0)) (i32.const 10))
      (then unreachable))
    (call $digit (i32.const 24) (i32.atomic.load (i32.const 0)))
    (call $digit (i32.const 33) (i32.div_u (i32.atomic.load (i32.const 8)) (i32.const 1000)))
    (call $digit (i32.const 34) (i32.div_u (i32.atomic.load (i32.const 8)) (i32.const 100)))
    (call $digit (i32.const 35) (i32.div_u (i32.atomic.load (i32.const 8)) (i32.const 10)))
    (call $digit (i32.const 36) (i32.atomic.load (i32.const 8)))
    (i32.store (i32.const 128) (i32.const 16))
    (i32.store (i32.const 132) (i32.const 22))
    (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1) (i32.const 136)))))
