// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The two readings of Errno.def besides the enumeration: host errors to WASI's,
// and texts.

#include "Errno.h"
#include <errno.h>

namespace moat::rt {

namespace {

struct HostErrors {
  static constexpr int count = 134; // EHWPOISON, the last of errno(3), is 133
  uint8_t numbers[count];

  consteval HostErrors() : numbers() {
    for (uint8_t &number : numbers)
      number = static_cast<uint8_t>(Errno::Io);
#define ERRNO(name, number, host, text)                                        \
  if (host >= 0)                                                               \
    numbers[host] = number;
#include "Errno.def"
  }
};

constexpr HostErrors hostErrors;

} // namespace

Errno errnoFromHost(int hostErrno) {
  if (hostErrno < 0 || hostErrno >= HostErrors::count)
    return Errno::Io;
  return static_cast<Errno>(hostErrors.numbers[hostErrno]);
}

const char *errnoText(Errno error) {
  switch (error) {
#define ERRNO(name, number, host, text)                                        \
  case Errno::name:                                                            \
    return text;
#include "Errno.def"
  }
  return "unknown error";
}

} // namespace moat::rt
