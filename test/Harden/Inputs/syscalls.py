#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""syscalls.py [--quiet] PROGRAM [ARGUMENTS...]

Runs a program under strace and compares the system calls that it makes behind its
filter with the list in the file (the section moat_syscalls). The filter itself is run,
too, for every number. Prints the numbers and names of the calls made, and the numbers of
the list; the exit code is 1 if a call was made that is not on the list, if no filter was
installed, or if it does not kill exactly what is not on the list. With --quiet only what is
wrong is printed, and the exit code is the program's unless something is."""

import re
import struct
import subprocess
import sys
import tempfile

x86_64, i386 = 0xC000003E, 0x40000003  # AUDIT_ARCH_…
kernel_calls = 470  # about as many numbers as the kernel has


def parsed(line):
    """The instructions of the filter that a line of strace's shows."""
    return [[part.strip() for part in arguments.split(",")]
            for arguments in re.findall(r"BPF_(?:STMT|JUMP)\(([^)]*)\)", line)]


def decide(instructions, processor, number):
    """What the filter returns for a call, and how far the kernel gets that finds out in advance:
    the number of steps up to an instruction that it does not know. Arguments are 0."""
    at, loaded, known = 0, None, None
    for steps in range(1, len(instructions) + 1):
        code, operand, *skips = instructions[at]
        at += 1
        words = set(code.split("|"))
        if "BPF_RET" in words:
            return operand, known or steps
        if "BPF_MISC" in words:
            known = known or steps
            continue
        value = int(operand, 0)
        if "BPF_LD" in words:
            loaded = {0: number, 4: processor}.get(value, 0)
            continue
        holds = (loaded == value if "BPF_JEQ" in words else loaded >= value
                 if "BPF_JGE" in words else loaded > value if "BPF_JGT" in words
                 else bool(loaded & value))
        at += int(skips[0 if holds else 1], 0)


def check(line, allowed):
    """Lines that say where the filter and the list differ."""
    instructions = parsed(line)
    all_steps = 0
    for number in range(0x10000):
        action, steps = decide(instructions, x86_64, number)
        if number < kernel_calls:
            all_steps += steps
        if ("KILL" in action) == (number in allowed):
            yield f"the filter's answer to {number}: {action}"
        if "KILL" not in decide(instructions, i386, number)[0]:
            yield f"the filter lets a 32-bit program call {number}"
    # The searches' loads, the ends and, at most, ten rules' comparisons are what is added.
    if len(instructions) > len(allowed) + 30:
        yield f"the filter has {len(instructions)} instructions"
    if all_steps > 5 * kernel_calls:
        yield f"the kernel interprets the filter for {all_steps} steps"


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
        ended = subprocess.run(["strace", "-f", "-n", "-v", "-qq", "-o", log.name] + program)
        lines = log.readlines()
    made, is_filtered, wrong = {}, False, []
    for line in lines:
        call = re.match(r"\d+\s+\[\s*(\d+)\] (\w+)\(", line)
        if call and is_filtered:
            made[int(call[1])] = call[2]
        elif call and call[2] == "seccomp":
            is_filtered = line.rstrip().endswith("= 0")
            wrong += check(line, allowed)

    unlisted = sorted(set(made) - allowed)
    if not is_filtered:
        print("no filter was installed", file=sys.stderr)
    for number in unlisted:
        print("not on the list:", made[number], file=sys.stderr)
    for text in wrong:
        print(text, file=sys.stderr)
    if not is_quiet:
        print("made:", " ".join(made[number] for number in sorted(made)))
        print("listed:", " ".join(str(number) for number in sorted(allowed)))
        print("exit code", ended.returncode)
    is_wrong = bool(unlisted or wrong) or not is_filtered
    sys.exit(1 if is_wrong else ended.returncode if is_quiet else 0)


main()
