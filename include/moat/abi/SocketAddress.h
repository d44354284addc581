/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
//
// How sockets that a program is handed are written: the compiler's options and
// those of a started program read them alike.
//
//   127.0.0.1:8080  [::1]:8080   a TCP socket listens there; port 0: one that
//                                the system picks
//   unix:PATH                    a socket of this machine listens at PATH
//   fd:N                         the program was started with it, as
//                                descriptor N from 3 on
//
// Names of machines are not looked up: whoever starts a program knows where it
// is to listen.

#pragma once

#include <cstddef>
#include <cstdint>

namespace moat::abi {

struct SocketAddress {
  enum Kind : uint8_t { None, Inet4, Inet6, Unix, Descriptor } kind = None;
  uint8_t bytes[16] = {};     ///< of Inet4 (4 of them) and Inet6
  uint32_t number = 0;        ///< the port, or the descriptor
  const char *path = nullptr; ///< of Unix: lies in the text
};

/// The longest path of a Unix socket: sun_path of sockaddr_un without a NUL.
inline constexpr size_t maximumSocketPath = 107;

namespace detail {

/// Reads a number of \p base up to \p limit with at least one digit. False:
/// there is none.
constexpr bool takeNumber(const char *&text, unsigned base, uint32_t limit,
                          uint32_t &value) {
  const char *begin = text;
  value = 0;
  for (;; ++text) {
    unsigned digit = *text >= '0' && *text <= '9'   ? unsigned(*text - '0')
                     : *text >= 'a' && *text <= 'f' ? unsigned(*text - 'a') + 10
                     : *text >= 'A' && *text <= 'F' ? unsigned(*text - 'A') + 10
                                                    : base;
    if (digit >= base)
      return text != begin;
    value = value * base + digit;
    if (value > limit)
      return false;
  }
}

constexpr bool takeInet4(const char *&text, uint8_t *bytes) {
  for (int i = 0; i != 4; ++i) {
    uint32_t value = 0;
    if ((i && *text++ != '.') || !takeNumber(text, 10, 255, value))
      return false;
    bytes[i] = static_cast<uint8_t>(value);
  }
  return true;
}

/// Groups of four hexadecimal digits; `::` stands for groups of zeros, once.
constexpr bool takeInet6(const char *&text, uint8_t *bytes) {
  uint8_t groups[16] = {};
  int count = 0, gap = -1;
  if (text[0] == ':' && text[1] == ':') {
    gap = 0;
    text += 2;
  }
  while (*text != ']' && count != 8) {
    uint32_t value = 0;
    if (!takeNumber(text, 16, 0xffff, value))
      return false;
    groups[2 * count] = static_cast<uint8_t>(value >> 8);
    groups[2 * count + 1] = static_cast<uint8_t>(value);
    ++count;
    if (*text == ']')
      break;
    if (*text++ != ':')
      return false;
    if (*text == ':') {
      if (gap >= 0)
        return false;
      gap = count;
      ++text;
    } else if (*text == ']') {
      return false;
    }
  }
  if (gap < 0 ? count != 8 : count == 8)
    return false;
  for (int i = 0; i != 16; ++i)
    bytes[i] = 0;
  int head = gap < 0 ? 8 : gap, tail = count - head;
  for (int i = 0; i != 2 * head; ++i)
    bytes[i] = groups[i];
  for (int i = 0; i < 2 * tail; ++i)
    bytes[16 - 2 * tail + i] = groups[2 * head + i];
  return true;
}

constexpr bool takePrefix(const char *&text, const char *prefix) {
  const char *at = text;
  for (; *prefix; ++prefix, ++at)
    if (*at != *prefix)
      return false;
  text = at;
  return true;
}

} // namespace detail

/// Reads a whole text, NUL-terminated. None: it is no address.
constexpr SocketAddress parseSocketAddress(const char *text) {
  SocketAddress address;
  SocketAddress::Kind kind = SocketAddress::Inet4;
  bool isRead = false;
  if (detail::takePrefix(text, "unix:")) {
    kind = SocketAddress::Unix;
    address.path = text;
    while (*text)
      ++text;
    size_t size = static_cast<size_t>(text - address.path);
    isRead = size != 0 && size <= maximumSocketPath;
  } else if (detail::takePrefix(text, "fd:")) {
    kind = SocketAddress::Descriptor;
    isRead = detail::takeNumber(text, 10, 1 << 20, address.number) &&
             address.number > 2;
  } else {
    if (*text == '[') {
      kind = SocketAddress::Inet6;
      isRead = detail::takeInet6(++text, address.bytes) && *text++ == ']';
    } else {
      isRead = detail::takeInet4(text, address.bytes);
    }
    isRead = isRead && *text++ == ':' &&
             detail::takeNumber(text, 10, 65535, address.number);
  }
  address.kind = isRead && !*text ? kind : SocketAddress::None;
  return address;
}

namespace detail {
constexpr bool isAddress(const char *text, SocketAddress::Kind kind) {
  return parseSocketAddress(text).kind == kind;
}
static_assert(isAddress("127.0.0.1:80", SocketAddress::Inet4) &&
              isAddress("[::1]:0", SocketAddress::Inet6) &&
              isAddress("[::]:1", SocketAddress::Inet6) &&
              isAddress("[1::]:1", SocketAddress::Inet6) &&
              isAddress("[1:2:3:4:5:6:7:8]:1", SocketAddress::Inet6) &&
              isAddress("unix:a", SocketAddress::Unix) &&
              isAddress("fd:3", SocketAddress::Descriptor));
static_assert(parseSocketAddress("[1::2:3]:9").bytes[1] == 1 &&
              parseSocketAddress("[1::2:3]:9").bytes[13] == 2 &&
              parseSocketAddress("[1::2:3]:9").bytes[15] == 3 &&
              parseSocketAddress("[::1]:9").bytes[15] == 1);
static_assert(isAddress("", SocketAddress::None) &&
              isAddress("localhost:80", SocketAddress::None) &&
              isAddress("1.2.3.256:1", SocketAddress::None) &&
              isAddress("1.2.3:1", SocketAddress::None) &&
              isAddress("1.2.3.4", SocketAddress::None) &&
              isAddress("1.2.3.4:65536", SocketAddress::None) &&
              isAddress("[1::2::3]:1", SocketAddress::None) &&
              isAddress("[1:2:3:4:5:6:7]:1", SocketAddress::None) &&
              isAddress("[1:2:3:4:5:6:7:8:9]:1", SocketAddress::None) &&
              isAddress("[::1:]:1", SocketAddress::None) &&
              isAddress("[::1]", SocketAddress::None) &&
              isAddress("unix:", SocketAddress::None) &&
              isAddress("fd:2", SocketAddress::None));
} // namespace detail

} // namespace moat::abi
