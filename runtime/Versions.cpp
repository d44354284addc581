// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Which versions of functions the machine can run (abi/Versions.h). Linked only
// into programs that have some, which only x86-64 has.

#include "moat/abi/Versions.h"
#include "Process.h"

#include <cpuid.h>

using namespace moat;

// What compiled code looks at.
extern "C" constinit uint8_t moat_versions = 0;
// Defined by the compiler.
extern "C" const uint64_t moat_version_needs[abi::mostVersions];

/// XCR0: the registers that the system keeps for each thread. xgetbv faults
/// where the system has not enabled it (OSXSAVE).
static uint64_t keptState() {
  constexpr uint32_t osXsave = 1u << 27;
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & osXsave))
    return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

static bool hasFeature(const abi::ProcessorFeature &feature, uint64_t state) {
  if ((feature.state & state) != feature.state)
    return false;
  uint32_t registers[4];
  // False where the processor has no such leaf. Subleaf 0 of leaf 7 says how
  // many there are.
  if (feature.subleaf) {
    if (!__get_cpuid_count(feature.leaf, 0, &registers[0], &registers[1],
                           &registers[2], &registers[3]) ||
        registers[0] < feature.subleaf)
      return false;
  }
  return __get_cpuid_count(feature.leaf, feature.subleaf, &registers[0],
                           &registers[1], &registers[2], &registers[3]) &&
         registers[feature.registerIndex] >> feature.bit & 1;
}

void rt::moat_choose_versions() {
  uint64_t state = keptState(), features = 0, bit = 1;
  for (const abi::ProcessorFeature &feature : abi::processorFeatures) {
    features |= hasFeature(feature, state) ? bit : 0;
    bit <<= 1;
  }
  for (uint32_t i = 0; i < abi::mostVersions; ++i)
    if (uint64_t needs = moat_version_needs[i])
      moat_versions |= ((features & needs) == needs) << i;
}
