# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""Programs of others, from the distribution's source packages: fetched when they are asked for,
never kept. The machine's own configuration of apt is not touched."""

import subprocess
import tarfile
from pathlib import Path

from workloads import Workload

here = Path(__file__).resolve().parent / "packages"

# Lua without setjmp, whose errors these scripts do not have, and the same on both sides: no
# signals, and one seed for hashes.
lua_flags = ["-DLUAI_THROW(L,c)=abort()", "-DLUAI_TRY(L,c,a)={a}", "-Dluai_jmpbuf=int",
             "-Dl_signalT=int", "-Dluai_makeseed(L)=42u", "-Dl_randomizePivot()=0u", f"-I{here}"]
lua_left_out = ["lua.c", "luac.c", "liolib.c", "loslib.c", "loadlib.c", "linit.c"]


def sources(folder, left_out=()):
    return sorted(file for file in folder.glob("*.c") if file.name not in left_out)


def bzip2(tree):
    names = ["blocksort", "huffman", "crctable", "randtable", "compress", "decompress", "bzlib"]
    return Workload("bzip2", [here / "compress.c", *(tree / f"{name}.c" for name in names)],
                    ["-DUSE_BZIP2", f"-I{tree}"])


def zlib(tree):
    names = ["adler32", "compress", "crc32", "deflate", "inffast", "inflate", "inftrees", "trees",
             "uncompr", "zutil"]
    return Workload("zlib", [here / "compress.c", *(tree / f"{name}.c" for name in names)],
                    ["-DUSE_ZLIB", f"-I{tree}"])


def zstd(tree):
    library = tree / "lib"
    return Workload("zstd", [here / "compress.c", *(
        file for part in ["common", "compress", "decompress"]
        for file in sources(library / part))],
        # The same code on both sides: without intrinsics and prefetches, which only one of them
        # has. With prefetches native code takes 0.17 s in place of 0.31.
        ["-DUSE_ZSTD", "-DZSTD_NO_INTRINSICS", "-DNO_PREFETCH", "-DZSTD_DISABLE_ASM=1",
         "-DZSTD_LEGACY_SUPPORT=0", f"-I{library}"])


def lua(tree):
    return Workload("lua", [here / "lua.c", *sources(tree / "src", lua_left_out)],
                    [*lua_flags, f"-I{tree / 'src'}"])


#: The source package of each, and how a program is made of its tree.
packages = {"bzip2": bzip2, "zlib": zlib, "libzstd": zstd, "lua5.4": lua}


def fetch(work):
    """Downloads and unpacks every package below \\p work; returns the workloads."""
    apt = work / "apt"
    for folder in ["lists/partial", "cache/archives/partial"]:
        (apt / folder).mkdir(parents=True)
    release = dict(line.split("=", 1) for line in
                   Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release["VERSION_CODENAME"].strip('"')
    # From where the machine has its packages, it has their sources.
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "deb-src $(REPO_URI) $(RELEASE) main",
         "Created-By: Packages", "Component: main", f"Release: {suite}"],
        check=True, capture_output=True, text=True).stdout
    (apt / "sources.list").write_text("".join(f"{each}\n" for each in
                                              sorted(set(targets.splitlines()))))
    command = ["apt-get", "-qq"]
    for option in [f"Dir::Etc::sourcelist={apt / 'sources.list'}",
                   "Dir::Etc::sourceparts=/dev/null", f"Dir::State::lists={apt / 'lists'}",
                   f"Dir::Cache={apt / 'cache'}", "APT::Sandbox::User=root"]:
        command += ["-o", option]
    subprocess.run([*command, "update"], check=True)
    subprocess.run([*command, "source", "--download-only", *packages], cwd=apt, check=True)
    workloads = []
    for package, make in packages.items():
        archive = next(apt.glob(f"{package}_*.orig.tar.*[!c]"))  # not the signature, .asc
        tree = work / package
        with tarfile.open(archive) as tar:
            tar.extractall(tree, filter="data")
        roots = list(tree.iterdir())
        workloads.append(make(roots[0] if len(roots) == 1 else tree))
    return workloads
