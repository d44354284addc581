;;; Tail calls between functions of different partitions, and so of different objects, take no
;;; stack: the body of nops between the two is larger than a partition.
;;; Core 3.0, 4.6.12 Control Instructions, return_call.
;; RUN: split-file %s %t
;; RUN: seq 140000 | sed s/.*/nop/ > %t/nops
;; RUN: cat %t/begin.txt %t/nops %t/end.txt > %t.wast
;; RUN: wast2json --enable-tail-call %t.wast -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json

;--- begin.txt
(module
  (func $few (export "few") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (return_call $many (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2)
      (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
  (func $between (export "between")
;--- end.txt
  )
  (func $many (export "many")
    (param i32 i64 i64 i64 i64 i64 i64 i64 i64) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.wrap_i64 (local.get 8)))))
    (return_call $few (i32.sub (local.get 0) (i32.const 1)))))
(assert_return (invoke "few" (i32.const 10000000)) (i32.const 1))
(assert_return (invoke "few" (i32.const 9999999)) (i32.const 8))
