// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The seam between the program `moat` and lib/moat/libmoatCompiler.so, which
// holds the phases and needs LLVM's library. The program loads it when it has
// something to compile, so that `moat run` of a program that is in the cache,
// `--help` and mistakes in options start in a millisecond.
//
// Both sides are built together, and types of LLVM do not cross: the program
// has a copy of LLVM's option parser of its own, hidden from the dynamic
// linker, and the two must never meet
// (test/House/program-exports-nothing.test).

#pragma once

#include "Inspect.h"

namespace moat {

/// One of the two exported functions of libmoatCompiler.so, `moat_compile`:
/// returns whether compiling succeeded, and else sets \p error.
using CompileFunction = bool(std::span<const uint8_t> module,
                             const CompileOptions &options,
                             const std::string &outputPath,
                             CompileError &error);
inline constexpr char compileFunctionName[] = "moat_compile";
/// The other one, `moat_inspect`: the same of inspect().
using InspectFunction = bool(std::span<const uint8_t> file,
                             const std::string &name, InspectAs form,
                             std::string &output, CompileError &error);
inline constexpr char inspectFunctionName[] = "moat_inspect";
inline constexpr char compilerLibraryName[] = "libmoatCompiler.so";

} // namespace moat
