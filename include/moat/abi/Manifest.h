/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
//
// The capabilities baked into an executable: the symbol `moat_manifest`, in a
// section of its own (`.moat.manifest`) that can be read from the file without
// running it.
//
// A header, then records of different kinds one after another. Behind each
// payload are 1 to 8 zero bytes, up to a multiple of 8, so that a text in it is
// terminated where it lies. Integers are little-endian. An unknown kind or flag
// is an error to the runtime: it refuses to start rather than grant or withhold
// something it does not understand.
//
// To add something: a kind at the end of ManifestKind (or a row of Limits.def),
// a member of Capabilities (moat/Compiler.h), its case in
// compiler/Manifest.cpp, its key in compiler/ManifestFile.cpp, and its case in
// runtime/Grants.cpp.

#pragma once

#include "moat/abi/Units.h"
#include <cstddef>
#include <cstdint>

namespace moat::abi {

inline constexpr char manifestMagic[8] = {'m', 'o', 'a', 't',
                                          'c', 'a', 'p', 's'};
inline constexpr uint32_t manifestVersion = 2;
inline constexpr char manifestSection[] = ".moat.manifest";

struct ManifestHeader {
  char magic[8];
  uint32_t version;
  uint32_t sizeBytes; ///< of everything, this header included
  uint32_t flags;     ///< ManifestFlag
  uint32_t recordCount;
};
static_assert(sizeof(ManifestHeader) == 24);

enum ManifestFlag : uint32_t {
  ManifestSealed =
      1 << 0, ///< every argument is the guest's, nothing can widen it
  /// No control characters reach a terminal.
  ManifestFilterTerminal = 1 << 1,
};

inline constexpr uint32_t allManifestFlags = (1 << 2) - 1;

enum class ManifestKind : uint16_t {
  Preopen,    ///< host path, NUL, guest path; flags: PreopenFlag
  Env,        ///< NAME=VALUE
  EnvInherit, ///< NAME, whose value is taken from the host's environment, if
              ///< set
  Arg,        ///< an argument behind argv[0], before those of the command line
  Stream, ///< index: 0 to 2; a host path; flags: StreamFlag. Streams without
          ///< a record are inherited.
  Limit,  ///< index: LimitKind; 8 bytes: the value. Kinds without a record
          ///< are not limited.
  Socket, ///< an address as abi/SocketAddress.h has it; the sockets follow the
          ///< preopens
  Harden, ///< index: the layers, HardenLayer, where not all are wanted;
          ///< flags: HardenFlag; empty
};

/// A relative host path begins at the working directory, or where the flag is
/// set, at the folder that the executable is in.
enum PreopenFlag : uint16_t {
  PreopenReadOnly = 1 << 0,
  PreopenBesideExecutable = 1 << 1,
};

/// A file for standard input is only read. One for output or errors is created
/// if need be, and emptied unless it is to be appended to.
enum StreamFlag : uint16_t {
  StreamNull = 1 << 0, ///< no path: empty, and takes everything
  StreamAppend = 1 << 1,
  StreamBesideExecutable = 1 << 2,
};

enum class LimitKind : uint32_t {
#define LIMIT(name, id, option, unit, text) name,
#include "moat/abi/Limits.def"
};

/// A row of Limits.def.
struct LimitRow {
  const char *option;
  LimitUnit unit;
  const char *text;
};
inline constexpr LimitRow limitRows[] = {
#define LIMIT(name, id, option, unit, text) {option, LimitUnit::unit, text},
#include "moat/abi/Limits.def"
};
inline constexpr size_t limitCount = sizeof(limitRows) / sizeof(LimitRow);

namespace detail {
enum HardenBit : uint32_t {
#define LAYER(name, spelling, text) name,
#include "moat/abi/Hardening.def"
  layerCount
};
} // namespace detail

/// Layers of defence, as a set.
enum HardenLayer : uint32_t {
#define LAYER(name, spelling, text) Harden##name = 1u << detail::name,
#include "moat/abi/Hardening.def"
};
inline constexpr uint32_t allHardenLayers = (1u << detail::layerCount) - 1;
/// Where objects of others are linked in: what those open and call, nobody
/// knows.
inline constexpr uint32_t foreignHardenLayers = HardenNoNewPrivs | HardenNoExec;

enum HardenFlag : uint16_t {
  HardenRequired = 1 << 0, ///< a layer that the kernel lacks is an error
};

struct ManifestRecord {
  ManifestKind kind;
  uint16_t flags;
  uint32_t sizeBytes; ///< of the payload behind this record, without zeros
  uint32_t index;
  uint32_t padding;
};
static_assert(sizeof(ManifestRecord) == 16);

/// The variable of the host's environment that asks a started program for less,
/// for tracing and for help. No guest sees it.
inline constexpr char hostVariable[] = "MOAT_WASI";

/// The guest's stack where no limit says otherwise, in bytes.
inline constexpr uint64_t defaultStackBytes = 8 << 20;

} // namespace moat::abi
