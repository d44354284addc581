;;; A memory with checked bounds grows page by page past the size of huge pages, and keeps what it
;;; holds: what is asked of the system for part of its mapping would keep that from growing.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t.json
;; RUN: moat-spec --model=both -O2 %t.json
(module
  (memory 1)
  ;; The number of pages behind the last success.
  (func (export "grow-by-pages") (param $pages i32) (result i32)
    (loop $next
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
        (then
          (i32.store
            (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4))
            (memory.size))
          (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
          (br_if $next (local.get $pages)))))
    (memory.size))
  (func (export "last-word") (param $page i32) (result i32)
    (i32.load (i32.sub (i32.shl (local.get $page) (i32.const 16)) (i32.const 4)))))
(assert_return (invoke "grow-by-pages" (i32.const 300)) (i32.const 301))
(assert_return (invoke "last-word" (i32.const 2)) (i32.const 2))
(assert_return (invoke "last-word" (i32.const 33)) (i32.const 33))
(assert_return (invoke "last-word" (i32.const 301)) (i32.const 301))
