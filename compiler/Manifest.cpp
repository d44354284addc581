// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A header and one record for each capability, in the order of the enumeration:
// the same options give the same bytes.

#include "Manifest.h"
#include "Diagnostics.h"
#include "moat/abi/Manifest.h"
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
    records.resize(llvm::alignTo(records.size(), 8));
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

std::string moat::encodeManifest(const Capabilities &capabilities) {
  ManifestWriter writer;
  for (const PreopenOption &preopen : capabilities.preopens) {
    std::string paths = preopen.hostPath + '\0' + preopen.guestPath;
    writer.add(abi::ManifestKind::Preopen, paths,
               preopen.isReadOnly ? uint16_t(abi::PreopenReadOnly)
                                  : uint16_t(0));
  }
  for (const std::string &variable : capabilities.environment)
    writer.add(StringRef(variable).contains('=')
                   ? abi::ManifestKind::Env
                   : abi::ManifestKind::EnvInherit,
               variable);
  for (const std::string &argument : capabilities.arguments)
    writer.add(abi::ManifestKind::Arg, argument);
  if (capabilities.stackBytes) {
    uint64_t value = *capabilities.stackBytes;
    writer.add(abi::ManifestKind::Limit,
               StringRef(reinterpret_cast<const char *>(&value), sizeof(value)),
               0, static_cast<uint32_t>(abi::LimitKind::StackBytes));
  }
  uint32_t layers = capabilities.hardenLayers.value_or(abi::allHardenLayers);
  if (layers != abi::allHardenLayers || capabilities.requiresHardening)
    writer.add(abi::ManifestKind::Harden, "",
               capabilities.requiresHardening ? uint16_t(abi::HardenRequired)
                                              : uint16_t(0),
               layers);
  bool isGivenSomething = !capabilities.preopens.empty() ||
                          !capabilities.environment.empty() ||
                          !capabilities.arguments.empty();
  return writer.finish(
      isGivenSomething && !capabilities.isOpen ? abi::ManifestSealed : 0);
}

/// Adds what one record says to \p capabilities.
static Error readRecord(const abi::ManifestRecord &record, StringRef payload,
                        Capabilities &capabilities) {
  switch (record.kind) {
  case abi::ManifestKind::Preopen: {
    auto [host, guest] = payload.split('\0');
    capabilities.preopens.push_back(
        {host.str(), guest.str(), (record.flags & abi::PreopenReadOnly) != 0});
    return Error::success();
  }
  case abi::ManifestKind::Env:
  case abi::ManifestKind::EnvInherit:
    capabilities.environment.push_back(payload.str());
    return Error::success();
  case abi::ManifestKind::Arg:
    capabilities.arguments.push_back(payload.str());
    return Error::success();
  case abi::ManifestKind::Limit:
    if (record.index == static_cast<uint32_t>(abi::LimitKind::StackBytes) &&
        payload.size() == sizeof(uint64_t)) {
      capabilities.stackBytes = llvm::support::endian::read64le(payload.data());
      return Error::success();
    }
    break;
  case abi::ManifestKind::Harden:
    capabilities.hardenLayers = record.index;
    capabilities.requiresHardening = record.flags & abi::HardenRequired;
    return Error::success();
  case abi::ManifestKind::Stream:
    break;
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
    uint64_t paddedBytes = llvm::alignTo(uint64_t(record.sizeBytes), 8);
    if (rest.size() < paddedBytes)
      return errorOf("manifest: unexpected end");
    if (Error error =
            readRecord(record, rest.take_front(record.sizeBytes), capabilities))
      return std::move(error);
    rest = rest.drop_front(paddedBytes);
  }
  capabilities.isOpen = !(header.flags & abi::ManifestSealed);
  return capabilities;
}

Expected<PreopenOption> moat::parsePreopen(StringRef text) {
  PreopenOption preopen;
  StringRef paths = text;
  preopen.isReadOnly = paths.consume_back(":ro");
  auto [host, guest] = paths.split("::");
  preopen.hostPath = host.str();
  preopen.guestPath = paths.contains("::") ? guest.str() : host.str();
  // A NUL would end the host's path early; the shell cannot pass one, a
  // library's caller can.
  if (preopen.hostPath.empty() || preopen.guestPath.empty() ||
      text.contains('\0'))
    return errorOf("'" + text + "' is not HOST[::GUEST][:ro]");
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

Expected<uint64_t> moat::parseSizeBytes(StringRef text) {
  StringRef digits = text;
  unsigned shift = 0;
  if (digits.consume_back_insensitive("k"))
    shift = 10;
  else if (digits.consume_back_insensitive("m"))
    shift = 20;
  else if (digits.consume_back_insensitive("g"))
    shift = 30;
  uint64_t value;
  if (digits.getAsInteger(10, value) || value > (UINT64_MAX >> shift))
    return errorOf("'" + text +
                   "' is not a size in bytes (such as 65536, 64K, 8M, 1G)");
  return value << shift;
}
