// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Arguments and environment have the same shape: an array of addresses, and the
// strings themselves, NUL-terminated, one after another.

#pragma once

#include "Guest.h"

namespace moat::rt::wasi {

/// The sizes that writeStrings will need. Overflow: not to be had in 32 bits.
inline Errno writeStringSizes(Instance &instance,
                              std::span<const char *const> strings,
                              uint32_t countResult, uint32_t sizeResult) {
  Guest guest(instance);
  auto countSlot = guest.slot<uint32_t>(countResult);
  auto sizeSlot = guest.slot<uint32_t>(sizeResult);
  if (!countSlot || !sizeSlot)
    return Errno::Fault;
  uint64_t sizeBytes = 0;
  for (const char *string : strings)
    sizeBytes += strlen(string) + 1;
  if (sizeBytes > UINT32_MAX || strings.size() > UINT32_MAX)
    return Errno::Overflow;
  countSlot->set(static_cast<uint32_t>(strings.size()));
  sizeSlot->set(static_cast<uint32_t>(sizeBytes));
  return Errno::Success;
}

/// Writes the addresses to \p array and the strings to \p buffer.
inline Errno writeStrings(Instance &instance,
                          std::span<const char *const> strings, uint32_t array,
                          uint32_t buffer) {
  Guest guest(instance);
  uint64_t sizeBytes = 0;
  for (const char *string : strings)
    sizeBytes += strlen(string) + 1;
  auto addresses = guest.slice(array, strings.size() * sizeof(uint32_t));
  auto bytes = guest.slice(buffer, sizeBytes);
  if (!addresses || !bytes)
    return Errno::Fault;
  uint8_t *addressOut = addresses->data(), *byteOut = bytes->data();
  for (const char *string : strings) {
    auto address = static_cast<uint32_t>(buffer + (byteOut - bytes->data()));
    memcpy(addressOut, &address, sizeof(address));
    addressOut += sizeof(address);
    size_t stringBytes = strlen(string) + 1;
    memcpy(byteOut, string, stringBytes);
    byteOut += stringBytes;
  }
  return Errno::Success;
}

} // namespace moat::rt::wasi
