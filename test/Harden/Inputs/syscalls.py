#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""syscalls.py [--quiet] PROGRAM [ARGUMENTS...]

Runs a program under strace and compares the system calls that it makes behind its
filter with the list in the file (the section moat_syscalls). Prints the numbers and
names of the calls made, and the numbers of the list; the exit code is 1 if a call
was made that is not on the list, or if no filter was installed. With --quiet only what
is wrong is printed, and the exit code is the program's unless something is."""

import re
import struct
import subprocess
import sys
import tempfile



def listed(program):
    with tempfile.NamedTemporaryFile() as section:
        subprocess.run(
            ["llvm-objcopy", "--dump-section", "moat_syscalls=" + section.name, program, "/dev/null"],
            check=True)
        data = open(section.name, "rb").read()  # a new file by that name
    return {number for (number,) in struct.iter_unpack("<I", data)}


def main():
    program = sys.argv[1:]
    is_quiet = program[0] == "--quiet"
    if is_quiet:
        program = program[1:]
    allowed = listed(program[0])
    with tempfile.NamedTemporaryFile("r") as log:
        ended = subprocess.run(["strace", "-f", "-n", "-qq", "-o", log.name] + program)
        lines = log.readlines()
    made, is_filtered = {}, False
    for line in lines:
        call = re.match(r"\d+\s+\[\s*(\d+)\] (\w+)\(", line)
        if call and is_filtered:
            made[int(call[1])] = call[2]
        elif call and call[2] == "seccomp":
            is_filtered = line.rstrip().endswith("= 0")

    unlisted = sorted(set(made) - allowed)
    if not is_filtered:
        print("no filter was installed", file=sys.stderr)
    for number in unlisted:
        print("not on the list:", made[number], file=sys.stderr)
    if not is_quiet:
        print("made:", " ".join(made[number] for number in sorted(made)))
        print("listed:", " ".join(str(number) for number in sorted(allowed)))
        print("exit code", ended.returncode)
    is_wrong = bool(unlisted) or not is_filtered
    sys.exit(1 if is_wrong else ended.returncode if is_quiet else 0)


main()
