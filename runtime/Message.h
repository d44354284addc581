// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Text of the runtime's own for standard error, built without libc's printf, in signal
// handlers too.

#pragma once

#include "Host/Host.h"
#include <cstdint>
#include <cstring>

namespace moat::rt {

/// Collects text in a buffer of its own. What does not fit is cut off. Written to standard
/// error by write().
class Message {
public:
  Message &operator<<(const char *text) {
    return append(text, strlen(text));
  }
  Message &operator<<(uint64_t number) {
    char digits[20];
    unsigned count = 0;
    do
      digits[count++] = static_cast<char>('0' + number % 10);
    while (number /= 10);
    while (count)
      append(&digits[--count], 1);
    return *this;
  }
  Message &hex(uint64_t number) {
    *this << "0x";
    unsigned shift = 60;
    while (shift && !(number >> shift))
      shift -= 4;
    for (;; shift -= 4) {
      append(&"0123456789abcdef"[number >> shift & 15], 1);
      if (!shift)
        return *this;
    }
  }
  Message &append(const char *text, size_t sizeBytes) {
    if (sizeBytes > sizeof(buffer) - used)
      sizeBytes = sizeof(buffer) - used;
    memcpy(buffer + used, text, sizeBytes);
    used += sizeBytes;
    return *this;
  }

  /// Writes what was collected, and starts anew.
  void write() {
    host::writeMessage({buffer, used});
    used = 0;
  }
  /// What was collected.
  const char *data() const { return buffer; }
  size_t size() const { return used; }

private:
  char buffer[1024];
  size_t used = 0;
};

} // namespace moat::rt
