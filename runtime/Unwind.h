// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A small unwinder over .eh_frame: from the registers of a frame to those of
// its caller.
//
// It needs no libc and allocates nothing. It trusts the tables of the file, as
// far as they lie where the file's program headers say, and never the stack:
// every read is checked against the range that the caller names. DWARF 5,
// section 6.4 Call Frame Information; LSB Core 5.0, 10.6 Exception Frames.

#pragma once

#include "Arch/Registers.h"
#include <cstddef>
#include <cstdint>

namespace moat::rt {

/// Addresses [begin, end).
struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool contains(uint64_t address) const {
    return address >= begin && address < end;
  }
  bool contains(uint64_t address, uint64_t sizeBytes) const {
    return address >= begin && address <= end && sizeBytes <= end - address;
  }
};

/// Where the tables of a loaded ELF file are.
struct UnwindTables {
  AddressRange image;  ///< everything loaded
  AddressRange header; ///< .eh_frame_hdr
  AddressRange frames; ///< from .eh_frame to the end of its segment
  uint64_t
      searchTable; ///< of the header: rows of two offsets, sorted by the first
  uint64_t searchCount;

  /// Finds the tables by the program headers of the file whose header is at \p
  /// elfHeader. False: there are none, or none that we can read.
  [[nodiscard]] bool locate(const void *elfHeader);
};

/// How a frame's caller finds its value of a register.
struct UnwindRule {
  enum Kind : uint8_t {
    Same,        ///< it is still in the register
    Undefined,   ///< it is lost
    Offset,      ///< in memory at CFA + operand
    ValueOffset, ///< it is CFA + operand
    Register,    ///< it is in register `operand`
    Expression,  ///< in memory at the result of the expression at address
                 ///< `operand`
    ValueExpression,
  };
  Kind kind = Same;
  int64_t operand = 0;
};

/// What the tables say about one place: the function it is in, and how to get
/// from its frame to its caller's. It depends on the place alone, so it can be
/// kept.
struct UnwindRow {
  AddressRange code;         ///< of the function
  uint64_t languageData = 0; ///< LSDA, or 0
  uint64_t personality = 0;  ///< or 0
  bool isSignalFrame = false;

  uint64_t returnRegister = 0;
  // The canonical frame address (CFA): a register and an offset, or an
  // expression.
  uint64_t cfaRegister = 0;
  int64_t cfaOffset = 0;
  uint64_t cfaExpression = 0; ///< address of its length, or 0
  UnwindRule rules[Arch::registerCount];
};

/// Finds the function that \p pc lies in. False: there is none.
[[nodiscard]] bool findFunction(const UnwindTables &tables, uint64_t pc,
                                AddressRange &code);

/// Finds the row for \p pc. For every frame but one that was interrupted, that
/// is the return address minus one, since the return address may belong to
/// another function already. False: there is none, or one that we cannot read.
[[nodiscard]] bool findRow(const UnwindTables &tables, uint64_t pc,
                           UnwindRow &row);

/// The landing pad of the call at \p pc, in the function that \p row describes
/// and that has LLVM's table for it (the layout of C++'s, of which only the
/// calls are read); or 0.
[[nodiscard]] uint64_t findLandingPad(const UnwindTables &tables,
                                      const UnwindRow &row, uint64_t pc);

enum class Step : uint8_t {
  Caller, ///< the registers are now the caller's
  End,    ///< the frame is the outermost: its return address is undefined
  Lost,   ///< the row leads out of the stack
};

/// Replaces the registers of a frame by its caller's.
Step step(const UnwindTables &tables, const UnwindRow &row, AddressRange stack,
          Registers &registers);

} // namespace moat::rt
