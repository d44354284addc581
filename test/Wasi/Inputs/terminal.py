#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""terminal.py PROGRAM...: runs a program whose output is a terminal, and prints what it
shows, byte for byte, as a Python literal."""

import os
import pty
import subprocess
import sys

ours, theirs = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs)
os.close(theirs)
shown = b""
try:
    while chunk := os.read(ours, 4096):
        shown += chunk
except OSError:  # the other end is closed
    pass
print(shown)
sys.exit(process.wait())
