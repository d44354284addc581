# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Writes a module that recurs and, from a given depth on, calls every WASI function at every
depth: every-import.py WasiFunctions.def

Exports: run(0, first), which recurs without end and makes the calls from depth `first` on;
depthOf, the depth it came to; callsOf, how many rounds of calls were made."""

import re
import sys

# Arguments that take a function as far as it goes. Descriptor 3 is a directory; at 64 is a
# name that exists ("file"), at 80 one that does not. Everything else gets zeros.
ARGUMENTS = {
    "fd_close": [77],
    "fd_renumber": [77, 78],
    "fd_read": [0, 256, 1, 8],
    "fd_write": [1, 256, 1, 8],
    "fd_pread": [4, 256, 1, 0, 8],
    "fd_pwrite": [4, 256, 1, 0, 8],
    "fd_readdir": [3, 1024, 1024, 0, 8],
    "fd_prestat_dir_name": [3, 1024, 1],
    "random_get": [1024, 64],
    "path_create_directory": [3, 64, 4],
    "path_filestat_get": [3, 1, 64, 4, 1024],
    "path_filestat_set_times": [3, 1, 64, 4, 0, 0, 0],
    "path_link": [3, 1, 64, 4, 3, 64, 4],
    "path_open": [3, 1, 80, 4, 0, 2, 0, 0, 8],
    "path_readlink": [3, 64, 4, 1024, 64, 8],
    "path_remove_directory": [3, 80, 4],
    "path_rename": [3, 80, 4, 3, 80, 4],
    "path_symlink": [64, 4, 3, 64, 4],
    "path_unlink_file": [3, 80, 4],
}
EXCLUDED = {"proc_exit", "proc_raise"}

rows = re.findall(r"^WASI\w+\((\w+), (\w+), \([\w, ]*\)((?:,\s*\w+)*)\)",
                  open(sys.argv[1]).read(), re.M)
assert len(rows) == 46, len(rows)
imports, calls = [], []
for name, result, parameters in rows:
    if name in EXCLUDED:
        continue
    types = re.findall(r"\w+", parameters.lower())
    signature = "".join(f" (param {t})" for t in types)
    imports.append(f'  (import "wasi_snapshot_preview1" "{name}" '
                   f"(func ${name}{signature} (result i32)))")
    values = ARGUMENTS.get(name, [0] * len(types))
    assert len(values) == len(types), name
    arguments = " ".join(f"({t}.const {v})" for t, v in zip(types, values))
    calls.append(f"    (drop (call ${name} {arguments}))")

print("(module", *imports, sep="\n")
print("""
  (memory (export "memory") 1)
  (data (i32.const 64) "file")
  (data (i32.const 80) "none")
  (global $depth (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (func (export "depthOf") (result i32) (global.get $depth))
  (func (export "callsOf") (result i32) (global.get $calls))
  (func $all""", *calls, """    (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func $run (export "run") (param i32 i32) (result i32)
    (global.set $depth (local.get 0))
    (if (i32.ge_u (local.get 0) (local.get 1)) (then (call $all)))
    (i32.add (call $run (i32.add (local.get 0) (i32.const 1)) (local.get 1))
             (i32.const 1))))""", sep="\n")
