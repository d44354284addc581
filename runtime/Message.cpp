// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Building text a piece at a time.

#include "Message.h"
#include "Host/Host.h"
#include <cstring>

namespace moat::rt {

Message &Message::append(const char *text, size_t sizeBytes) {
  if (sizeBytes > sizeof(buffer) - used)
    sizeBytes = sizeof(buffer) - used;
  memcpy(buffer + used, text, sizeBytes);
  used += sizeBytes;
  return *this;
}

Message &Message::operator<<(const char *text) {
  return append(text, strlen(text));
}

Message &Message::operator<<(uint64_t number) {
  char digits[20];
  unsigned first = sizeof(digits);
  do
    digits[--first] = static_cast<char>('0' + number % 10);
  while (number /= 10);
  return append(digits + first, sizeof(digits) - first);
}

Message &Message::hex(uint64_t number) {
  char digits[18];
  unsigned first = sizeof(digits);
  do
    digits[--first] = "0123456789abcdef"[number & 15];
  while (number >>= 4);
  digits[--first] = 'x';
  digits[--first] = '0';
  return append(digits + first, sizeof(digits) - first);
}

void Message::write() {
  host::writeMessage({buffer, used});
  used = 0;
}

} // namespace moat::rt
