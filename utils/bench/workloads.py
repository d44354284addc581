# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""The programs whose speed is compared, and how each is built."""

from dataclasses import dataclass, field
from pathlib import Path

from measure import build

here = Path(__file__).resolve().parent


@dataclass
class Workload:
    name: str
    sources: list
    #: Flags of every build of it.
    flags: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    #: What compares the allocators of two libcs rather than code is not in the means.
    in_mean: bool = True

    @property
    def is_cpp(self):
        return str(self.sources[0]).endswith(".cpp")

    def native(self, output, *flags):
        """Without fused multiply and add, which WebAssembly has not: all print the same. C++
        with the library that WebAssembly's has, too."""
        compiler = ["clang++-22", "-stdlib=libc++", *cpp_flags] if self.is_cpp else ["clang-22"]
        build(*compiler, "-w", "-ffp-contract=off", *flags, *self.flags, *self.sources, "-o",
              output, "-lm")

    def wasm(self, output, *flags):
        compiler = ["clang++-22", *cpp_flags] if self.is_cpp else ["clang-22"]
        build(*compiler, "-w", "--target=wasm32-wasi", *flags, *self.flags, *self.sources, "-o",
              output)


cpp_flags = ["-std=c++20", "-fno-exceptions"]

#: Files of this folder.
own = [
    Workload(Path(file).stem, [here / file], in_mean=file not in ("trees.c", "words.cpp"))
    for file in [
        "nbody.c", "fannkuch.c", "spectral.c", "matmul.c", "mandelbrot.c", "rays.c", "sha256.c",
        "blake2b.c", "interpreter.c", "calculator.c", "blocksort.c", "lz.c", "sorting.c",
        "edits.c", "queens.c", "events.cpp", "json.cpp", "words.cpp", "trees.c"]
]
