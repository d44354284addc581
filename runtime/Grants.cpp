// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Reading the manifest (abi/Manifest.h), and opening what was granted.

#include "Grants.h"
#include "Capability/Preopen.h"
#include "Host/Host.h"
#include <cstring>

namespace moat::rt {

void refuse(const char *text, const char *text2, const char *text3,
            const char *text4) {
  Message message;
  message << "moat: error: " << text << text2 << text3 << text4 << "\n";
  message.write();
  host::exit(startExitCode);
}

void refuse(const char *text, Errno error) {
  refuse(text, ": ", errnoText(error));
}

Grants::Grants(void *storage, size_t count)
    : directories(static_cast<DirectoryGrant *>(storage)),
      arguments(reinterpret_cast<const char **>(directories + count)),
      environment(arguments + count), sockets(environment + count) {
  for (uint64_t &limit : limits)
    limit = UINT64_MAX;
  limits[static_cast<size_t>(abi::LimitKind::StackBytes)] =
      abi::defaultStackBytes;
}

/// Whether \p variable, NAME=VALUE or NAME, has the name of \p other.
static bool hasNameOf(const char *variable, const char *other) {
  while (*variable && *variable != '=' && *variable == *other)
    ++variable, ++other;
  return (!*variable || *variable == '=') && (!*other || *other == '=');
}

void Grants::addVariable(const char *variable) {
  for (size_t i = 0; i < environmentCount; ++i) {
    if (hasNameOf(environment[i], variable)) {
      environment[i] = variable;
      return;
    }
  }
  environment[environmentCount++] = variable;
}

// Narrowing.

bool Grants::dropDirectory(std::string_view guestPath) {
  size_t kept = 0;
  for (size_t i = 0; i < directoryCount; ++i)
    if (directories[i].guestPath != guestPath)
      directories[kept++] = directories[i];
  bool isFound = kept != directoryCount;
  directoryCount = kept;
  return isFound;
}

bool Grants::makeReadOnly(std::string_view guestPath) {
  bool isFound = false;
  for (size_t i = 0; i < directoryCount; ++i) {
    if (directories[i].guestPath != guestPath)
      continue;
    directories[i].isReadOnly = true;
    isFound = true;
  }
  return isFound;
}

bool Grants::dropVariable(const char *name) {
  for (size_t i = 0; i < environmentCount; ++i) {
    if (!hasNameOf(environment[i], name))
      continue;
    environment[i] = environment[--environmentCount];
    return true;
  }
  return false;
}

bool Grants::addSocket(const char *address) {
  sockets[socketCount++] = address;
  return abi::parseSocketAddress(address).kind != abi::SocketAddress::None;
}

bool Grants::dropSocket(const char *address) {
  size_t kept = 0;
  for (size_t i = 0; i < socketCount; ++i)
    if (strcmp(sockets[i], address) != 0)
      sockets[kept++] = sockets[i];
  bool isFound = kept != socketCount;
  socketCount = kept;
  return isFound;
}

// The manifest.

/// The variable of the host with that name, or the name if it has none.
static const char *findVariable(const char *name, char **hostEnvironment) {
  // The one variable that is for us, and for no guest.
  if (strcmp(name, abi::hostVariable) != 0)
    for (; *hostEnvironment; ++hostEnvironment)
      if (hasNameOf(*hostEnvironment, name))
        return *hostEnvironment;
  return name;
}

/// \p payload is followed by a NUL.
void Grants::readRecord(const abi::ManifestRecord &record, const char *payload,
                        char **hostEnvironment) {
  auto has = [&](uint16_t flag) { return (record.flags & flag) != 0; };
  switch (record.kind) {
  case abi::ManifestKind::Preopen: {
    auto *hostEnd =
        static_cast<const char *>(memchr(payload, 0, record.sizeBytes));
    if (!hostEnd || has(~(abi::PreopenReadOnly | abi::PreopenBesideExecutable)))
      break;
    return addDirectory({payload, hostEnd + 1, has(abi::PreopenReadOnly),
                         has(abi::PreopenBesideExecutable)});
  }
  case abi::ManifestKind::Socket:
    if (!addSocket(payload))
      break;
    return;
  case abi::ManifestKind::Env:
    return addVariable(payload);
  case abi::ManifestKind::EnvInherit:
    return addVariable(findVariable(payload, hostEnvironment));
  case abi::ManifestKind::Arg:
    return addArgument(payload);
  case abi::ManifestKind::Stream: {
    if (record.index > 2 || has(~(abi::StreamNull | abi::StreamAppend |
                                  abi::StreamBesideExecutable)))
      break;
    StreamGrant &stream = streams[record.index];
    stream.kind = has(abi::StreamNull) ? StreamGrant::Null : StreamGrant::File;
    stream.isAppend = has(abi::StreamAppend);
    stream.isBesideExecutable = has(abi::StreamBesideExecutable);
    stream.hostPath = payload;
    return;
  }
  case abi::ManifestKind::Limit:
    if (record.index >= abi::limitCount || record.sizeBytes != sizeof(uint64_t))
      break;
    memcpy(&limits[record.index], payload, sizeof(uint64_t));
    return;
  case abi::ManifestKind::Harden:
    if ((record.index & ~abi::allHardenLayers) || has(~abi::HardenRequired))
      break;
    hardenLayers = record.index;
    requiresHardening = has(abi::HardenRequired);
    return;
  }
  refuse("the manifest has a record that this runtime does not know");
}

void Grants::readManifest(const abi::ManifestHeader &manifest,
                          char **hostEnvironment) {
  filtersTerminal = manifest.flags & abi::ManifestFilterTerminal;
  auto *at =
      reinterpret_cast<const char *>(&manifest) + sizeof(abi::ManifestHeader);
  uint64_t left = manifest.sizeBytes - sizeof(abi::ManifestHeader);
  for (uint32_t i = 0; i < manifest.recordCount; ++i) {
    abi::ManifestRecord record;
    if (left < sizeof(record))
      refuse("the manifest is damaged");
    memcpy(&record, at, sizeof(record));
    at += sizeof(record);
    left -= sizeof(record);
    uint64_t padded = (uint64_t(record.sizeBytes) + 8) & ~uint64_t(7);
    if (padded > left || at[record.sizeBytes] != 0)
      refuse("the manifest is damaged");
    readRecord(record, at, hostEnvironment);
    at += padded;
    left -= padded;
  }
}

// Opening.

/// The folder that the executable is in.
static host::OwnedHandle executableFolder() {
  static constexpr size_t maximumPath = 4096;
  char path[maximumPath];
  auto size = host::executablePath(path);
  if (!size || *size == maximumPath)
    refuse("cannot find the executable's folder: /proc/self/exe");
  path[*size] = 0;
  *strrchr(path, '/') = 0;
  auto folder = host::openTrusted(host::workingDirectory, *path ? path : "/",
                                  {.isPathOnly = true, .isDirectory = true});
  if (!folder)
    refuse("cannot open the executable's folder", folder.error());
  return static_cast<host::OwnedHandle &&>(*folder);
}

void Grants::openDirectory(DescriptorTable &descriptors,
                           const DirectoryGrant &directory) {
  PreopenRequest request = {directory.hostPath, directory.guestPath,
                            directory.isReadOnly};
  host::OwnedHandle folder;
  if (directory.isBesideExecutable && *directory.hostPath != '/') {
    folder = executableFolder();
    request.relativeTo = folder.get();
  }
  Errno error = openPreopen(descriptors, request);
  if (error == Errno::Mfile)
    refuse("the limit on open files leaves no room for directory ",
           directory.hostPath);
  if (error != Errno::Success)
    refuse("cannot open directory ", directory.hostPath, ": ",
           errnoText(error));
}

void Grants::openStream(DescriptorTable &descriptors, uint32_t fd) {
  const StreamGrant &stream = streams[fd];
  StreamRequest request;
  switch (stream.kind) {
  case StreamGrant::Inherit: // does not come here
    return;
  case StreamGrant::Closed:
    request.isClosed = true;
    break;
  case StreamGrant::Null:
    break;
  case StreamGrant::File:
    request.hostPath = stream.hostPath;
    request.isAppend = stream.isAppend;
  }
  host::OwnedHandle folder;
  if (stream.isBesideExecutable && *stream.hostPath != '/') {
    folder = executableFolder();
    request.relativeTo = folder.get();
  }
  Errno error = redirectStream(descriptors, fd, request);
  if (error == Errno::Success)
    return;
  Message message;
  message << "moat: error: cannot open "
          << (request.hostPath ? request.hostPath : "/dev/null") << " for "
          << streamNames[fd] << ": " << errnoText(error) << "\n";
  message.write();
  host::exit(startExitCode);
}

/// Lets the guest close its standard error without closing the host's, which is
/// traced to.
static void keepErrorStream(DescriptorTable &descriptors) {
  (void)descriptors.change(2, 0, [](Descriptor &stream) {
    if (auto copy = host::duplicate(2)) {
      stream.handle.release();
      stream.handle = host::OwnedHandle(*copy);
    }
    return Errno::Success;
  });
}

/// Before anything is opened: what is under the number of an inherited socket
/// now was there when the program was started.
void Grants::checkInheritedSockets() {
  for (size_t i = 0; i < socketCount; ++i) {
    abi::SocketAddress address = abi::parseSocketAddress(sockets[i]);
    if (address.kind != abi::SocketAddress::Descriptor)
      continue;
    auto type = host::socketType(static_cast<host::Handle>(address.number));
    if (!type)
      refuse("cannot use socket ", sockets[i], ": ", errnoText(type.error()));
    for (size_t j = 0; j < i; ++j) {
      abi::SocketAddress other = abi::parseSocketAddress(sockets[j]);
      if (other.kind == address.kind && other.number == address.number)
        refuse("a socket is given twice: ", sockets[i]);
    }
  }
}

void Grants::openSocket(DescriptorTable &descriptors, const char *text) {
  abi::SocketAddress address = abi::parseSocketAddress(text);
  host::OwnedHandle handle;
  uint16_t port = 0;
  if (address.kind == abi::SocketAddress::Descriptor) {
    handle = host::OwnedHandle(static_cast<host::Handle>(address.number));
  } else {
    auto listening = host::listenAt(address, port);
    if (!listening)
      refuse("cannot listen at ", text, ": ", errnoText(listening.error()));
    handle = static_cast<host::OwnedHandle &&>(*listening);
  }
  Errno error =
      handOver(descriptors, static_cast<host::OwnedHandle &&>(handle));
  if (error != Errno::Success)
    refuse("cannot use socket ", text, ": ", errnoText(error));
  bool isTcp = address.kind == abi::SocketAddress::Inet4 ||
               address.kind == abi::SocketAddress::Inet6;
  if (!isTcp || address.number != 0)
    return;
  // Nobody would know otherwise.
  Message message;
  message << "moat: listening at port " << port << " for " << text << "\n";
  message.write();
}

void Grants::open(DescriptorTable &descriptors, bool needsStreams) {
  checkInheritedSockets();
  uint64_t openFiles = limit(abi::LimitKind::OpenFiles);
  if (openFiles < DescriptorTable::maximumCount)
    descriptors.limit = static_cast<uint32_t>(openFiles);
  if (needsStreams && openFiles < 3)
    refuse("the limit on open files leaves no room for the standard streams");
  if (needsStreams && inheritStreams(descriptors) != Errno::Success)
    refuse("cannot use the standard streams");
  if (needsStreams && isTraced)
    keepErrorStream(descriptors);
  for (uint32_t fd = 0; needsStreams && fd != 3; ++fd)
    if (streams[fd].kind != StreamGrant::Inherit)
      openStream(descriptors, fd);
  for (uint32_t fd = 0; filtersTerminal && fd != 3; ++fd)
    (void)descriptors.change(fd, 0, [](Descriptor &stream) {
      stream.isFiltered = stream.isTerminal;
      return Errno::Success;
    });
  for (const DirectoryGrant &directory : directoryList())
    openDirectory(descriptors, directory);
  for (const char *socket : socketList())
    openSocket(descriptors, socket);

  size_t kept = 0;
  for (size_t i = 0; i < environmentCount; ++i)
    if (strchr(environment[i], '='))
      environment[kept++] = environment[i];
  environmentCount = kept;
}

} // namespace moat::rt
