# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Runs that are measured, and what is made of many of them."""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    """A run that ended with another exit code than 0."""


class Measured:
    """One run of a command: seconds of wall and CPU, peak memory in MB, and its output.

    \\p processor: the one that it is kept on; None: any."""

    def __init__(self, command, cwd, processor=None):
        def pin():
            if processor is not None:
                os.sched_setaffinity(0, {processor})

        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.perf_counter()
            process = subprocess.Popen(
                list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, preexec_fn=pin
            )
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.output, self.errors = out.read().decode(), err.read().decode()
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024 / 1e6
        if process.returncode != 0:
            raise Failed(f"exit code {process.returncode}: {command}\n{self.errors}")


def build(*command):
    subprocess.run(list(map(str, command)), check=True)


def spread(values):
    """Half the distance between the quartiles, as a share of the median."""
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / statistics.median(values)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def table(head, rows, file=None):
    """Prints a Markdown table."""
    file = file or sys.stdout
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}", file=file)
    for row in rows:
        print(f"| {' | '.join(row)} |", file=file, flush=True)
