"""Fails if a source includes what it may not."""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
phases = {"Decode", "Validate", "Lower", "Optimize"}
shared = {"Decode/Instructions.h"}  # the stream that Validate and Lower share
faults = []


def includes(file):
    for line in file.read_text(errors="replace").splitlines():
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if match:
            yield match[1]


def fault(file, name, why):
    faults.append(f"{file.relative_to(root)}: includes {name}: {why}")


for file in sorted(root.glob("include/moat/**/*.*")) + sorted(root.glob("runtime/**/*.*")):
    if file.suffix not in (".h", ".cpp", ".def"):
        continue
    for name in includes(file):
        if name.startswith(("llvm", "lld/", "clang")):
            fault(file, name, "public headers and the runtime see no LLVM")
        if file.is_relative_to(root / "include/moat/abi") and name.startswith("moat/") \
                and not name.startswith("moat/abi/"):
            fault(file, name, "abi/ includes nothing of ours")
        if (root / "compiler" / name).exists() and not (root / "runtime" / name).exists():
            fault(file, name, "the runtime never sees the compiler")

for file in sorted(root.glob("compiler/**/*.*")):
    if file.suffix not in (".h", ".cpp", ".def"):
        continue
    folder = file.relative_to(root / "compiler").parts[0]
    for name in includes(file):
        if (root / "runtime" / name).exists() and not (root / "compiler" / name).exists() \
                and not (file.parent / name).exists():
            fault(file, name, "the compiler never sees the runtime")
        target = name.split("/")[0]
        if folder in phases and target in phases and target != folder and name not in shared:
            fault(file, name, "never phase to phase")
        if folder == "Wasm" and target in phases:
            fault(file, name, "what a module is knows no phase")

sys.exit("\n".join(faults) or 0)
