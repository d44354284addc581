;;; --emit= stops behind any phase; -c and -S are two of its kinds. Text goes to standard
;;; output with `-o -`; without -o the file is named after the module, in the current folder.
;; RUN: moat %s --emit=wasm -o - | od -An -tx1 -N4 | FileCheck %s --check-prefix=WASM
;; WASM: 00 61 73 6d
;; RUN: moat %s --emit=llvm -o - | FileCheck %s --check-prefix=LLVM
;; LLVM: define {{.*}} {
;; RUN: moat %s --emit=llvm-opt -o - | FileCheck %s --check-prefix=LLVM
;; RUN: moat %s -S -o - | FileCheck %s --check-prefix=ASM
;; ASM: .text
;; ASM: moat_export__start:
;; RUN: moat %s -c -o %t.o && llvm-readelf -h %t.o | FileCheck %s --check-prefix=OBJ
;; OBJ: Type: REL
;; RUN: moat %s --emit=shared -o %t.so && llvm-readelf -h %t.so | FileCheck %s --check-prefix=SO
;; SO: Type: DYN
;; RUN: rm -rf %t && mkdir %t && cd %t
;; RUN: moat %s && moat %s -c && moat %s -S && moat %s --emit=llvm && moat %s --emit=wasm
;; RUN: moat %s --emit=shared && ls | FileCheck %s --check-prefix=NAMES
;; NAMES: {{^}}emit{{$}}
;; NAMES-NEXT: emit.h
;; NAMES-NEXT: emit.ll
;; NAMES-NEXT: emit.o
;; NAMES-NEXT: emit.s
;; NAMES-NEXT: emit.so
;; NAMES-NEXT: emit.wasm
;; NAMES-NOT: {{.}}
;; RUN: ./emit

(module (func (export "_start")))
