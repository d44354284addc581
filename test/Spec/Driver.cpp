// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The fixed part of the driver object that the process model links into each executable:
// its moat_main makes the calls of the generated table, protected by the runtime's trap
// hook, and writes to descriptor 1 how each of them ended.

#include "Driver.h"

#include "moat/moat.h"
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace moat;
using namespace moat::spec;

extern "C" {
extern const DriverAction moat_spec_actions[];
extern const uint32_t moat_spec_action_count;
void moat_main(abi::Instance *instance);
}

namespace {
struct Call {
  const DriverAction *action;
  abi::Instance *instance;
  abi::Value *values;
};
} // namespace

static void makeCall(void *argument) {
  const Call &call = *static_cast<const Call *>(argument);
  call.action->call(call.instance, call.values);
}

static void writeAll(const void *bytes, size_t sizeBytes) {
  auto *position = static_cast<const char *>(bytes);
  while (sizeBytes != 0) {
    ssize_t count = write(1, position, sizeBytes);
    if (count <= 0)
      _exit(1);
    position += count;
    sizeBytes -= count;
  }
}

/// The index of the action to be called without protection, or none.
static uint32_t unprotectedAction() {
  const char *text = getenv(driverUnprotected);
  return text ? strtoul(text, nullptr, 10) : UINT32_MAX;
}

void moat_main(abi::Instance *instance) {
  static abi::Value values[driverValueCount];
  uint32_t unprotected = unprotectedAction();
  for (uint32_t i = 0; i != moat_spec_action_count; ++i) {
    const DriverAction &action = moat_spec_actions[i];
    memset(values, 0, sizeof values);
    memcpy(values, action.arguments, action.argumentCount * sizeof(abi::Value));
    Call call = {&action, instance, values};
    DriverReport report = {i, -1, action.resultCount};
    if (i == unprotected)
      makeCall(&call);
    else
      report.trap = moat_protect(instance, makeCall, &call, nullptr);
    if (report.trap >= 0)
      report.resultCount = 0;
    writeAll(&report, sizeof report);
    writeAll(values, report.resultCount * sizeof(abi::Value));
  }
}
