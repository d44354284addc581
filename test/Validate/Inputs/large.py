# Writes a valid module whose one function is large in one way.
#
#   large.py function|locals|blocks|targets|operands COUNT OUTPUT
#
#   function   about COUNT bytes of instructions
#   locals     COUNT locals, the last one used
#   blocks     COUNT blocks, each in the one before it
#   targets    a br_table of COUNT labels, from blocks nested 100 deep
#   operands   COUNT values on the operand stack at once

import sys

I32 = b"\x7f"
BLOCK, END = b"\x02\x40", b"\x0b"


def number(value):
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def sized(contents):
    return number(len(contents)) + contents


def section(identifier, contents):
    return bytes([identifier]) + sized(contents)


def module(locals, code):
    return b"".join([
        b"\0asm\1\0\0\0",
        section(1, b"\1\x60\0\1" + I32),  # (func (result i32))
        section(3, b"\1\0"),
        section(7, b"\1" + sized(b"run") + b"\0\0"),
        section(10, b"\1" + sized(locals + code + END)),
    ])


def function(count):
    # local.get 0; i32.const 1; i32.add; local.set 0
    step = b"\x20\0\x41\1\x6a\x21\0"
    return b"\1\1" + I32, step * (count // len(step)) + b"\x20\0"


def locals(count):
    last = number(count - 1)
    return b"\1" + number(count) + I32, b"\x41\x2a\x21" + last + b"\x20" + last


def blocks(count):
    return b"\0", BLOCK * count + END * count + b"\x41\0"


def targets(count):
    labels = b"".join(number(i % 100) for i in range(count))
    dispatch = b"\x20\0\x0e" + number(count) + labels + b"\0"
    return b"\1\1" + I32, BLOCK * 100 + dispatch + END * 100 + b"\x41\0"


def operands(count):
    return b"\0", b"\x41\1" * count + b"\x6a" * (count - 1)


kind, count, output = sys.argv[1:]
generate = {f.__name__: f for f in (function, locals, blocks, targets, operands)}[kind]
with open(output, "wb") as file:
    file.write(module(*generate(int(count))))
