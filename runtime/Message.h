// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Text of the runtime's own for standard error, built without libc's printf, so
// in signal handlers too.

#pragma once

#include <cstddef>
#include <cstdint>

namespace moat::rt {

/// Collects text in a buffer of its own. What does not fit is cut off.
class Message {
public:
  Message &operator<<(const char *text);
  Message &operator<<(uint64_t number);
  Message &hex(uint64_t number);
  Message &append(const char *text, size_t sizeBytes);

  /// Writes what was collected to standard error, and starts anew.
  void write();
  /// What was collected; not NUL-terminated.
  const char *data() const { return buffer; }
  size_t size() const { return used; }

private:
  char buffer[1024];
  size_t used = 0;
};

} // namespace moat::rt
