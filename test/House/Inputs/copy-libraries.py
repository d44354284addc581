"""Copies the dynamic linker and the shared libraries that programs need into a root folder."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

root = Path(sys.argv[1])
for program in sys.argv[2:]:
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in re.findall(r"(/\S+) \(0x", listing):
        copy = root / path.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copy(path, copy)
