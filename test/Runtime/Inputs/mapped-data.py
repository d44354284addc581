#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Writes modules with large data segments into the working directory. Each computes the sum of
its memory's bytes, weighted by their places, at its start, and traps if it is not what applying
the segments in order gives."""

size = 300_000


def text(seed, count):
    return bytes((seed + i * 7 + i // 251) % 255 + 1 for i in range(count))


def write(name, segments, pages=16, before="", behind="", flags="", memories=""):
    """\\p segments: offset and bytes; None as the offset: passive."""
    memory = bytearray(pages << 16)
    rows = []
    for offset, data in segments:
        spelled = "".join(f"\\{byte:02x}" for byte in data)
        rows.append(f'(data {"" if offset is None else f"(i32.const {offset})"} "{spelled}")')
        if offset is not None and offset + len(data) <= len(memory):
            memory[offset:offset + len(data)] = data
    total = 0
    for byte in memory:
        total = (total * 31 + byte) % 2**64
    with open(name + ".wat", "w") as out:
        out.write(f"""(module (memory {pages} 40) {memories} {" ".join(rows)}
  (func (export "_start") (local $at i32) (local $sum i64)
    {before}
    (loop $next
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))
        (i64.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const {len(memory)}))))
    (if (i64.ne (local.get $sum) (i64.const {total})) (then unreachable))
    {behind}))
""")
    with open(name + ".flags", "w") as out:
        out.write(flags)


large = (70_001, text(3, size))
write("alone", [large])
write("late-overlap", [large, (100_000, text(9, 5000)), (69_000, text(8, 2000))])
write("early-overlap", [(100_000, text(9, 5000)), large])
# One page in common, and one that ends with a page.
write("edges", [(10, text(1, 69_991)), large, (370_001, text(5, (1 << 20) - 370_001))])
# An active segment is dropped once it is applied; a passive one is not.
write("drop", [large, (None, text(4, size))], behind=f"""
    (memory.init 1 (i32.const 1000) (i32.const 0) (i32.const {size}))
    (if (i32.ne (i32.load8_u (i32.const 1000)) (i32.const {text(4, 1)[0]})) (then unreachable))
    (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))
    (data.drop 0)""")
write("grow", [large], behind="""
    (i32.store (i32.const 81920) (i32.const 77))
    (if (i32.ne (i32.load (i32.const 81920)) (i32.const 77)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 24)) (i32.const 16)) (then unreachable))
    (if (i32.load (i32.const 2621436)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 2621440))
    (if (i32.load (i32.const 81920)) (then unreachable))""")
spelled = "".join(f"\\{byte:02x}" for byte in text(6, size))
write("second", [], memories=f'(memory $other 16) (data (memory $other) (i32.const 4096) "{spelled}")')
write("checked", [large], flags="--bounds=checked")
write("trap", [(1 << 20, b"x"), large])
