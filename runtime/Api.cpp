// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The bodies behind moat.h, thin layers over Trap and Memory.

#include "Embed.h"
#include "Instance.h"
#include "Memory.h"
#include "Trap.h"
#include "moat/moat.h"

using namespace moat;
using namespace moat::rt;

static_assert(sizeof(moat_trap_info::frames) == sizeof(TrapRecord::frames));
static_assert(static_cast<int>(MOAT_FAILED) == TrapRecord::Failed);

void rt::fill(moat_trap_info *info, const TrapRecord &record) {
  if (!info)
    return;
  bool isTrap = record.ending == TrapRecord::Trapped;
  bool hasFailed = record.ending == TrapRecord::Failed;
  info->kind = isTrap ? static_cast<int32_t>(record.kind) : -1;
  info->exit_code = hasFailed                             ? record.failureCode
                    : record.ending == TrapRecord::Exited ? record.exitCode
                                                          : 0;
  info->text = isTrap      ? trapText(record.kind)
               : hasFailed ? record.failureText
                           : nullptr;
  info->ending = record.ending;
  info->frame_count = record.frameCount;
  info->depth = record.depth;
  info->exception =
      record.ending == TrapRecord::Threw ? record.exception : nullptr;
  memcpy(info->frames, record.frames,
         record.frameCount * sizeof(record.frames[0]));
}

extern "C" {

[[gnu::visibility("default")]] int32_t moat_protect(moat_instance *instance,
                                                    void (*body)(void *),
                                                    void *argument,
                                                    moat_trap_info *trap) {
  TrapRecord record;
  if (enterDomain(domainOf(*instance->context), body, argument, record))
    return -1;
  fill(trap, record);
  if (record.ending == TrapRecord::Threw)
    return MOAT_UNCAUGHT_EXCEPTION;
  return record.ending == TrapRecord::Trapped
             ? static_cast<int32_t>(record.kind)
             : MOAT_TRAP_COUNT;
}

[[gnu::visibility("default")]] void *
moat_memory_slice(moat_instance *instance, uint64_t address, uint64_t size) {
  rt::Instance &runtime = instanceOf(*instance);
  if (!runtime.hasMemory())
    return nullptr;
  auto bytes = runtime.memory().slice(address, size);
  return bytes ? bytes->data() : nullptr;
}

[[gnu::visibility("default")]] const char *
moat_function_name(moat_instance *instance, uint64_t address, uint32_t *index) {
  uint32_t found = 0;
  const char *name = functionNameAt(*instance->module, address, found);
  if (name && index)
    *index = found;
  return name;
}

} // extern "C"
