// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A header and one record for each capability, in the order of the enumeration:
// the same options give the same bytes.

#include "Manifest.h"
#include "Diagnostics.h"
#include "moat/abi/Layout.h"
#include "moat/abi/SocketAddress.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace moat;

namespace {

class ManifestWriter {
public:
  void add(abi::ManifestKind kind, StringRef payload, uint16_t flags = 0,
           uint32_t index = 0) {
    abi::ManifestRecord record = {};
    record.kind = kind;
    record.flags = flags;
    record.sizeBytes = payload.size();
    record.index = index;
    append(&record, sizeof(record));
    append(payload.data(), payload.size());
    records.resize(llvm::alignTo(records.size() + 1, 8));
    ++recordCount;
  }

  std::string finish(uint32_t flags) {
    abi::ManifestHeader header = {};
    memcpy(header.magic, abi::manifestMagic, sizeof(header.magic));
    header.version = abi::manifestVersion;
    header.sizeBytes = sizeof(header) + records.size();
    header.flags = flags;
    header.recordCount = recordCount;
    std::string bytes(reinterpret_cast<const char *>(&header), sizeof(header));
    return bytes + records;
  }

private:
  // Structures are copied as they stand: little-endian, as every processor that
  // moat runs on and compiles for.
  static_assert(llvm::endianness::native == llvm::endianness::little);
  void append(const void *bytes, size_t sizeBytes) {
    records.append(static_cast<const char *>(bytes), sizeBytes);
  }

  std::string records;
  uint32_t recordCount = 0;
};

} // namespace

static uint16_t flagIf(bool condition, uint16_t flag) {
  return condition ? flag : 0;
}

static void addStream(ManifestWriter &writer, const StreamOption &stream,
                      uint32_t index) {
  if (stream.kind == StreamOption::Inherit)
    return;
  bool isFile = stream.kind == StreamOption::File;
  writer.add(abi::ManifestKind::Stream, isFile ? stream.hostPath : "",
             flagIf(!isFile, abi::StreamNull) |
                 flagIf(isFile && stream.isAppend, abi::StreamAppend) |
                 flagIf(isFile && stream.base == PathBase::Executable,
                        abi::StreamBesideExecutable),
             index);
}

/// Whether anything is fixed that somebody could want to widen. A stack size is
/// what a program needs, and seals nothing.
bool moat::isSealedByContents(const Capabilities &capabilities) {
  if (!capabilities.preopens.empty() || !capabilities.environment.empty() ||
      !capabilities.arguments.empty() || !capabilities.sockets.empty())
    return true;
  for (const StreamOption &stream : capabilities.streams)
    if (stream.kind != StreamOption::Inherit)
      return true;
  for (size_t i = 0; i < abi::limitCount; ++i)
    if (i != static_cast<size_t>(abi::LimitKind::StackBytes) &&
        capabilities.limits[i])
      return true;
  return false;
}

std::string moat::encodeManifest(const Capabilities &capabilities) {
  ManifestWriter writer;
  for (const PreopenOption &preopen : capabilities.preopens) {
    std::string paths = preopen.hostPath + '\0' + preopen.guestPath;
    writer.add(abi::ManifestKind::Preopen, paths,
               flagIf(preopen.isReadOnly, abi::PreopenReadOnly) |
                   flagIf(preopen.base == PathBase::Executable,
                          abi::PreopenBesideExecutable));
  }
  for (const std::string &address : capabilities.sockets)
    writer.add(abi::ManifestKind::Socket, address);
  for (const std::string &variable : capabilities.environment)
    writer.add(StringRef(variable).contains('=')
                   ? abi::ManifestKind::Env
                   : abi::ManifestKind::EnvInherit,
               variable);
  for (const std::string &argument : capabilities.arguments)
    writer.add(abi::ManifestKind::Arg, argument);
  for (auto [index, stream] : llvm::enumerate(capabilities.streams))
    addStream(writer, stream, index);
  for (auto [index, limit] : llvm::enumerate(capabilities.limits))
    if (limit)
      writer.add(
          abi::ManifestKind::Limit,
          StringRef(reinterpret_cast<const char *>(&*limit), sizeof(*limit)), 0,
          index);
  uint32_t layers = capabilities.hardenLayers.value_or(abi::allHardenLayers);
  if (layers != abi::allHardenLayers || capabilities.requiresHardening)
    writer.add(abi::ManifestKind::Harden, "",
               capabilities.requiresHardening ? uint16_t(abi::HardenRequired)
                                              : uint16_t(0),
               layers);
  bool isSealed = isSealedByContents(capabilities) && !capabilities.isOpen;
  return writer.finish(
      (isSealed ? abi::ManifestSealed : 0) |
      (capabilities.filtersTerminal ? abi::ManifestFilterTerminal : 0));
}

static PathBase pathBase(bool isBesideExecutable) {
  return isBesideExecutable ? PathBase::Executable : PathBase::WorkingDirectory;
}

/// Adds what one record says to \p capabilities.
static Error readRecord(const abi::ManifestRecord &record, StringRef payload,
                        Capabilities &capabilities) {
  auto hasUnknownFlag = [&](unsigned known) { return record.flags & ~known; };
  switch (record.kind) {
  case abi::ManifestKind::Preopen: {
    auto [host, guest] = payload.split('\0');
    if (hasUnknownFlag(abi::PreopenReadOnly | abi::PreopenBesideExecutable))
      break;
    capabilities.preopens.push_back(
        {host.str(), guest.str(), (record.flags & abi::PreopenReadOnly) != 0,
         pathBase(record.flags & abi::PreopenBesideExecutable)});
    return Error::success();
  }
  case abi::ManifestKind::Socket:
    capabilities.sockets.push_back(payload.str());
    return Error::success();
  case abi::ManifestKind::Env:
  case abi::ManifestKind::EnvInherit:
    capabilities.environment.push_back(payload.str());
    return Error::success();
  case abi::ManifestKind::Arg:
    capabilities.arguments.push_back(payload.str());
    return Error::success();
  case abi::ManifestKind::Stream: {
    if (record.index >= capabilities.streams.size() ||
        hasUnknownFlag(abi::StreamNull | abi::StreamAppend |
                       abi::StreamBesideExecutable))
      break;
    StreamOption &stream = capabilities.streams[record.index];
    stream.kind = record.flags & abi::StreamNull ? StreamOption::Null
                                                 : StreamOption::File;
    stream.hostPath = payload.str();
    stream.isAppend = record.flags & abi::StreamAppend;
    stream.base = pathBase(record.flags & abi::StreamBesideExecutable);
    return Error::success();
  }
  case abi::ManifestKind::Limit:
    if (record.index >= abi::limitCount || payload.size() != sizeof(uint64_t))
      break;
    capabilities.limits[record.index] =
        llvm::support::endian::read64le(payload.data());
    return Error::success();
  case abi::ManifestKind::Harden:
    if ((record.index & ~abi::allHardenLayers) ||
        hasUnknownFlag(abi::HardenRequired))
      break;
    capabilities.hardenLayers = record.index;
    capabilities.requiresHardening = record.flags & abi::HardenRequired;
    return Error::success();
  }
  return errorOf("manifest: unknown record of kind " +
                 Twine(static_cast<unsigned>(record.kind)));
}

Expected<Capabilities> moat::decodeManifest(StringRef bytes) {
  abi::ManifestHeader header;
  if (bytes.size() < sizeof(header))
    return errorOf("manifest: unexpected end");
  memcpy(&header, bytes.data(), sizeof(header));
  if (memcmp(header.magic, abi::manifestMagic, sizeof(header.magic)))
    return errorOf("manifest: magic header not detected");
  if (header.version != abi::manifestVersion)
    return errorOf("manifest: unknown version " + Twine(header.version));
  if (header.flags & ~abi::allManifestFlags)
    return errorOf("manifest: unknown flag");
  if (header.sizeBytes < sizeof(header) || header.sizeBytes > bytes.size())
    return errorOf("manifest: unexpected end");

  Capabilities capabilities;
  StringRef rest = bytes.substr(0, header.sizeBytes).drop_front(sizeof(header));
  for (uint32_t i = 0; i < header.recordCount; ++i) {
    abi::ManifestRecord record;
    if (rest.size() < sizeof(record))
      return errorOf("manifest: unexpected end");
    memcpy(&record, rest.data(), sizeof(record));
    rest = rest.drop_front(sizeof(record));
    uint64_t paddedBytes = llvm::alignTo(uint64_t(record.sizeBytes) + 1, 8);
    if (rest.size() < paddedBytes)
      return errorOf("manifest: unexpected end");
    if (Error error =
            readRecord(record, rest.take_front(record.sizeBytes), capabilities))
      return std::move(error);
    rest = rest.drop_front(paddedBytes);
  }
  capabilities.filtersTerminal = header.flags & abi::ManifestFilterTerminal;
  capabilities.isOpen = !(header.flags & abi::ManifestSealed);
  return capabilities;
}

Error moat::checkCapabilities(const Capabilities &capabilities) {
  // A NUL would end a text early; the shell cannot pass one, a library's caller
  // and a manifest file can.
  auto isText = [](StringRef text) {
    return !text.empty() && !text.contains('\0');
  };
  for (const PreopenOption &preopen : capabilities.preopens)
    if (!isText(preopen.hostPath) || !isText(preopen.guestPath))
      return errorOf("'" + preopen.hostPath + "::" + preopen.guestPath +
                     "' are not the paths of a directory");
  for (const std::string &address : capabilities.sockets)
    if (!isText(address) || abi::parseSocketAddress(address.c_str()).kind ==
                                abi::SocketAddress::None)
      return errorOf("--listen=" + address +
                     ": not A.B.C.D:PORT, [IPv6]:PORT, unix:PATH or fd:N");
  for (StringRef variable : capabilities.environment) {
    if (!isText(variable) || variable.starts_with("="))
      return errorOf("--env=" + variable + ": not NAME=VALUE or NAME");
    if (variable == abi::hostVariable)
      return errorOf("--env=" + variable +
                     ": it is for the host, no program sees it");
  }
  for (StringRef argument : capabilities.arguments)
    if (argument.contains('\0'))
      return errorOf("an argument holds a NUL");
  for (const StreamOption &stream : capabilities.streams)
    if (stream.kind == StreamOption::File && !isText(stream.hostPath))
      return errorOf("a standard stream's file has no name");
  if (capabilities.streams[0].isAppend)
    return errorOf("standard input cannot be appended to");
  constexpr auto stack = static_cast<size_t>(abi::LimitKind::StackBytes);
  if (capabilities.limits[stack].value_or(UINT64_MAX) < 2 * abi::hostStackBytes)
    return errorOf("--stack-size: at least " +
                   Twine(2 * abi::hostStackBytes >> 10) + "K");
  return Error::success();
}

/// Takes `exe:` or `cwd:` off the front of a path.
static PathBase takeBase(StringRef &path) {
  if (path.consume_front("exe:"))
    return PathBase::Executable;
  path.consume_front("cwd:");
  return PathBase::WorkingDirectory;
}

Expected<PreopenOption> moat::parsePreopen(StringRef text) {
  PreopenOption preopen;
  StringRef paths = text;
  preopen.isReadOnly = paths.consume_back(":ro");
  preopen.base = takeBase(paths);
  auto [host, guest] = paths.split("::");
  preopen.hostPath = host.str();
  preopen.guestPath = paths.contains("::") ? guest.str() : host.str();
  if (preopen.hostPath.empty() || preopen.guestPath.empty() ||
      text.contains('\0'))
    return errorOf("'" + text + "' is not [exe:|cwd:]HOST[::GUEST][:ro]");
  return preopen;
}

uint32_t moat::defaultHardenLayers(const CompileOptions &options) {
  bool isForeign =
      !options.extraInputs.empty() || options.emit == EmitKind::Object;
  return isForeign ? abi::foreignHardenLayers : abi::allHardenLayers;
}

Error moat::parseHardenLayers(StringRef list, uint32_t &layers) {
  SmallVector<StringRef> words;
  list.split(words, ',');
  for (StringRef word : words) {
    uint32_t layer =
        llvm::StringSwitch<uint32_t>(word.empty() ? word : word.drop_front())
#define LAYER(name, spelling, text) .Case(spelling, abi::Harden##name)
#include "moat/abi/Hardening.def"
            .Default(0);
    if (word == "all")
      layers = abi::allHardenLayers;
    else if (word == "none")
      layers = 0;
    else if (layer && word.starts_with("+"))
      layers |= layer;
    else if (layer && word.starts_with("-"))
      layers &= ~layer;
    else
      return errorOf("'" + word + "' is not all, none, or + or - and one of"
#define LAYER(name, spelling, text) " " spelling
#include "moat/abi/Hardening.def"
      );
  }
  return Error::success();
}

Expected<StreamOption> moat::parseStream(StringRef text, bool isInput) {
  StreamOption stream;
  if (text == "inherit")
    return stream;
  stream.kind = StreamOption::Null;
  if (text == "null")
    return stream;
  stream.kind = StreamOption::File;
  StringRef path = text;
  stream.isAppend = path.consume_front("append:");
  stream.base = takeBase(path);
  stream.hostPath = path.str();
  if (path.empty() || (isInput && stream.isAppend))
    return errorOf("'" + text + "' is not inherit, null or " +
                   (isInput ? "" : "[append:]") + "[exe:|cwd:]FILE");
  return stream;
}

Expected<uint64_t> moat::parseLimit(const abi::LimitRow &row, StringRef text) {
  uint64_t value;
  if (!abi::parseLimit(row.unit, text.data(), text.size(), value))
    return errorOf("'" + text + "' is not " + abi::limitUnitText(row.unit));
  return value;
}

std::string moat::formatLimit(const abi::LimitRow &row, uint64_t value) {
  const char *suffix = abi::limitSuffix(row.unit, value);
  return (Twine(value) + suffix).str();
}

Expected<uint64_t> moat::parseSizeBytes(StringRef text) {
  return parseLimit({"", abi::LimitUnit::Bytes, ""}, text);
}
