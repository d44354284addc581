"""Damages files in many places, and fails if `moat inspect` ends by a signal or without a word."""
import random
import subprocess
import sys
from pathlib import Path

moat, *files = sys.argv[1:]
random.seed(1)
for name in files:
    original = Path(name).read_bytes()
    marks = [original.find(b"moatcaps"), original.find(b'{"built-by"'), 0, len(original) - 1200]
    for round in range(60):
        damaged = bytearray(original)
        if round % 6 == 0:
            damaged = damaged[:random.randrange(4, len(damaged))]
        else:
            begin = max(0, marks[round % len(marks)])
            for _ in range(random.choice([1, 3, 20])):
                damaged[min(len(damaged) - 1, begin + random.randrange(1200))] = \
                    random.choice([0, 1, 0x7f, 0xff, random.randrange(256)])
        Path("damaged").write_bytes(damaged)
        result = subprocess.run([moat, "inspect", "damaged"], capture_output=True)
        if result.returncode not in (0, 1) or not result.stdout + result.stderr:
            sys.exit(f"{name}, round {round}: {result.returncode}: {result.stderr}")
