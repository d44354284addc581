;;; Memory 0 of an executable begins 16 MiB below 2 GiB: constant addresses and offsets on either side of
;;; that, which instructions can and cannot hold, reach the same bytes.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat -O0 %t.wasm --invoke=sum -o %t && %t 8 | FileCheck %s
;; RUN: moat -O2 %t.wasm --invoke=sum -o %t && %t 8 | FileCheck %s
;; RUN: moat -O3 %t.wasm --invoke=sum -o %t && %t 8 | FileCheck %s
;; CHECK: {{^}}111111111{{$}}
(module
  (memory (export "memory") 10000)
  (data (i32.const 0xfffff8) "\01")
  (data (i32.const 0xffffff) "\0a")
  (data (i32.const 0x1000000) "\64")
  (data (i32.const 0x1fffff8) "\e8\03")
  (data (i32.const 0x20000000) "\10\27")
  (func (export "sum") (param $eight i32) (result i32)
    (i32.store (i32.const 0x17fffff0) (i32.const 100000))
    (i32.store offset=0x1000004 (local.get $eight) (i32.const 1000000))
    (i32.store offset=0x20000000 (local.get $eight) (i32.const 10000000))
    (memory.copy (i32.const 0x20000010) (i32.const 0x20000008) (i32.const 4))
    (i32.store offset=0x1000020 (local.get $eight)
      (i32.mul (i32.load (i32.const 0x20000010)) (i32.const 10)))
    (i32.add (i32.load8_u (i32.const 0xfffff8))
    (i32.add (i32.load8_u offset=0xfffff7 (local.get $eight))
    (i32.add (i32.load8_u offset=0xfffff8 (local.get $eight))
    (i32.add (i32.load16_u (i32.const 0x1fffff8))
    (i32.add (i32.load16_u offset=0x1ffffff8 (local.get $eight))
    (i32.add (i32.load offset=0x17ffffe8 (local.get $eight))
    (i32.add (i32.load (i32.const 0x100000c))
    (i32.add (i32.load (i32.const 0x20000008))
             (i32.load (i32.const 0x1000028))))))))))))
