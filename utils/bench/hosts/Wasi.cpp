// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Wasi.h"
#include "Capability/Preopen.h"
#include <cstdio>
#include <cstring>

using namespace moat;
using namespace moat::bench;

static char *behindPrefix(char *text, const char *prefix) {
  size_t size = strlen(prefix);
  return strncmp(text, prefix, size) == 0 ? text + size : nullptr;
}

bool WasiHost::readOption(char *option) {
  if (const char *assignment = behindPrefix(option, "--wasi-env=")) {
    environment.push_back(assignment);
    return true;
  }
  char *host = behindPrefix(option, "--wasi-dir=");
  char *guest = host ? strstr(host, "::") : nullptr;
  if (!guest) {
    fprintf(stderr, "%s: not --wasi-dir=HOST::GUEST or --wasi-env=NAME=VALUE\n",
            option);
    return false;
  }
  *guest = 0;
  guest += 2;
  if (rt::openPreopen(descriptors, {host, guest}) == rt::Errno::Success)
    return true;
  fprintf(stderr, "cannot open the folder %s\n", host);
  return false;
}

bool WasiHost::start(const char *program, char **options) {
  if (rt::inheritStreams(descriptors) != rt::Errno::Success)
    return false;
  char **at = options;
  for (; *at && behindPrefix(*at, "--wasi-"); ++at)
    if (!readOption(*at))
      return false;
  if (at != options && *at && strcmp(*at, "--") == 0)
    ++at;
  arguments.push_back(program);
  while (*at)
    arguments.push_back(*at++);

  runtime.compiled = &compiled;
  runtime.memory0 = &memory;
  runtime.arguments = arguments;
  runtime.environment = environment;
  runtime.descriptors = &descriptors;
  compiled.runtime = &runtime;
  return true;
}

abi::Instance *WasiHost::instance(uint8_t *base, uint64_t sizeBytes) {
  memory.base = base;
  memory.sizeBytes = sizeBytes;
  return &compiled;
}
