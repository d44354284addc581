// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What libmoatCompiler.so exports, and what it needs to be a shared object at
// all.

#include "Library.h"

using namespace moat;

extern "C" __attribute__((visibility("default"))) bool
moat_compile(std::span<const uint8_t> module, const CompileOptions &options,
             const std::string &outputPath, CompileError &error) {
  std::optional<CompileError> failure = compile(module, options, outputPath);
  if (failure)
    error = std::move(*failure);
  return !failure;
}

static_assert(std::is_same_v<decltype(moat_compile), CompileFunction>);

extern "C" __attribute__((visibility("default"))) bool
moat_inspect(std::span<const uint8_t> file, const std::string &name,
             InspectAs form, std::string &output, CompileError &error) {
  std::optional<CompileError> failure = inspect(file, name, form, output);
  if (failure)
    error = std::move(*failure);
  return !failure;
}

static_assert(std::is_same_v<decltype(moat_inspect), InspectFunction>);

// Debian's libwabt.a is compiled for executables: it addresses libc's streams
// relative to its code, which a shared object cannot do with another's data.
// The linker (--wrap, see CMakeLists.txt) gives it these instead. They are
// initialized with glibc's own objects, so that no code has to run first. Can
// go when libwabt.a is compiled with -fPIC.
extern "C" char _IO_2_1_stdin_, _IO_2_1_stdout_, _IO_2_1_stderr_;
extern "C" char *const __wrap_stdin = &_IO_2_1_stdin_;
extern "C" char *const __wrap_stdout = &_IO_2_1_stdout_;
extern "C" char *const __wrap_stderr = &_IO_2_1_stderr_;
