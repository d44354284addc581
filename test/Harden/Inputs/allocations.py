#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""allocations.py PROGRAM [ARGUMENTS...]

Runs a program under strace and looks at how much address space each system call behind
its filter maps. Prints the largest; the exit code is 1 if that is more than 1 MiB."""

import re
import subprocess
import sys
import tempfile

with tempfile.NamedTemporaryFile("r") as log:
    ended = subprocess.run(["strace", "-qq", "-e", "trace=mmap,mremap,brk,seccomp",
                            "-o", log.name] + sys.argv[1:])
    is_filtered, count, largest = False, 0, 0
    for line in log:
        grown = 0
        if line.startswith("seccomp("):
            is_filtered = line.rstrip().endswith("= 0")
        elif mapped := re.match(r"mmap\(\w+, (\d+),", line):
            grown = int(mapped[1])
        elif moved := re.match(r"mremap\(\w+, (\d+), (\d+),", line):
            grown = int(moved[2]) - int(moved[1])
        elif line.startswith("brk("):
            sys.exit("a heap: " + line)
        if is_filtered and grown:
            count, largest = count + 1, max(largest, grown)
sys.stdout.flush()
print(f"{count} allocations, the largest of {largest} bytes")
sys.exit(ended.returncode or not is_filtered or largest > 1 << 20)
