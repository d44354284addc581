// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a program was given: by its manifest, then by the options of its command
// line where those are open, then narrowed by the host's variable MOAT_WASI.
// First all of it is read, then everything is opened, so that what was taken
// away is never touched.

#pragma once

#include "Capability/DescriptorTable.h"
#include "Message.h"
#include "moat/abi/Manifest.h"
#include <span>
#include <string_view>

namespace moat::rt {

/// The exit code of a program that could not be started.
inline constexpr uint32_t startExitCode = 125;

/// Ends the process with a message `moat: error: ` and the texts one after
/// another.
[[noreturn]] void refuse(const char *text, const char *text2 = "",
                         const char *text3 = "", const char *text4 = "");
[[noreturn]] void refuse(const char *text, Errno error);

/// A directory to preopen.
struct DirectoryGrant {
  const char *hostPath;
  std::string_view guestPath;
  bool isReadOnly;
  bool isBesideExecutable; ///< where a relative path begins
};

/// What a standard stream is.
struct StreamGrant {
  enum Kind : uint8_t { Inherit, Null, Closed, File } kind = Inherit;
  bool isAppend = false;
  bool isBesideExecutable = false;
  const char *hostPath = nullptr; ///< of File
};
inline constexpr const char *streamNames[] = {"stdin", "stdout", "stderr"};

class Grants {
public:
  /// What the lists below need for \p count entries each, in bytes, aligned to
  /// pointers.
  static constexpr size_t storageBytes(size_t count) {
    return count * (sizeof(DirectoryGrant) + 3 * sizeof(const char *));
  }
  /// \p storage holds \p count entries of each list, and lives as long as this.
  Grants(void *storage, size_t count);

  /// Adds the records of \p manifest; refuses what it does not understand.
  void readManifest(const abi::ManifestHeader &manifest,
                    char **hostEnvironment);

  void addDirectory(const DirectoryGrant &directory) {
    directories[directoryCount++] = directory;
  }
  void addArgument(const char *argument) {
    arguments[argumentCount++] = argument;
  }
  /// An address as abi/SocketAddress.h has it. False: it is none.
  bool addSocket(const char *address);
  /// NAME=VALUE, or a NAME that has no value: a later one of the same name
  /// replaces it.
  void addVariable(const char *variable);

  // Narrowing. False: the program was given no such thing.
  bool dropDirectory(std::string_view guestPath);
  bool makeReadOnly(std::string_view guestPath);
  bool dropVariable(const char *name);
  bool dropSocket(const char *address);

  StreamGrant streams[3];
  /// By abi::LimitKind; UINT64_MAX: none.
  uint64_t limits[abi::limitCount];
  uint32_t hardenLayers = abi::allHardenLayers; ///< abi::HardenLayer
  bool requiresHardening = false;
  bool isTraced = false;
  /// No version of a function is taken but the baseline's (abi/Versions.h).
  bool isBaselineOnly = false;
  bool filtersTerminal = false;

  uint64_t limit(abi::LimitKind kind) const {
    return limits[static_cast<size_t>(kind)];
  }
  std::span<const char *const> argumentList() const {
    return {arguments, argumentCount};
  }
  std::span<const char *const> environmentList() const {
    return {environment, environmentCount};
  }
  std::span<const DirectoryGrant> directoryList() const {
    return {directories, directoryCount};
  }

  std::span<const char *const> socketList() const {
    return {sockets, socketCount};
  }

  /// Opens streams, directories and sockets, in the order of their descriptors,
  /// and lets go of variables without a value. Refuses what cannot be opened,
  /// by name.
  /// \param needsStreams  whether the program can use them at all
  void open(DescriptorTable &descriptors, bool needsStreams);

private:
  void readRecord(const abi::ManifestRecord &record, const char *payload,
                  char **hostEnvironment);
  void openStream(DescriptorTable &descriptors, uint32_t fd);
  void openDirectory(DescriptorTable &descriptors,
                     const DirectoryGrant &directory);

  void checkInheritedSockets();
  void openSocket(DescriptorTable &descriptors, const char *text);

  DirectoryGrant *directories;
  const char **arguments;
  const char **environment;
  const char **sockets;
  size_t directoryCount = 0, argumentCount = 0, environmentCount = 0,
         socketCount = 0;
};

// StartOptions.cpp.

/// Reads the options in front of \p argv, the arguments behind argv[0], and
/// keeps the rest for the guest. Those of a sealed program are all the guest's.
/// `--wasi-help` prints and ends the process.
void readStartOptions(Grants &grants, char **argv, bool isSealed);

/// Reads MOAT_WASI in the host's environment, whose value it takes apart where
/// it lies: words that only narrow, of any program. `help` prints and ends the
/// process.
void readHostVariable(Grants &grants, char **hostEnvironment, bool isSealed);

} // namespace moat::rt
