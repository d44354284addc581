// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A processor's registers as the unwinder sees them: by their DWARF numbers.
// What differs between processors is here and in the file of each; nothing else
// knows them.

#pragma once

#include <cstdint>

namespace moat::rt {

#if defined(__x86_64__)

/// System V psABI, AMD64 supplement, table "DWARF register number mapping".
struct Arch {
  static constexpr unsigned registerCount =
      17; ///< rax to r15, then the return address
  static constexpr unsigned stackPointer = 7;
  static constexpr unsigned returnAddress = 16;
  static constexpr unsigned pcRegister =
      16; ///< the number by which expressions name the pc
};

#elif defined(__aarch64__)

/// DWARF for the Arm 64-bit Architecture, "DWARF register names".
struct Arch {
  static constexpr unsigned registerCount = 33; ///< x0 to x30, sp, then the pc
  static constexpr unsigned stackPointer = 31;
  static constexpr unsigned returnAddress = 30;
  static constexpr unsigned pcRegister = 32;
};

#else
#error "no registers known for this processor"
#endif

/// The registers of one frame.
struct Registers {
  uint64_t value[Arch::registerCount];
  uint64_t pc;

  uint64_t sp() const { return value[Arch::stackPointer]; }
};

} // namespace moat::rt
