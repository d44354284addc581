"""Writes a module of many functions, in the text format: several partitions."""
import sys

count = int(sys.argv[1])
print("(module (memory 1) (global $g (mut i32) (i32.const 0))")
print('(func (export "_start") (drop (call $f0 (i32.const 1))))')
for i in range(count):
    print(f"(func $f{i} (param i32) (result i32) (local i32 i64)")
    for k in range(12):
        print(f"(local.set 1 (i32.add (i32.mul (local.get 0) (i32.const {i * 7 + k}))"
              f" (i32.load offset={k * 4} (i32.and (local.get 1) (i32.const 1023)))))")
        print(f"(global.set $g (i32.xor (global.get $g) (local.get 1)))")
    if i + 1 < count:
        print(f"(local.set 1 (call $f{(i * 31 + 7) % count if i % 3 else i + 1} (local.get 1)))"
              if i < 8 else "")
    print("(local.get 1))")
print(")")
