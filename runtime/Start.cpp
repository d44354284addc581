// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// An executable's start. libc's crt1.o calls main, which reads the manifest and
// the command line, builds the one instance (process model), and runs it on the
// guest's stack:
//
//   manifest, options  ->  descriptors  ->  memories, tables, stack  ->
//   layers of defence  ->  initialize, moat_main  ->  exit code
//
// Exit codes: what the guest says; 0 when moat_main returns; 134 after a trap
// (as a shell shows SIGABRT, but the process exits by itself and leaves no
// core); 125 if the program could not be started.

#include "Capability/Preopen.h"
#include "Harden.h"
#include "Host/Host.h"
#include "Host/Signals.h"
#include "Instance.h"
#include "Memory.h"
#include "Message.h"
#include "Table.h"
#include "Trap.h"
#include "moat/abi/Manifest.h"
#include <alloca.h>
#include <cstdlib>
#include <cstring>

using namespace moat;
using namespace moat::rt;

// Defined by the compiler.
extern "C" const abi::ModuleDescriptor moat_module;
extern "C" const abi::ManifestHeader moat_manifest;
// Main.cpp's, or an object's on moat's command line.
extern "C" void moat_main(abi::Instance *instance);

// What compiled code refers to by name.
extern "C" {
constinit abi::Instance moat_instance = {};
constinit abi::Context moat_context = {};
}

static constexpr int trapExitCode = 134;
static constexpr uint32_t startExitCode = 125;

/// Ends the process with a message `moat: error: <what>: <detail>`.
[[noreturn]] static void refuse(const char *what,
                                const char *detail = nullptr) {
  Message message;
  message << "moat: error: " << what;
  if (detail)
    message << ": " << detail;
  message << "\n";
  message.write();
  host::exit(startExitCode);
}

[[noreturn]] static void refuse(const char *what, Errno error) {
  refuse(what, errnoText(error));
}

// The manifest and the command line.

namespace {

/// A string without its terminator, or null.
const char *behindPrefix(const char *text, const char *prefix) {
  size_t size = strlen(prefix);
  return strncmp(text, prefix, size) == 0 ? text + size : nullptr;
}

/// What a program was given, in the manifest and on the command line, in that
/// order. Directories and streams are opened as they are read, so that the
/// first becomes 3.
class Grants {
public:
  Grants(rt::DescriptorTable &descriptors, const char **arguments,
         const char **environment)
      : descriptors(descriptors), arguments(arguments),
        environment(environment) {}

  uint64_t stackBytes = abi::defaultStackBytes;
  uint64_t memoryBytes = UINT64_MAX;
  uint32_t hardenLayers = abi::allHardenLayers;
  bool requiresHardening = false;

  /// Reads the records of \p manifest.
  void readManifest(const abi::ManifestHeader &manifest,
                    char **hostEnvironment);
  /// Reads the options in front of \p argv, the arguments behind argv[0], and
  /// keeps the rest for the guest.
  void readOptions(char **argv, bool isSealed);

  void addArgument(const char *argument) {
    arguments[argumentCount++] = argument;
  }
  std::span<const char *const> argumentList() const {
    return {arguments, argumentCount};
  }
  std::span<const char *const> environmentList() const {
    return {environment, environmentCount};
  }

private:
  rt::DescriptorTable &descriptors;
  const char **arguments;
  const char **environment;
  size_t argumentCount = 0, environmentCount = 0;

  void readRecord(const abi::ManifestRecord &record, const char *payload,
                  char **hostEnvironment);
  void readLimit(const abi::ManifestRecord &record, const char *payload);
  void readOption(char *option);
  void addDirectory(char *specification);
  void addEnvironment(const char *assignment);
  void inheritEnvironment(const char *name, char **hostEnvironment);
  void openDirectory(const PreopenRequest &request);
};

} // namespace

void Grants::openDirectory(const PreopenRequest &request) {
  Errno error = openPreopen(descriptors, request);
  if (error == Errno::Success)
    return;
  Message message;
  message << "moat: error: cannot open directory " << request.hostPath << ": "
          << errnoText(error) << "\n";
  message.write();
  host::exit(startExitCode);
}

/// A later value of a name replaces an earlier one.
void Grants::addEnvironment(const char *assignment) {
  const char *equals = strchr(assignment, '=');
  if (!equals || equals == assignment)
    refuse("expected NAME=VALUE", assignment);
  size_t nameSize = static_cast<size_t>(equals - assignment) + 1;
  for (size_t i = 0; i < environmentCount; ++i) {
    if (strncmp(environment[i], assignment, nameSize) == 0) {
      environment[i] = assignment;
      return;
    }
  }
  environment[environmentCount++] = assignment;
}

void Grants::inheritEnvironment(const char *name, char **hostEnvironment) {
  size_t size = strlen(name);
  for (; *hostEnvironment; ++hostEnvironment)
    if (strncmp(*hostEnvironment, name, size) == 0 &&
        (*hostEnvironment)[size] == '=')
      return addEnvironment(*hostEnvironment);
}

/// The folder that the executable is in.
static host::Handle executableFolder() {
  static constexpr size_t maximumPath = 4096;
  char path[maximumPath];
  auto size = host::executablePath(path);
  if (!size || *size == maximumPath)
    refuse("cannot find the executable's folder", "/proc/self/exe");
  path[*size] = 0;
  *strrchr(path, '/') = 0;
  auto folder = host::openTrusted(host::workingDirectory, *path ? path : "/",
                                  {.isPathOnly = true, .isDirectory = true});
  if (!folder)
    refuse("cannot open the executable's folder", folder.error());
  return folder->release();
}

void Grants::readLimit(const abi::ManifestRecord &record, const char *payload) {
  uint64_t value;
  if (record.sizeBytes != sizeof(value))
    refuse("the manifest is damaged");
  memcpy(&value, payload, sizeof(value));
  switch (static_cast<abi::LimitKind>(record.index)) {
  case abi::LimitKind::MemoryBytes:
    memoryBytes = value;
    return;
  case abi::LimitKind::StackBytes:
    stackBytes = value;
    return;
  case abi::LimitKind::OpenFiles:
  case abi::LimitKind::BytesWritten:
  case abi::LimitKind::CpuTimeNs:
  case abi::LimitKind::WallTimeNs:
    break;
  }
  refuse("the manifest has a limit that this runtime does not know");
}

/// \p payload is followed by a NUL if it has none itself (see readManifest).
void Grants::readRecord(const abi::ManifestRecord &record, const char *payload,
                        char **hostEnvironment) {
  switch (record.kind) {
  case abi::ManifestKind::Preopen: {
    const char *guestPath =
        static_cast<const char *>(memchr(payload, 0, record.sizeBytes));
    constexpr unsigned known =
        abi::PreopenReadOnly | abi::PreopenBesideExecutable;
    if (!guestPath || (record.flags & ~known))
      break;
    ++guestPath;
    size_t guestSize =
        record.sizeBytes - static_cast<size_t>(guestPath - payload);
    PreopenRequest request = {payload,
                              {guestPath, strnlen(guestPath, guestSize)}};
    request.isReadOnly = record.flags & abi::PreopenReadOnly;
    bool isBeside =
        (record.flags & abi::PreopenBesideExecutable) && *payload != '/';
    if (isBeside)
      request.relativeTo = executableFolder();
    openDirectory(request);
    if (isBeside)
      host::close(request.relativeTo);
    return;
  }
  case abi::ManifestKind::Env:
    return addEnvironment(payload);
  case abi::ManifestKind::EnvInherit:
    return inheritEnvironment(payload, hostEnvironment);
  case abi::ManifestKind::Arg:
    return addArgument(payload);
  case abi::ManifestKind::Stream: {
    if (record.index > 2)
      break;
    if (strcmp(payload, "=") == 0)
      return;
    Errno error =
        redirectStream(descriptors, record.index, *payload ? payload : nullptr);
    if (error != Errno::Success)
      refuse("cannot open a standard stream's file", error);
    return;
  }
  case abi::ManifestKind::Limit:
    return readLimit(record, payload);
  case abi::ManifestKind::Harden:
    if ((record.index & ~abi::allHardenLayers) ||
        (record.flags & ~abi::HardenRequired))
      break;
    hardenLayers = record.index;
    requiresHardening = record.flags & abi::HardenRequired;
    return;
  }
  refuse("the manifest has a record that this runtime does not know");
}

void Grants::readManifest(const abi::ManifestHeader &manifest,
                          char **hostEnvironment) {
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
    uint64_t padded = (uint64_t(record.sizeBytes) + 7) & ~uint64_t(7);
    if (padded > left)
      refuse("the manifest is damaged");
    // Texts are used where they lie, so they must end: in the payload, in its
    // padding, or in a copy with room for a NUL.
    const char *payload = at;
    if (padded == record.sizeBytes) {
      auto *copy =
          host::allocatePages((padded / host::pageBytes + 1) * host::pageBytes)
              .value_or(nullptr);
      if (!copy)
        refuse("no memory");
      memcpy(copy, at, record.sizeBytes);
      payload = reinterpret_cast<const char *>(copy);
    }
    readRecord(record, payload, hostEnvironment);
    at += padded;
    left -= padded;
  }
}

static constexpr char optionPrefix[] = "--wasi-";

static constexpr char helpText[] =
    "options of the runtime, in front of the program's own arguments:\n"
    "  --wasi-dir=HOST[::GUEST][:ro]  let the program use directory HOST, as "
    "GUEST;\n"
    "                                 :ro: without changing it\n"
    "  --wasi-env=NAME=VALUE          set an environment variable for the "
    "program\n"
    "  --wasi-stack-size=BYTES        size of the program's stack; suffixes K, "
    "M, G\n"
    "  --wasi-harden=LIST             layers of defence: all, none, +LAYER, "
    "-LAYER\n"
    "  --wasi-require-hardening       end if the kernel lacks one of them\n"
    "  --wasi-help                    print this\n"
    "  --                             end these options\n";

static constexpr char sealedHelpText[] =
    "this program is sealed: what it may use was fixed when it was built, and "
    "every\n"
    "argument is its own\n";

/// Reads a size with an optional suffix K, M or G. False: it is none.
static bool parseSize(const char *text, uint64_t &sizeBytes) {
  uint64_t value = 0;
  if (*text < '0' || *text > '9')
    return false;
  for (; *text >= '0' && *text <= '9'; ++text) {
    if (value > (UINT64_MAX >> 31) / 10)
      return false;
    value = value * 10 + static_cast<uint64_t>(*text - '0');
  }
  unsigned shift = *text == 'K'   ? 10
                   : *text == 'M' ? 20
                   : *text == 'G' ? 30
                                  : 0;
  if (shift)
    ++text;
  sizeBytes = value << shift;
  return *text == 0;
}

/// HOST[::GUEST][:ro]; without GUEST it is HOST. Cuts \p specification into its
/// parts.
void Grants::addDirectory(char *specification) {
  PreopenRequest request = {specification, {}};
  size_t size = strlen(specification);
  if (size > 3 && strcmp(specification + size - 3, ":ro") == 0) {
    specification[size - 3] = 0;
    request.isReadOnly = true;
  }
  char *separator = specification;
  while (*separator && !(separator[0] == ':' && separator[1] == ':'))
    ++separator;
  if (!*separator)
    separator = nullptr;
  if (separator)
    *separator = 0;
  const char *guestPath = separator ? separator + 2 : specification;
  request.guestPath = {guestPath, strlen(guestPath)};
  if (!*specification || !*guestPath)
    refuse("--wasi-dir wants HOST[::GUEST][:ro]");
  openDirectory(request);
}

void Grants::readOption(char *option) {
  char *value = option + sizeof(optionPrefix) - 1;
  if (strcmp(value, "help") == 0) {
    host::writeMessage({helpText, sizeof(helpText) - 1});
    host::exit(0);
  }
  if (behindPrefix(value, "dir="))
    return addDirectory(value + 4);
  if (const char *assignment = behindPrefix(value, "env="))
    return addEnvironment(assignment);
  if (const char *size = behindPrefix(value, "stack-size=")) {
    if (!parseSize(size, stackBytes))
      refuse("expected a size", option);
    return;
  }
  if (const char *layers = behindPrefix(value, "harden=")) {
    if (!parseLayers(layers, hardenLayers))
      refuse("expected layers of defence", option);
    return;
  }
  if (strcmp(value, "require-hardening") == 0) {
    requiresHardening = true;
    return;
  }
  refuse("unknown option (see --wasi-help)", option);
}

void Grants::readOptions(char **argv, bool isSealed) {
  bool hasOptions = false;
  while (!isSealed && *argv && behindPrefix(*argv, optionPrefix)) {
    readOption(*argv++);
    hasOptions = true;
  }
  if (hasOptions && *argv && strcmp(*argv, "--") == 0)
    ++argv;
  while (*argv)
    addArgument(*argv++);
}

/// MOAT_WASI in the host's environment: options for sealed programs, too, which
/// can widen nothing. So far there is --wasi-help.
static void readHostVariable(char **hostEnvironment, bool isSealed) {
  for (; *hostEnvironment; ++hostEnvironment) {
    const char *value = behindPrefix(*hostEnvironment, "MOAT_WASI=");
    if (!value || !*value)
      continue;
    if (strcmp(value, "--wasi-help") != 0)
      refuse("MOAT_WASI: unknown option", value);
    if (isSealed)
      host::writeMessage({sealedHelpText, sizeof(sealedHelpText) - 1});
    else
      host::writeMessage({helpText, sizeof(helpText) - 1});
    host::exit(0);
  }
}

// The instance.

static bool isInMemory(const Domain &, uint64_t address) {
  for (uint32_t i = 0; i < moat_module.memoryCount; ++i)
    if (isGuardedAddress(moat_module.processMemories[i], address))
      return true;
  return false;
}

static bool findTables(const Domain &, uint64_t pc, UnwindTables &tables) {
  return tables.locate(moat_module.elfHeader) && tables.image.contains(pc);
}

static bool hasFlag(abi::Flag flag) {
  return moat_module.flags & static_cast<uint32_t>(flag);
}

[[noreturn]] static void refuseMemory(const abi::LimitsDescriptor &type,
                                      bool isGuarded, Errno error) {
  if (error == Errno::Inval)
    refuse("the module's memory is larger than this runtime can make it");
  if (!isGuarded || !canBeGuarded(type))
    refuse("cannot map the module's memory", error);
  Message message;
  message << "moat: error: cannot reserve 8 GiB of addresses for the module's "
             "memory: "
          << errnoText(error)
          << "; where address space is limited (ulimit -v), compile with "
             "--bounds=checked\n";
  message.write();
  host::exit(startExitCode);
}

static void createMemories(uint64_t maximumBytes) {
  bool isGuarded = !hasFlag(abi::Flag::CheckedBounds);
  for (uint32_t i = 0; i < moat_module.memoryCount; ++i) {
    abi::LimitsDescriptor type = moat_module.memoryTypes[i];
    if (maximumBytes >> type.pageSizeLog2 < type.maximum)
      type.maximum = maximumBytes >> type.pageSizeLog2;
    if (type.minimum > type.maximum)
      refuse("the module's memory is larger than the limit that the program "
             "was given");
    MemoryOptions options;
    options.fixedBase = i == 0 ? abi::processMemoryBase : 0;
    options.isGuarded = isGuarded;
    Errno error = createMemory(moat_module.processMemories[i], type, options);
    if (error != Errno::Success)
      refuseMemory(type, isGuarded, error);
  }
}

static void createTables() {
  for (uint32_t i = 0; i < moat_module.tableCount; ++i) {
    abi::Table &table = moat_module.processTables[i];
    if (table.elements)
      continue; // a constant table
    Errno error = createTable(table, moat_module.tableTypes[i]);
    if (error == Errno::Inval)
      refuse("the module's table is larger than this runtime can make it");
    if (error != Errno::Success)
      refuse("cannot map the module's table", error);
  }
}

/// Ends the process if a layer that was asked for is not in force.
static void requireLayers(const Hardening &hardening) {
  for (uint32_t i = 0; i != abi::detail::layerCount; ++i) {
    if (hardening.errors[i] == Errno::Success)
      continue;
    Message message;
    message << "moat: error: cannot harden: " << layerText(i).spelling << ": "
            << errnoText(hardening.errors[i])
            << " (--require-hardening asks for it)\n";
    message.write();
    host::exit(startExitCode);
  }
}

/// What runs on the guest's stack. Core 3.0, 4.7.3 Instantiation, then the
/// entry.
static void runGuest(void *) {
  moat_module.initialize(&moat_instance);
  moat_main(&moat_instance);
}

/// Frames whose function has no name are the runtime's or entries, and not
/// shown.
static void printTrap(const TrapRecord &record) {
  Message message;
  if (record.ending == TrapRecord::Threw)
    message << "moat: uncaught exception of type " << *record.exception->tag
            << "\n";
  else
    message << "moat: trap: " << trapText(record.kind) << "\n";
  message.write();
  uint32_t lastFunction = UINT32_MAX;
  const char *lastName = nullptr;
  uint64_t repetitions = 0;
  // One past the end prints what is pending. A function that recurs is one
  // line.
  for (uint32_t i = 0; i <= record.frameCount; ++i) {
    uint32_t function = UINT32_MAX;
    const char *name = nullptr;
    if (i < record.frameCount) {
      name = functionNameAt(moat_module, record.frames[i], function);
      if (!name)
        continue;
    }
    if (lastName && name && function == lastFunction) {
      ++repetitions;
      continue;
    }
    if (lastName) {
      message << "  at ";
      if (*lastName)
        message << lastName << " (function " << lastFunction << ")";
      else
        message << "function " << lastFunction;
      if (repetitions > 1)
        message << ", " << repetitions << " times";
      message << "\n";
      message.write();
    }
    lastName = name;
    lastFunction = function;
    repetitions = 1;
  }
  if (record.depth > record.frameCount) {
    message << "  and " << record.depth - record.frameCount << " more\n";
    message.write();
  }
}

static const abi::ManifestHeader &checkedManifest() {
  const abi::ManifestHeader &manifest = moat_manifest;
  if (memcmp(manifest.magic, abi::manifestMagic, sizeof(manifest.magic)) != 0 ||
      manifest.version != abi::manifestVersion ||
      manifest.sizeBytes < sizeof(abi::ManifestHeader) ||
      (manifest.flags & ~uint32_t(abi::ManifestSealed)))
    refuse("the manifest is not one that this runtime understands");
  return manifest;
}

int main(int argc, char **argv, char **hostEnvironment) {
  if (moat_module.version != abi::version || !hasFlag(abi::Flag::Process))
    refuse("the module was compiled for another runtime");
  const abi::ManifestHeader &manifest = checkedManifest();
  bool isSealed = manifest.flags & abi::ManifestSealed;
  readHostVariable(hostEnvironment, isSealed);

  // Everything below lives in this frame, which is left only by the process's
  // end.
  DescriptorTable descriptors;
  size_t most = static_cast<size_t>(argc) + manifest.recordCount + 1;
  auto **arguments =
      static_cast<const char **>(alloca(2 * most * sizeof(char *)));
  Grants grants(descriptors, arguments, arguments + most);
  // A program that imports nothing can use nothing.
  if (moat_module.importedFunctionCount &&
      inheritStreams(descriptors) != Errno::Success)
    refuse("cannot use the standard streams");
  grants.addArgument(argc ? argv[0] : "");
  grants.readManifest(manifest, hostEnvironment);
  grants.readOptions(argv + (argc ? 1 : 0), isSealed);
  // Now: the guest has what it was given, and nothing else will be opened for
  // it.

  Domain domain;
  domain.isInMemory = isInMemory;
  domain.findTables = findTables;
  if (!createStack(domain, moat_context, grants.stackBytes))
    refuse("cannot map a stack of the size that was asked for");
  createTables();
  // Last, since one that must not move takes what it may need of a limited
  // address space.
  createMemories(grants.memoryBytes);
  rt::Instance instance;
  instance.compiled = &moat_instance;
  instance.memory0 =
      moat_module.memoryCount ? &moat_module.processMemories[0] : nullptr;
  instance.arguments = grants.argumentList();
  instance.environment = grants.environmentList();
  instance.descriptors = &descriptors;
  moat_instance.module = &moat_module;
  moat_instance.context = &moat_context;
  moat_instance.runtime = &instance;
  static uint8_t signalStack[signalStackBytes];
  host::swapSignalStack({signalStack, sizeof(signalStack)});
  installFaultHandlers();
  Hardening hardening = harden(descriptors, grants.hardenLayers);
  if (grants.requiresHardening)
    requireLayers(hardening);
  // Now: compiled code may run, and may fault; and what the process can do is
  // what it will need.

  // Not by host::exit: objects on moat's command line may use libc's buffered
  // streams.
  TrapRecord record;
  if (protect(domain, runGuest, nullptr, record))
    exit(0);
  if (record.ending == TrapRecord::Exited)
    exit(static_cast<int>(record.exitCode));
  printTrap(record);
  exit(trapExitCode);
}
