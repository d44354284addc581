# How the tests run: lit's own shell, `moat` of the build folder and LLVM's tools first in
# PATH, so that tests name programs plainly (moat, FileCheck, not, split-file, wat2wasm).
#
#   %clang-wasi, %clangxx-wasi   C and C++ to a WASI module
#   %clang-threads               C with atomics and a shared memory, without a libc
#   %clang-musl                  C to an object for executables that moat links
#   %clang-host, %clangxx-host   for host programs: with moat's headers
#   %build, %examples            the build folder; test/Examples
#   REQUIRES: suites             the specification's and WASI's suites are there (%suites)
#   REQUIRES: node-addon         Node and its headers are installed (--emit=node)
#   REQUIRES: root               may change root and mount
#   REQUIRES: strace             may trace programs
#   REQUIRES: valgrind           it is installed (%valgrind PROGRAM: fails at any error or leak)

import os
import shutil
import subprocess
import sys

import lit.formats

config.name = "moat"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".wat", ".wast", ".test", ".c", ".cpp"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.join(config.moat_source_dir, "test")
config.test_exec_root = os.path.join(config.moat_binary_dir, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.moat_binary_dir, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
# Nothing of the developer's own: neither a cache nor folders that XDG names.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root, "cache")
config.environment.pop("MOAT_WASI", None)
# Projects of tests are built as this one is.
config.environment.update(CC=config.clang, CXX=config.clangxx, CMAKE_GENERATOR="Ninja")

wasi = "--target=wasm32-wasi -Wno-deprecated"
headers = "-I" + os.path.join(config.moat_source_dir, "include")
config.substitutions += [
    ("%clang-wasi", config.clang + " " + wasi),
    ("%clangxx-wasi", config.clangxx + " " + wasi + " -fno-exceptions"),
    ("%clang-threads", config.clang + " --target=wasm32 -matomics -mbulk-memory -nostdlib"
     " -ffreestanding -fno-builtin -Wl,--shared-memory,--max-memory=67108864"
     " -I" + os.path.join(config.test_source_root, "Threads", "Inputs")),
    ("%clang-musl", config.clang + " --target=x86_64-linux-musl -fno-pie -O2 " + headers),
    ("%clang-host", config.clang + " " + headers),
    ("%clangxx-host", config.clangxx + " -std=c++23 " + headers),
    ("%assemble", sys.executable + " " + os.path.join(config.test_source_root, "Inputs", "assemble.py")),
    ("%build", config.moat_binary_dir),
    ("%source", config.moat_source_dir),
    ("%examples", os.path.join(config.test_source_root, "Examples")),
]

suites = os.environ.get("MOAT_SUITES") or config.moat_suites
if suites and os.path.isdir(suites):
    config.available_features.add("suites")
    config.substitutions.append(("%suites", suites))
    config.environment["MOAT_SUITES"] = suites

if config.moat_checked:
    config.available_features.add("checked")

# Some tests need a root folder of their own.
may_chroot = subprocess.run(
    ["unshare", "--mount", "--pid", "--fork", "true"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
).returncode == 0
if may_chroot and os.geteuid() == 0:
    config.available_features.add("root")

if shutil.which("strace") and subprocess.run(
    ["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL
).returncode == 0:
    config.available_features.add("strace")

if shutil.which("valgrind"):
    config.available_features.add("valgrind")
    config.substitutions.append(
        ("%valgrind", "valgrind -q --fair-sched=try --leak-check=full --error-exitcode=9"))

# --emit=node is built where Node's headers are installed, and tested where Node is.
if shutil.which("node") and os.path.exists(
        os.path.join(config.moat_binary_dir, "lib", "moat", "node", "libmoatNode.a")):
    config.available_features.add("node-addon")
