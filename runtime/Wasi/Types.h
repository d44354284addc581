// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's structures (WASI preview 1, typenames), as they lie in its
// memory: little endian, all padding named and zero, so that copying one out
// never shows the guest what was on our stack. What wasi_unstable has
// differently stands beside.

#pragma once

#include "Host/Host.h"
#include <bit>
#include <cstddef>
#include <cstdint>

namespace moat::rt::wasi {

static_assert(std::endian::native == std::endian::little,
              "guest structures are copied as they are");

enum LookupFlag : uint32_t { SymlinkFollow = 1 << 0 };
enum OpenFlag : uint16_t {
  Creat = 1 << 0,
  Directory = 1 << 1,
  Excl = 1 << 2,
  Trunc = 1 << 3
};
inline constexpr uint32_t allOpenFlags = 15;
enum FstFlag : uint16_t {
  SetAtim = 1 << 0,
  SetAtimNow = 1 << 1,
  SetMtim = 1 << 2,
  SetMtimNow = 1 << 3,
};
enum EventType : uint8_t { EventClock, EventFdRead, EventFdWrite };

/// filetype: the host's enumeration has its numbers, and one more that the
/// guest lacks.
inline uint8_t filetype(host::FileType type) {
  return type == host::FileType::Fifo ? 0 : static_cast<uint8_t>(type);
}

/// A timestamp in nanoseconds since 1970. Times before that cannot be told:
/// they are 0, which stands for no suitable time; times after the year 2554 are
/// the greatest one.
constexpr uint64_t timestamp(host::Time time) {
  constexpr uint64_t perSecond = 1'000'000'000;
  if (time.seconds < 0)
    return 0;
  auto seconds = static_cast<uint64_t>(time.seconds);
  if (seconds > (UINT64_MAX - time.nanoseconds) / perSecond)
    return UINT64_MAX;
  return seconds * perSecond + time.nanoseconds;
}
static_assert(timestamp({1, 5}) == 1'000'000'005 &&
              timestamp({-1, 999'999'999}) == 0 &&
              timestamp({INT64_MAX, 0}) == UINT64_MAX);

struct Iovec {
  uint32_t buffer, sizeBytes;
};
static_assert(sizeof(Iovec) == 8);

struct Fdstat {
  uint8_t filetype;
  uint8_t padding = 0;
  uint16_t flags;
  uint32_t padding2 = 0;
  uint64_t rightsBase, rightsInheriting;
};
static_assert(sizeof(Fdstat) == 24 && offsetof(Fdstat, rightsBase) == 8);

struct Filestat {
  uint64_t dev, ino;
  uint8_t filetype;
  uint8_t padding[7] = {};
  uint64_t nlink, size, atim, mtim, ctim;

  static Filestat of(const host::FileInfo &info) {
    return {.dev = info.device,
            .ino = info.inode,
            .filetype = wasi::filetype(info.type),
            .nlink = info.linkCount,
            .size = info.sizeBytes,
            .atim = timestamp(info.accessed),
            .mtim = timestamp(info.modified),
            .ctim = timestamp(info.changed)};
  }
};
static_assert(sizeof(Filestat) == 64 && offsetof(Filestat, nlink) == 24 &&
              offsetof(Filestat, ctim) == 56);

/// wasi_unstable's filestat: nlink has 32 bits and no padding before it.
struct FilestatUnstable {
  uint64_t dev, ino;
  uint8_t filetype;
  uint8_t padding[3] = {};
  uint32_t nlink;
  uint64_t size, atim, mtim, ctim;

  static FilestatUnstable of(const host::FileInfo &info) {
    Filestat stat = Filestat::of(info);
    return {.dev = stat.dev,
            .ino = stat.ino,
            .filetype = stat.filetype,
            .nlink = stat.nlink > UINT32_MAX
                         ? UINT32_MAX
                         : static_cast<uint32_t>(stat.nlink),
            .size = stat.size,
            .atim = stat.atim,
            .mtim = stat.mtim,
            .ctim = stat.ctim};
  }
};
static_assert(sizeof(FilestatUnstable) == 56 &&
              offsetof(FilestatUnstable, nlink) == 20 &&
              offsetof(FilestatUnstable, ctim) == 48);

struct Prestat {
  uint8_t tag; ///< 0: a directory
  uint8_t padding[3] = {};
  uint32_t nameSizeBytes;
};
static_assert(sizeof(Prestat) == 8);

struct Dirent {
  uint64_t next, ino;
  uint32_t nameSizeBytes;
  uint8_t filetype;
  uint8_t padding[3] = {};
};
static_assert(sizeof(Dirent) == 24 && offsetof(Dirent, filetype) == 20);

struct Event {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint8_t padding[5] = {};
  uint64_t readableBytes;
  uint16_t flags; ///< 1: the other end has hung up
  uint8_t padding2[6] = {};
};
static_assert(sizeof(Event) == 32 && offsetof(Event, type) == 10 &&
              offsetof(Event, readableBytes) == 16 &&
              offsetof(Event, flags) == 24);

} // namespace moat::rt::wasi
