// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// WASI's errors, and what a helper returns that can fail. The rows are in
// Errno.def.

#pragma once

#include <cstdint>
#include <expected>

namespace moat::rt {

/// WASI preview 1, errno. The numbers are the guest's.
enum class [[nodiscard]] Errno : uint16_t {
#define ERRNO(name, number, host, text) name = number,
#include "Errno.def"
};

/// The text of an error, for messages of our own.
const char *errnoText(Errno error);

/// Turns a host error number (positive, errno(3)) into WASI's; unknown ones
/// become Io.
Errno errnoFromHost(int hostErrno);

template <typename T>
using Result = std::expected<T, Errno>;
using Fail = std::unexpected<Errno>;

} // namespace moat::rt
