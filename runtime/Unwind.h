// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A small unwinder over .eh_frame: from the registers of a frame to those of its caller.
//
// It needs no libc and allocates nothing. It trusts the tables of the file, as far as they
// lie where the file's program headers say, and never the stack: every read is checked
// against the range that the caller names.
// DWARF 5, section 6.4 Call Frame Information; LSB Core 5.0, 10.6 Exception Frames.

#pragma once

#include "Arch/Registers.h"
#include <cstddef>
#include <cstdint>

namespace moat::rt {

/// Addresses [begin, end).
struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool contains(uint64_t address) const { return address >= begin && address < end; }
  bool contains(uint64_t address, uint64_t sizeBytes) const {
    return address >= begin && address <= end && sizeBytes <= end - address;
  }
};

/// Where the tables of a loaded ELF file are.
struct UnwindTables {
  AddressRange image;   ///< everything loaded
  AddressRange header;  ///< .eh_frame_hdr
  AddressRange frames;  ///< from .eh_frame to the end of its segment
  uint64_t searchTable; ///< of the header: rows of two offsets, sorted by the first
  uint64_t searchCount;

  /// Finds the tables by the program headers of the file whose header is at \p elfHeader.
  /// False: there are none, or none that we can read.
  [[nodiscard]] bool locate(const void *elfHeader);
};

/// A function as the tables describe it.
struct FrameDescription {
  AddressRange code;
  uint64_t languageData = 0; ///< LSDA, or 0
  uint64_t personality = 0;  ///< or 0
  bool isSignalFrame = false;

  // For step().
  AddressRange commonProgram, program;
  uint64_t codeAlignment = 1;
  int64_t dataAlignment = 1;
  uint64_t returnRegister = 0;
};

/// Finds the function that \p pc lies in. False: there is none.
[[nodiscard]] bool findFrame(const UnwindTables &tables, uint64_t pc,
                             FrameDescription &frame);

enum class Step : uint8_t {
  Caller, ///< the registers are now the caller's
  End,    ///< the frame is the outermost: its return address is undefined
  Lost,   ///< the tables say nothing about this place, or lead out of the stack
};

/// Replaces the registers of a frame, stopped at \p pc of \p frame, by its caller's. For
/// every frame but one that was interrupted, \p pc is one less than the return address,
/// which may belong to another function already.
Step step(const UnwindTables &tables, const FrameDescription &frame, AddressRange stack,
          uint64_t pc, Registers &registers);

} // namespace moat::rt
