// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tracing: a line for each call of a WASI function, to the host's standard
// error, when the call is over:
//
//   wasi: path_open(3 </data>, symlink_follow, "x", creat, fd_write, 0, 0) =
//   notcapable: descriptor 3 lacks path_create_file, which it was not given
//
// What a parameter is says its row in WasiFunctions.def, by the name of one of
// the functions below. Each is a section of its own: a program has those of the
// functions that it imports. A program that is not traced tests one flag in
// each call.

#pragma once

#include "Guest.h"
#include "Message.h"

namespace moat::rt::wasi::trace {

/// A line in the making.
struct Line {
  Message text;
  Instance &instance;
  Errno error;
};

/// Prints a parameter. What belongs to it follows it: \p value[1].
using Formatter = void(Line &line, const uint64_t *value);

/// A descriptor, with the name of a preopen.
Formatter fd;
/// The same where preopens are looked for one after another.
Formatter preopen;
Formatter number, offset;
/// Something in guest memory that is not shown.
Formatter address;
/// Text, for example a path; its size follows.
Formatter text;
/// What is written, cut short; the count of buffers follows.
Formatter data;
/// The sizes of buffers to read into; their count follows.
Formatter buffers;
/// Printed with what they belong to.
inline constexpr Formatter *size = nullptr, *count = nullptr;
/// A result; nothing where there is none.
Formatter u32Out, u64Out;
/// Names.
Formatter clock, whence, advice, lookupflags, oflags, fdflags, fstflags, rights;

/// What is known of a function.
struct Row {
  const char *name;
  Formatter *const *formatters;
  uint32_t parameterCount;
};

/// Prints a call that has ended with \p error, and why if a right or a
/// directory was missing.
void print(Instance &instance, const Row &row, const uint64_t *values,
           Errno error);
/// Prints a call that will not return.
void printLast(Instance &instance, const Row &row, const uint64_t *values);

} // namespace moat::rt::wasi::trace
