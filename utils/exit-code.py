#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Runs a command and succeeds if its exit code is the one given: exit-code.py 134 ./app ...

A command that a signal ended has the signal's number, negative."""

import subprocess
import sys

wanted, command = int(sys.argv[1]), sys.argv[2:]
code = subprocess.run(command).returncode
if code != wanted:
    print(f"exit code {code}, not {wanted}: {' '.join(command)}", file=sys.stderr)
    sys.exit(1)
