// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Host.h on Linux: what a process gives up before it runs a guest. None of it
// can be had back, and none of these calls can be made again behind the filter
// of system calls.

#include "Host.h"
#include "Syscall.h"
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

namespace moat::rt {

using namespace host;

Errno host::closeHandles(Handle first, Handle last) {
  return toErrno(invokeAtStart<SYS_close_range>(first, last, 0));
}

Errno host::refuseNewPrivileges() {
  return toErrno(invokeAtStart<SYS_prctl>(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
}

Errno host::refuseExecutableMemory() {
  // PR_SET_MDWE and PR_MDWE_REFUSE_EXEC_GAIN, which older headers lack.
  constexpr long setMdwe = 65, refuseGain = 1;
  return toErrno(invokeAtStart<SYS_prctl>(setMdwe, refuseGain, 0L, 0L, 0L));
}

int host::processNumber() {
  return static_cast<int>(invokeAtStart<SYS_getpid>());
}

// Landlock. Its numbers of rights are the same on every processor; the later
// ones are spelled out, since older headers lack them.

int host::landlockVersion() {
  long version = invokeAtStart<SYS_landlock_create_ruleset>(
      nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return isError(version) ? 0 : static_cast<int>(version);
}

/// What may be done below a folder that may only be read.
static constexpr uint64_t readingAccess =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static constexpr uint64_t referAccess = 1 << 13;    // version 2
static constexpr uint64_t truncateAccess = 1 << 14; // version 3
/// The same with changes. Devices cannot be made, or moved to another name.
static constexpr uint64_t changingAccess =
    readingAccess | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_SYM | referAccess | truncateAccess;

/// All accesses to files that a version knows.
static constexpr uint64_t knownAccess(int version) {
  unsigned count = version >= 5   ? 16 // requests to devices
                   : version >= 3 ? 15
                   : version == 2 ? 14
                                  : 13;
  return (uint64_t(1) << count) - 1;
}

Result<OwnedHandle> host::makeLandlockRules(int version) {
  struct {
    uint64_t files, network, scope;
  } attributes = {.files = knownAccess(version),
                  .network = version >= 4 ? 3ul : 0ul, // bind, connect (TCP)
                  .scope = version >= 6 ? 3ul : 0ul}; // abstract names, signals
  size_t sizeBytes = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  long result =
      invokeAtStart<SYS_landlock_create_ruleset>(&attributes, sizeBytes, 0);
  if (isError(result))
    return Fail(toErrno(result));
  return OwnedHandle(static_cast<Handle>(result));
}

Errno host::allowBeneath(Handle rules, Handle directory, bool isReadOnly,
                         int version) {
  struct [[gnu::packed]] {
    uint64_t access;
    int32_t directory;
  } rule = {.access = (isReadOnly ? readingAccess : changingAccess) &
                      knownAccess(version),
            .directory = directory};
  return toErrno(invokeAtStart<SYS_landlock_add_rule>(
      rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

Errno host::obeyLandlockRules(Handle rules) {
  return toErrno(invokeAtStart<SYS_landlock_restrict_self>(rules, 0));
}

Errno host::obeyFilter(std::span<const FilterInstruction> filter) {
  struct {
    uint16_t count;
    const FilterInstruction *instructions;
  } program = {static_cast<uint16_t>(filter.size()), filter.data()};
  return toErrno(
      invokeAtStart<SYS_seccomp>(SECCOMP_SET_MODE_FILTER, 0, &program));
}

} // namespace moat::rt
