// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The unwinder. Three layers: a cursor that reads the tables and never leaves
// them; the search from a pc to its FDE (.eh_frame_hdr's sorted table) and its
// CIE; and the call frame program, run up to the pc, whose rules give the
// caller's registers.

#include "Unwind.h"
#include <elf.h>

namespace moat::rt {

namespace {

// LSB Core 5.0, 10.5.1 DWARF Exception Header Encoding.
enum PointerEncoding : uint8_t {
  PointerAbsolute = 0x00,
  PointerULeb = 0x01,
  PointerU16 = 0x02,
  PointerU32 = 0x03,
  PointerU64 = 0x04,
  PointerSLeb = 0x09,
  PointerS16 = 0x0a,
  PointerS32 = 0x0b,
  PointerS64 = 0x0c,
  PointerFormat = 0x0f,
  PointerPcRelative = 0x10,
  PointerDataRelative = 0x30,
  PointerRelation = 0x70,
  PointerIndirect = 0x80,
  PointerOmitted = 0xff,
};

// DWARF 5, 7.24 Call Frame Information.
enum FrameInstruction : uint8_t {
  CfaAdvanceLoc = 0x40, // in the two high bits, with an operand in the others
  CfaOffset = 0x80,
  CfaRestore = 0xc0,
  CfaNop = 0x00,
  CfaSetLoc = 0x01,
  CfaAdvanceLoc1 = 0x02,
  CfaAdvanceLoc2 = 0x03,
  CfaAdvanceLoc4 = 0x04,
  CfaOffsetExtended = 0x05,
  CfaRestoreExtended = 0x06,
  CfaUndefined = 0x07,
  CfaSameValue = 0x08,
  CfaRegister = 0x09,
  CfaRememberState = 0x0a,
  CfaRestoreState = 0x0b,
  CfaDefCfa = 0x0c,
  CfaDefCfaRegister = 0x0d,
  CfaDefCfaOffset = 0x0e,
  CfaDefCfaExpression = 0x0f,
  CfaExpression = 0x10,
  CfaOffsetExtendedSf = 0x11,
  CfaDefCfaSf = 0x12,
  CfaDefCfaOffsetSf = 0x13,
  CfaValOffset = 0x14,
  CfaValOffsetSf = 0x15,
  CfaValExpression = 0x16,
  CfaGnuArgsSize = 0x2e,
};

/// Reads little-endian numbers from memory of a known range. The first read
/// past its end makes the cursor bad for good; bad reads give 0.
class Cursor {
public:
  Cursor(AddressRange range, uint64_t at) : at(at), range(range) {
    isGood = range.contains(at, 0);
  }
  explicit Cursor(AddressRange range) : Cursor(range, range.begin) {}

  uint64_t at;
  bool isGood;

  bool isAtEnd() const { return !isGood || at >= range.end; }
  void fail() { isGood = false; }

  template <typename T>
  T read() {
    if (!isGood || !range.contains(at, sizeof(T))) {
      isGood = false;
      return 0;
    }
    T value;
    __builtin_memcpy(&value, reinterpret_cast<const void *>(at), sizeof(T));
    at += sizeof(T);
    return value;
  }

  void skip(uint64_t sizeBytes) {
    if (!isGood || !range.contains(at, sizeBytes)) {
      isGood = false;
      return;
    }
    at += sizeBytes;
  }

  uint64_t readULeb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      uint8_t byte = read<uint8_t>();
      if (shift < 64)
        value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return value;
    }
  }

  int64_t readSLeb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      uint8_t byte = read<uint8_t>();
      if (shift < 64)
        value |= uint64_t(byte & 0x7f) << shift;
      if (byte & 0x80)
        continue;
      if ((byte & 0x40) && shift + 7 < 64)
        value |= ~uint64_t(0) << (shift + 7);
      return static_cast<int64_t>(value);
    }
  }

  /// An encoded pointer; \p dataBase is what data-relative ones count from.
  /// Indirect ones stay the address of the pointer.
  uint64_t readPointer(uint8_t encoding, uint64_t dataBase = 0) {
    if (encoding == PointerOmitted)
      return 0;
    uint64_t place = at;
    uint64_t value = readFormat(encoding & PointerFormat);
    if (value == 0)
      return 0;
    switch (encoding & PointerRelation) {
    case PointerAbsolute:
      return value;
    case PointerPcRelative:
      return place + value;
    case PointerDataRelative:
      return dataBase + value;
    }
    fail();
    return 0;
  }

private:
  AddressRange range;

  uint64_t readFormat(uint8_t format) {
    switch (format) {
    case PointerAbsolute:
    case PointerU64:
    case PointerS64:
      return read<uint64_t>();
    case PointerULeb:
      return readULeb();
    case PointerSLeb:
      return static_cast<uint64_t>(readSLeb());
    case PointerU16:
      return read<uint16_t>();
    case PointerS16:
      return static_cast<uint64_t>(int64_t(read<int16_t>()));
    case PointerU32:
      return read<uint32_t>();
    case PointerS32:
      return static_cast<uint64_t>(int64_t(read<int32_t>()));
    }
    fail();
    return 0;
  }
};

} // namespace

// Finding tables.

bool UnwindTables::locate(const void *elfHeader) {
  auto *file = static_cast<const Elf64_Ehdr *>(elfHeader);
  if (!file || __builtin_memcmp(file->e_ident, ELFMAG, SELFMAG) != 0 ||
      file->e_phentsize != sizeof(Elf64_Phdr))
    return false;
  auto *segments = reinterpret_cast<const Elf64_Phdr *>(
      reinterpret_cast<const char *>(elfHeader) + file->e_phoff);

  // The segment with the file's beginning says how far it was moved from where
  // it was linked.
  uint64_t bias = 0;
  uint64_t headerAddress = 0, headerBytes = 0;
  bool hasFirst = false;
  for (unsigned i = 0; i < file->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0) {
      bias = reinterpret_cast<uint64_t>(elfHeader) - segments[i].p_vaddr;
      hasFirst = true;
    }
    if (segments[i].p_type == PT_GNU_EH_FRAME) {
      headerAddress = segments[i].p_vaddr;
      headerBytes = segments[i].p_memsz;
    }
  }
  if (!hasFirst || !headerBytes)
    return false;
  header = {bias + headerAddress, bias + headerAddress + headerBytes};

  Cursor cursor(header);
  uint8_t version = cursor.read<uint8_t>();
  uint8_t frameEncoding = cursor.read<uint8_t>();
  uint8_t countEncoding = cursor.read<uint8_t>();
  uint8_t tableEncoding = cursor.read<uint8_t>();
  uint64_t frameAddress = cursor.readPointer(frameEncoding, header.begin);
  searchCount = cursor.readPointer(countEncoding, header.begin);
  searchTable = cursor.at;
  if (!cursor.isGood || version != 1 ||
      tableEncoding != (PointerDataRelative | PointerS32) ||
      searchCount > (header.end - searchTable) / 8)
    return false;

  frames = {};
  image = {~uint64_t(0), 0};
  for (unsigned i = 0; i < file->e_phnum; ++i) {
    if (segments[i].p_type != PT_LOAD)
      continue;
    uint64_t begin = bias + segments[i].p_vaddr;
    uint64_t end = begin + segments[i].p_memsz;
    image.begin = begin < image.begin ? begin : image.begin;
    image.end = end > image.end ? end : image.end;
    if (AddressRange{begin, end}.contains(frameAddress))
      frames = {frameAddress, end};
  }
  return frames.begin != 0;
}

/// The address of the FDE of the last function that begins at or below \p pc,
/// or 0.
static uint64_t searchFrame(const UnwindTables &tables, uint64_t pc) {
  auto *rows = reinterpret_cast<const int32_t *>(tables.searchTable);
  uint64_t low = 0, high = tables.searchCount;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (tables.header.begin + int64_t(rows[2 * middle]) <= pc)
      low = middle + 1;
    else
      high = middle;
  }
  return low ? tables.header.begin + int64_t(rows[2 * low - 1]) : 0;
}

/// Reads the length in front of a CIE or FDE at \p address. \returns its range
/// behind the length; empty if it is none.
static AddressRange readEntry(const UnwindTables &tables, uint64_t address) {
  Cursor cursor(tables.frames, address);
  uint64_t sizeBytes = cursor.read<uint32_t>();
  if (sizeBytes == 0xffffffff)
    sizeBytes = cursor.read<uint64_t>();
  if (!cursor.isGood || !tables.frames.contains(cursor.at, sizeBytes))
    return {};
  return {cursor.at, cursor.at + sizeBytes};
}

namespace {

/// What a function's FDE and its CIE say, but for what goes into the row.
struct Entry {
  AddressRange code;
  AddressRange commonProgram, program;
  uint64_t codeAlignment = 1;
  int64_t dataAlignment = 1;
  uint8_t pointerEncoding = PointerAbsolute;
  uint8_t languageDataEncoding = PointerOmitted;
  bool hasAugmentation = false;
};

} // namespace

/// Reads the CIE at \p address. LSB Core 5.0, 10.6.1.1.1.
static bool readCommon(const UnwindTables &tables, uint64_t address,
                       Entry &entry, UnwindRow &row) {
  AddressRange range = readEntry(tables, address);
  Cursor cursor(range);
  uint32_t id = cursor.read<uint32_t>();
  uint8_t version = cursor.read<uint8_t>();
  if (!cursor.isGood || id != 0 || (version != 1 && version != 3))
    return false;
  uint64_t augmentation = cursor.at;
  while (cursor.read<char>())
    ;
  entry.codeAlignment = cursor.readULeb();
  entry.dataAlignment = cursor.readSLeb();
  row.returnRegister =
      version == 1 ? cursor.read<uint8_t>() : cursor.readULeb();
  if (!cursor.isGood)
    return false;

  Cursor letters(range, augmentation);
  uint64_t programBegin = cursor.at;
  while (char letter = letters.read<char>()) {
    switch (letter) {
    case 'z': {
      uint64_t sizeBytes = cursor.readULeb();
      programBegin = cursor.at + sizeBytes;
      entry.hasAugmentation = true;
      continue;
    }
    case 'R':
      entry.pointerEncoding = cursor.read<uint8_t>();
      continue;
    case 'L':
      entry.languageDataEncoding = cursor.read<uint8_t>();
      continue;
    case 'P': {
      uint8_t encoding = cursor.read<uint8_t>();
      row.personality = cursor.readPointer(encoding);
      continue;
    }
    case 'S':
      row.isSignalFrame = true;
      continue;
    case 'B': // aarch64: return addresses are signed; ours are not
      continue;
    }
    return false;
  }
  entry.commonProgram = {programBegin, range.end};
  return cursor.isGood && range.contains(programBegin, 0);
}

/// Reads the FDE of the function that \p pc lies in, and its CIE.
static bool findEntry(const UnwindTables &tables, uint64_t pc, Entry &entry,
                      UnwindRow &row) {
  AddressRange range = readEntry(tables, searchFrame(tables, pc));
  Cursor cursor(range);
  uint64_t place = cursor.at;
  uint32_t toCommon = cursor.read<uint32_t>();
  if (!cursor.isGood || toCommon == 0 ||
      !readCommon(tables, place - toCommon, entry, row))
    return false;

  entry.code.begin = cursor.readPointer(entry.pointerEncoding);
  entry.code.end = entry.code.begin +
                   cursor.readPointer(entry.pointerEncoding & PointerFormat);
  if (entry.hasAugmentation) {
    uint64_t sizeBytes = cursor.readULeb();
    uint64_t programBegin = cursor.at + sizeBytes;
    row.languageData = cursor.readPointer(entry.languageDataEncoding);
    cursor.at = programBegin;
  }
  entry.program = {cursor.at, range.end};
  return cursor.isGood && range.contains(cursor.at, 0) &&
         entry.code.contains(pc);
}

bool findFunction(const UnwindTables &tables, uint64_t pc, AddressRange &code) {
  Entry entry;
  UnwindRow row;
  if (!findEntry(tables, pc, entry, row))
    return false;
  code = entry.code;
  return true;
}

// Running a call frame program.

namespace {

class FrameProgram {
public:
  FrameProgram(const Entry &entry, uint64_t pc, UnwindRow &row)
      : entry(entry), pc(pc), row(row), location(entry.code.begin) {}

  /// Runs both programs up to the pc; the row is then the pc's. False: an
  /// instruction is unknown.
  bool run() {
    if (!execute(entry.commonProgram))
      return false;
    initial = row;
    return execute(entry.program);
  }

private:
  const Entry &entry;
  uint64_t pc;
  UnwindRow &row;
  uint64_t location;
  UnwindRow initial;
  // Compilers nest remembered states one deep; hand-written code sometimes two.
  static constexpr unsigned maximumDepth = 4;
  UnwindRow remembered[maximumDepth];
  unsigned depth = 0;

  void set(uint64_t number, UnwindRule::Kind kind, int64_t operand = 0) {
    // Vector and status registers have numbers too; nobody asks for them.
    if (number < Arch::registerCount)
      row.rules[number] = {kind, operand};
  }

  void restore(uint64_t number) {
    if (number < Arch::registerCount)
      row.rules[number] = initial.rules[number];
  }

  /// \returns false when the rows from here on are for later places than the
  /// pc.
  bool advance(uint64_t delta) {
    location += delta * entry.codeAlignment;
    return location <= pc;
  }

  void skipExpression(Cursor &cursor) { cursor.skip(cursor.readULeb()); }

  bool execute(AddressRange program) {
    Cursor cursor(program);
    while (!cursor.isAtEnd()) {
      uint8_t byte = cursor.read<uint8_t>();
      uint8_t low = byte & 0x3f;
      switch (byte & 0xc0) {
      case CfaAdvanceLoc:
        if (!advance(low))
          return true;
        continue;
      case CfaOffset:
        set(low, UnwindRule::Offset,
            int64_t(cursor.readULeb()) * entry.dataAlignment);
        continue;
      case CfaRestore:
        restore(low);
        continue;
      }
      switch (byte) {
      case CfaNop:
        continue;
      case CfaAdvanceLoc1:
        if (!advance(cursor.read<uint8_t>()))
          return true;
        continue;
      case CfaAdvanceLoc2:
        if (!advance(cursor.read<uint16_t>()))
          return true;
        continue;
      case CfaAdvanceLoc4:
        if (!advance(cursor.read<uint32_t>()))
          return true;
        continue;
      case CfaOffsetExtended: {
        uint64_t number = cursor.readULeb();
        set(number, UnwindRule::Offset,
            int64_t(cursor.readULeb()) * entry.dataAlignment);
        continue;
      }
      case CfaOffsetExtendedSf: {
        uint64_t number = cursor.readULeb();
        set(number, UnwindRule::Offset,
            cursor.readSLeb() * entry.dataAlignment);
        continue;
      }
      case CfaValOffset: {
        uint64_t number = cursor.readULeb();
        set(number, UnwindRule::ValueOffset,
            int64_t(cursor.readULeb()) * entry.dataAlignment);
        continue;
      }
      case CfaValOffsetSf: {
        uint64_t number = cursor.readULeb();
        set(number, UnwindRule::ValueOffset,
            cursor.readSLeb() * entry.dataAlignment);
        continue;
      }
      case CfaRestoreExtended:
        restore(cursor.readULeb());
        continue;
      case CfaUndefined:
        set(cursor.readULeb(), UnwindRule::Undefined);
        continue;
      case CfaSameValue:
        set(cursor.readULeb(), UnwindRule::Same);
        continue;
      case CfaRegister: {
        uint64_t number = cursor.readULeb();
        set(number, UnwindRule::Register, int64_t(cursor.readULeb()));
        continue;
      }
      case CfaRememberState:
        if (depth == maximumDepth)
          return false;
        remembered[depth++] = row;
        continue;
      case CfaRestoreState:
        if (depth == 0)
          return false;
        row = remembered[--depth];
        continue;
      case CfaDefCfa:
        row.cfaRegister = cursor.readULeb();
        row.cfaOffset = int64_t(cursor.readULeb());
        row.cfaExpression = 0;
        continue;
      case CfaDefCfaSf:
        row.cfaRegister = cursor.readULeb();
        row.cfaOffset = cursor.readSLeb() * entry.dataAlignment;
        row.cfaExpression = 0;
        continue;
      case CfaDefCfaRegister:
        row.cfaRegister = cursor.readULeb();
        row.cfaExpression = 0;
        continue;
      case CfaDefCfaOffset:
        row.cfaOffset = int64_t(cursor.readULeb());
        continue;
      case CfaDefCfaOffsetSf:
        row.cfaOffset = cursor.readSLeb() * entry.dataAlignment;
        continue;
      case CfaDefCfaExpression:
        row.cfaExpression = cursor.at;
        skipExpression(cursor);
        continue;
      case CfaExpression:
      case CfaValExpression: {
        uint64_t number = cursor.readULeb();
        set(number,
            byte == CfaExpression ? UnwindRule::Expression
                                  : UnwindRule::ValueExpression,
            int64_t(cursor.at));
        skipExpression(cursor);
        continue;
      }
      case CfaGnuArgsSize:
        cursor.readULeb();
        continue;
      }
      return false;
    }
    return cursor.isGood;
  }
};

/// The few DWARF operations that frame tables of compilers contain (frames
/// realigned or with a dynamic part, and procedure linkage tables). DWARF
/// 5, 2.5.
class Expression {
public:
  Expression(AddressRange tables, AddressRange stackRange,
             const Registers &registers)
      : tables(tables), stackRange(stackRange), registers(registers) {}

  /// Evaluates the expression whose length is at \p address. False: it cannot
  /// be.
  bool evaluate(uint64_t address, uint64_t initial, bool hasInitial,
                uint64_t &result) {
    Cursor length(tables, address);
    uint64_t sizeBytes = length.readULeb();
    if (!length.isGood || !tables.contains(length.at, sizeBytes))
      return false;
    Cursor cursor(AddressRange{length.at, length.at + sizeBytes});
    if (hasInitial)
      push(initial);
    while (isGood && !cursor.isAtEnd())
      operate(cursor);
    if (!isGood || !cursor.isGood || depth == 0)
      return false;
    result = stack[depth - 1];
    return true;
  }

private:
  AddressRange tables, stackRange;
  const Registers &registers;
  static constexpr unsigned maximumDepth = 16;
  uint64_t stack[maximumDepth];
  unsigned depth = 0;
  bool isGood = true;

  void push(uint64_t value) {
    if (depth == maximumDepth) {
      isGood = false;
      return;
    }
    stack[depth++] = value;
  }

  uint64_t pop() {
    if (depth == 0) {
      isGood = false;
      return 0;
    }
    return stack[--depth];
  }

  uint64_t registerValue(uint64_t number) {
    if (number == Arch::pcRegister)
      return registers.pc;
    if (number < Arch::registerCount)
      return registers.value[number];
    isGood = false;
    return 0;
  }

  void operate(Cursor &cursor) {
    uint8_t operation = cursor.read<uint8_t>();
    if (operation >= 0x30 && operation <= 0x4f) // DW_OP_lit0 to lit31
      return push(operation - 0x30);
    if (operation >= 0x70 && operation <= 0x8f) { // DW_OP_breg0 to breg31
      uint64_t base = registerValue(operation - 0x70);
      return push(base + static_cast<uint64_t>(cursor.readSLeb()));
    }
    switch (operation) {
    case 0x06: { // DW_OP_deref
      uint64_t address = pop();
      if (!stackRange.contains(address, 8)) {
        isGood = false;
        return;
      }
      uint64_t value;
      __builtin_memcpy(&value, reinterpret_cast<const void *>(address), 8);
      return push(value);
    }
    case 0x08: // DW_OP_const1u
      return push(cursor.read<uint8_t>());
    case 0x09: // DW_OP_const1s
      return push(static_cast<uint64_t>(int64_t(cursor.read<int8_t>())));
    case 0x0a: // DW_OP_const2u
      return push(cursor.read<uint16_t>());
    case 0x0b: // DW_OP_const2s
      return push(static_cast<uint64_t>(int64_t(cursor.read<int16_t>())));
    case 0x0c: // DW_OP_const4u
      return push(cursor.read<uint32_t>());
    case 0x0d: // DW_OP_const4s
      return push(static_cast<uint64_t>(int64_t(cursor.read<int32_t>())));
    case 0x10: // DW_OP_constu
      return push(cursor.readULeb());
    case 0x11: // DW_OP_consts
      return push(static_cast<uint64_t>(cursor.readSLeb()));
    case 0x12: { // DW_OP_dup
      uint64_t top = pop();
      push(top);
      return push(top);
    }
    case 0x1a: { // DW_OP_and
      uint64_t right = pop();
      return push(pop() & right);
    }
    case 0x1c: { // DW_OP_minus
      uint64_t right = pop();
      return push(pop() - right);
    }
    case 0x22: { // DW_OP_plus
      uint64_t right = pop();
      return push(pop() + right);
    }
    case 0x23: // DW_OP_plus_uconst
      return push(pop() + cursor.readULeb());
    case 0x24: { // DW_OP_shl
      uint64_t right = pop();
      uint64_t left = pop();
      return push(right < 64 ? left << right : 0);
    }
    case 0x2a: { // DW_OP_ge
      auto right = static_cast<int64_t>(pop());
      return push(static_cast<int64_t>(pop()) >= right);
    }
    case 0x92: { // DW_OP_bregx
      uint64_t base = registerValue(cursor.readULeb());
      return push(base + static_cast<uint64_t>(cursor.readSLeb()));
    }
    }
    isGood = false;
  }
};

} // namespace

bool findRow(const UnwindTables &tables, uint64_t pc, UnwindRow &row) {
  Entry entry;
  row = {};
  if (!findEntry(tables, pc, entry, row) || !FrameProgram(entry, pc, row).run())
    return false;
  row.code = entry.code;
  return row.returnRegister < Arch::registerCount;
}

uint64_t findLandingPad(const UnwindTables &tables, const UnwindRow &row,
                        uint64_t pc) {
  if (!row.languageData)
    return 0;
  Cursor cursor(tables.image, row.languageData);
  uint64_t base = row.code.begin;
  uint8_t baseEncoding = cursor.read<uint8_t>();
  if (baseEncoding != PointerOmitted)
    base = cursor.readPointer(baseEncoding);
  if (cursor.read<uint8_t>() != PointerOmitted)
    cursor.readULeb(); // where the types end
  uint8_t encoding = cursor.read<uint8_t>() & PointerFormat;
  uint64_t sizeBytes = cursor.readULeb();
  uint64_t end = cursor.at + sizeBytes;
  uint64_t offset = pc - row.code.begin;
  while (cursor.isGood && cursor.at < end) {
    uint64_t begin = cursor.readPointer(encoding);
    uint64_t length = cursor.readPointer(encoding);
    uint64_t landing = cursor.readPointer(encoding);
    cursor.readULeb(); // what the landing pad is for
    if (offset - begin < length)
      return cursor.isGood && landing ? base + landing : 0;
  }
  return 0;
}

Step step(const UnwindTables &tables, const UnwindRow &row, AddressRange stack,
          Registers &registers) {
  if (row.rules[row.returnRegister].kind == UnwindRule::Undefined)
    return Step::End;

  uint64_t cfa;
  if (row.cfaExpression) {
    if (!Expression(tables.frames, stack, registers)
             .evaluate(row.cfaExpression, 0, false, cfa))
      return Step::Lost;
  } else {
    if (row.cfaRegister >= Arch::registerCount)
      return Step::Lost;
    cfa =
        registers.value[row.cfaRegister] + static_cast<uint64_t>(row.cfaOffset);
  }
  // Stacks grow down, so a caller's frame is above: this is what makes a walk
  // end.
  if (cfa < registers.sp() || cfa > stack.end || cfa < stack.begin)
    return Step::Lost;

  Registers caller = registers;
  caller.value[Arch::stackPointer] = cfa;
  for (unsigned i = 0; i < Arch::registerCount; ++i) {
    const UnwindRule &rule = row.rules[i];
    uint64_t address = cfa + static_cast<uint64_t>(rule.operand);
    switch (rule.kind) {
    case UnwindRule::Same:
    case UnwindRule::Undefined:
      continue;
    case UnwindRule::ValueOffset:
      caller.value[i] = address;
      continue;
    case UnwindRule::Register:
      if (rule.operand < 0 || rule.operand >= int64_t(Arch::registerCount))
        return Step::Lost;
      caller.value[i] = registers.value[rule.operand];
      continue;
    case UnwindRule::Expression:
    case UnwindRule::ValueExpression:
      if (!Expression(tables.frames, stack, registers)
               .evaluate(static_cast<uint64_t>(rule.operand), cfa, true,
                         address))
        return Step::Lost;
      if (rule.kind == UnwindRule::ValueExpression) {
        caller.value[i] = address;
        continue;
      }
      break;
    case UnwindRule::Offset:
      break;
    }
    if (!stack.contains(address, 8))
      return Step::Lost;
    __builtin_memcpy(&caller.value[i], reinterpret_cast<const void *>(address),
                     8);
  }
  caller.pc = caller.value[row.returnRegister];
  if (caller.pc == 0)
    return Step::End;
  if (cfa == registers.sp() && caller.pc == registers.pc)
    return Step::Lost;
  registers = caller;
  return Step::Caller;
}

} // namespace moat::rt
