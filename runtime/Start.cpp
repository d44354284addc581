// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// An executable's start. libc's crt1.o calls main, which reads what the program
// was given (Grants.h), builds the one instance (process model), and runs it on
// the guest's stack:
//
//   manifest, options, MOAT_WASI  ->  descriptors  ->  memories, tables, stack
//   ->  layers of defence  ->  initialize, moat_main  ->  exit code
//
// Exit codes: what the guest says; 0 when moat_main returns; 134 after a trap
// (as a shell shows SIGABRT, but the process exits by itself and leaves no
// core); 124 when a limit on time has run out; 125 if the program could not be
// started.

#include "Capability/WriteQuota.h"
#include "Grants.h"
#include "Harden.h"
#include "Host/Host.h"
#include "Host/Signals.h"
#include "Instance.h"
#include "Memory.h"
#include "Message.h"
#include "OwnStack.h"
#include "Process.h"
#include "Table.h"
#include "Trap.h"
#include <alloca.h>
#include <cstdlib>
#include <cstring>

using namespace moat;
using namespace moat::rt;

// Defined by the compiler.
extern "C" const abi::ManifestHeader moat_manifest;
// Main.cpp's, or an object's on moat's command line.
extern "C" void moat_main(abi::Instance *instance);

// What compiled code refers to by name.
extern "C" {
constinit abi::Instance moat_instance = {};
extern abi::Context moat_context;
[[gnu::visibility("hidden")]] extern uint8_t moat_signal_stack[];
[[gnu::visibility("hidden")]] extern uint8_t moat_trap_stack[];
}

// A section of its own lies behind all other variables, libc's too, so that
// those share a page with the begin of the context: most programs touch no
// other. (To the compiler a named section is one with contents.)
asm(".pushsection moat_large, \"aw\", %nobits\n"
    ".p2align 5\n"
    ".hidden moat_context, moat_signal_stack, moat_trap_stack\n"
    ".globl moat_context, moat_signal_stack, moat_trap_stack\n"
    ".type moat_context, %object\n"
    ".type moat_signal_stack, %object\n"
    ".type moat_trap_stack, %object\n"
    ".size moat_context, 16544\n"
    ".size moat_signal_stack, 65536\n"
    ".size moat_trap_stack, 65536\n"
    "moat_context: .zero 16544\n"
    "moat_signal_stack: .zero 65536\n"
    "moat_trap_stack: .zero 65536\n"
    ".popsection");
static_assert(sizeof(abi::Context) == 16544 && signalStackBytes == 65536 &&
              trapStackBytes == 65536);

static constexpr int trapExitCode = 134;
/// As timeout(1) ends.
static constexpr uint32_t timeExitCode = 124;

/// What is left to this thread's own stack where the guest's is another one and
/// the system lets it have that: the guest's is mapped below, as near as that,
/// so that both need few page tables.
static constexpr uint64_t ownStackBytes = 32 << 20;

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
  if (error == Errno::Dquot)
    refuse("the module's memory is larger than the limit that the program was "
           "given (max-memory)");
  if (error == Errno::Overflow)
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

/// \p budgetBytes is for all of them together, and is what is left afterwards.
static void createMemories(uint64_t *budgetBytes) {
  bool isGuarded = !hasFlag(abi::Flag::CheckedBounds);
  for (uint32_t i = 0; i < moat_module.memoryCount; ++i) {
    abi::LimitsDescriptor type = moat_module.memoryTypes[i];
    // Less need not be reserved.
    uint64_t mostPages = *budgetBytes >> type.pageSizeLog2;
    if (mostPages < type.maximum)
      type.maximum = mostPages;
    MemoryOptions options;
    options.budgetBytes = *budgetBytes == UINT64_MAX ? nullptr : budgetBytes;
    options.fixedBase = i == 0 ? abi::processMemoryBase : 0;
    options.isGuarded = isGuarded;
    // By its stack or its data, unless that is mapped over it.
    options.beginsTouched = i == 0 && moat_module.mappedDataCount == 0;
    Errno error = createMemory(moat_module.processMemories[i], type, options);
    if (error != Errno::Success)
      refuseMemory(type, isGuarded, error);
  }
}

/// Puts the pages of large data segments into memory 0: whoever touches one
/// reads it from the file, or gets a copy of it by writing.
static void mapDatas() {
  for (uint64_t i = 0; i < moat_module.mappedDataCount; ++i) {
    const abi::MappedData &data = moat_module.mappedDatas[i];
    uint8_t *target = moat_module.processMemories[0].base + data.address;
    Errno error = host::movePages(data.bytes, target, data.sizeBytes);
    // The target may be gone by then.
    if (error == Errno::Nomem)
      refuse("cannot map the module's data", error);
    // Where the call is filtered, or pages are larger than the file's.
    if (error != Errno::Success)
      memcpy(target, data.bytes, data.sizeBytes);
  }
}

static void createTables() {
  abi::Table *tables = moat_own_tables ? moat_own_tables(moat_instance)
                                       : moat_module.processTables;
  if (!tables && moat_module.tableCount)
    refuse("no memory");
  for (uint32_t i = 0; i < moat_module.tableCount; ++i) {
    if (tables[i].elements)
      continue; // a constant table
    Errno error = createTable(tables[i], moat_module.tableTypes[i]);
    if (error == Errno::Overflow)
      refuse("the module's table is larger than this runtime can make it");
    if (error != Errno::Success)
      refuse("cannot map the module's table", error);
  }
}

/// Says what became of each layer. Not in main's frame, as all that has a
/// message's buffer: a start that says nothing touches less of its stack.
[[gnu::noinline]] static void traceLayers(const Hardening &hardening) {
  for (uint32_t i = 0; i != abi::detail::layerCount; ++i) {
    Message message;
    message << "harden: " << layerText(i).spelling;
    if (hardening.enforced >> i & 1)
      message << ": " << layerText(i).text;
    else if (hardening.implied >> i & 1)
      message << ": not needed: the filter lets no call through about which it "
                 "would decide";
    else if (hardening.requested >> i & 1)
      message << ": not in force: " << errnoText(hardening.errors[i]);
    else
      message << ": not asked for";
    if (i == abi::detail::Landlock && hardening.landlockVersion)
      message << " (Landlock "
              << static_cast<uint64_t>(hardening.landlockVersion) << ")";
    message << "\n";
    message.write();
  }
}

/// Ends the process if a layer that was asked for is not in force.
[[gnu::noinline]] static void requireLayers(const Hardening &hardening) {
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

/// Runs in a signal handler, whatever the guest was doing.
static void onTimeExpired(int signal) {
  Message message;
  message << "moat: limit: the program has used the "
          << (host::timeLimitOf(signal) == host::TimeLimit::Cpu
                  ? "CPU time (max-cpu-time)"
                  : "wall time (max-wall-time)")
          << " that it was given\n";
  message.write();
  host::exit(timeExitCode);
}

static void limitTime(const Grants &grants) {
  uint64_t cpuNs = grants.limit(abi::LimitKind::CpuTimeNs);
  uint64_t wallNs = grants.limit(abi::LimitKind::WallTimeNs);
  if (cpuNs != UINT64_MAX)
    host::limitTime(host::TimeLimit::Cpu, cpuNs, onTimeExpired);
  if (wallNs != UINT64_MAX)
    host::limitTime(host::TimeLimit::Wall, wallNs, onTimeExpired);
}

/// \p frame is the address of a frame below which the guest's may lie.
static void provideStack(Domain &domain, uint64_t sizeBytes, uint64_t frame) {
  auto trapSp = reinterpret_cast<uint64_t>(moat_trap_stack) + trapStackBytes;
  if (!useOwnStack(domain, moat_context, sizeBytes, frame, trapSp) &&
      !createStack(domain, moat_context, sizeBytes,
                   (frame - ownStackBytes) & ~uint64_t(host::pageBytes - 1)))
    refuse("cannot map a stack of the size that was asked for");
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

/// Not by host::exit: objects on moat's command line may use libc's buffered
/// streams.
void rt::endProcess(const TrapRecord &record) {
  if (moat_end_alone)
    moat_end_alone();
  if (record.ending == TrapRecord::Returned)
    exit(0);
  if (record.ending == TrapRecord::Exited)
    exit(static_cast<int>(record.exitCode));
  printTrap(record);
  exit(trapExitCode);
}

static const abi::ManifestHeader &checkedManifest() {
  const abi::ManifestHeader &manifest = moat_manifest;
  if (memcmp(manifest.magic, abi::manifestMagic, sizeof(manifest.magic)) != 0 ||
      manifest.version != abi::manifestVersion ||
      manifest.sizeBytes < sizeof(abi::ManifestHeader) ||
      manifest.recordCount > manifest.sizeBytes / sizeof(abi::ManifestRecord) ||
      (manifest.flags & ~abi::allManifestFlags))
    refuse("the manifest is not one that this runtime understands");
  return manifest;
}

int main(int argc, char **argv, char **hostEnvironment) {
  if (moat_module.version != abi::version || !hasFlag(abi::Flag::Process))
    refuse("the module was compiled for another runtime");
  const abi::ManifestHeader &manifest = checkedManifest();
  bool isSealed = manifest.flags & abi::ManifestSealed;

  // Everything below lives in this frame, which is left only by the process's
  // end.
  size_t most = static_cast<size_t>(argc) + manifest.recordCount + 1;
  Grants grants(alloca(Grants::storageBytes(most)), most);
  grants.addArgument(argc ? argv[0] : "");
  grants.readManifest(manifest, hostEnvironment);
  readStartOptions(grants, argv + (argc ? 1 : 0), isSealed);
  readHostVariable(grants, hostEnvironment, isSealed);
  limitTime(grants);
  DescriptorTable descriptors;
  // A program that imports nothing can use nothing.
  grants.open(descriptors, moat_module.importedFunctionCount != 0);
  // Now: the guest has what it was given, and nothing else will be opened for
  // it.

  Domain domain;
  domain.isInMemory = isInMemory;
  domain.findTables = findTables;
  domain.heapLimitBytes = grants.limit(abi::LimitKind::HeapBytes);
  provideStack(domain, grants.limit(abi::LimitKind::StackBytes),
               reinterpret_cast<uint64_t>(__builtin_frame_address(0)));
  createTables();
  uint64_t memoryBudget = grants.limit(abi::LimitKind::MemoryBytes);
  // Last, since one that must not move takes what it may need of a limited
  // address space.
  createMemories(&memoryBudget);
  mapDatas();
  rt::Instance instance;
  instance.compiled = &moat_instance;
  instance.memory0 =
      moat_module.memoryCount ? &moat_module.processMemories[0] : nullptr;
  instance.arguments = grants.argumentList();
  instance.environment = grants.environmentList();
  instance.descriptors = &descriptors;
  instance.isTraced = grants.isTraced;
  WriteQuota quota(grants.limit(abi::LimitKind::BytesWritten));
  if (grants.limit(abi::LimitKind::BytesWritten) != UINT64_MAX)
    instance.writeQuota = &quota;
  moat_instance.module = &moat_module;
  moat_instance.context = &moat_context;
  moat_instance.runtime = &instance;
  host::swapSignalStack({moat_signal_stack, signalStackBytes});
  if (moat_choose_versions && !grants.isBaselineOnly)
    moat_choose_versions();
  installFaultHandlers();
  Hardening hardening =
      harden(descriptors, grants.hardenLayers, grants.requiresHardening);
  if (grants.isTraced)
    traceLayers(hardening);
  if (grants.requiresHardening)
    requireLayers(hardening);
  // Now: compiled code may run, and may fault; and what the process can do is
  // what it will need.

  TrapRecord record;
  (void)protect(domain, runGuest, nullptr, record);
  endProcess(record);
}
