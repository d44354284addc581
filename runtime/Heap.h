// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The garbage-collected heap of one context: structures, arrays, exceptions.
//
// Nothing moves. A reserved region is cut into blocks of 64 KiB, aligned to
// their size. A block holds cells of one size; what is too large for that has
// blocks of its own. Two bits of each 16 bytes say where cells in use begin:
// one as the last collection left them, one as the running collection finds
// them. Compiled code takes cells from the front of a run, which is a maximal
// stretch of free cells (abi::AllocationRun); allocate() finds the next run by
// looking for the next bit, and so sweeps a block no earlier than it needs its
// cells.
//
//   collect():  clear marks  ->  visit roots, follow references  ->  the marks
//               are what is in use  ->  blocks without any are free
//
// Roots are words by value: one that is an address in a cell in use, or just
// behind an array's last element, keeps it. References inside objects are found
// by their types (abi::TypeIdentity).

#pragma once

#include "moat/abi/Layout.h"
#include <cstdint>

namespace moat::rt {

class Heap;

struct HeapOptions {
  /// Of the blocks in use, rounded down to whole ones. Unit: bytes.
  uint64_t limitBytes = UINT64_MAX;
  /// Hands its roots to Heap::visit.
  void (*visitRoots)(Heap &heap, void *owner) = nullptr;
  void *owner = nullptr; ///< for visitRoots

  // For tests.
  /// Every allocation collects, and overwrites what is free.
  bool isStressed = false;
  /// What the mark stack holds at most; 0: as much as the heap's size asks for.
  uint64_t markStackEntries = 0;
};

struct HeapStatistics {
  uint64_t collectionCount;
  uint64_t liveBytes;      ///< of cells, after the last collection
  uint64_t usedBytes;      ///< of blocks
  uint64_t committedBytes; ///< of the region, whether resident or not
  uint64_t rescanCount;    ///< passes because the mark stack was full
};

class Heap {
public:
  /// A heap whose small cells are handed out by \p runs, the array of a
  /// context, all empty so far. Takes less address space where that is
  /// limited. Null: there is none.
  static Heap *create(abi::AllocationRun *runs, const HeapOptions &options);
  static void destroy(Heap *heap);

  /// A cell for an object of \p sizeBytes, not cleared. May collect; whoever
  /// calls fills in the object before anything else is allocated. Null: the
  /// limit is reached, or memory is exhausted.
  void *allocate(uint64_t sizeBytes);

  void collect();

  /// Within visitRoots: \p count words that may be references.
  void visit(const void *words, uint64_t count);

  /// Keeps the object that \p reference points into, if it does, for as long
  /// as the heap lives.
  void pin(const void *reference);

  /// Whether \p reference points into an object, used or unreachable.
  bool contains(const void *reference) const {
    return findCell(reinterpret_cast<uint64_t>(reference)) != noCell;
  }

  HeapStatistics statistics() const;

  Heap(const Heap &) = delete;
  Heap &operator=(const Heap &) = delete;

private:
  Heap() = default;

  static constexpr unsigned blockLog2 = 16;
  static constexpr uint64_t blockBytes = uint64_t(1) << blockLog2;
  static constexpr unsigned granuleLog2 = 4;
  /// A bit for each in the bitmaps.
  static constexpr uint32_t blockGranules = 1 << (blockLog2 - granuleLog2);
  static constexpr uint32_t blockWords = blockGranules / 64;
  static constexpr unsigned classCount = 51;
  static constexpr uint32_t noBlock = UINT32_MAX;
  static constexpr uint64_t noCell = UINT64_MAX;

  /// Sizes of cells in granules. The first ones are those of
  /// abi::Context::runs; of the others a block holds a whole number with little
  /// left over.
  static const uint16_t classGranules[classCount];
  static_assert(abi::cellBytes == 1 << granuleLog2);

  struct Block {
    enum Kind : uint8_t {
      Free,
      Cells,
      Large,     ///< the first block of a large object
      LargeRest, ///< each further one
    };
    Kind kind;
    bool isDirty; ///< of a free one: was used, and not given back since
    uint8_t cellClass;
    uint8_t padding;
    uint16_t cursor;   ///< cells in front of it are in use, or in the class's
                       ///< run; unit: granules
    uint16_t pinCount; ///< pinned objects
    uint32_t next;     ///< of Cells: the next block with free cells; of Large:
                       ///< the number of blocks; of LargeRest: how many blocks
                       ///< further back it begins
  };
  static_assert(sizeof(Block) == 12);

  /// Blocks with free cells of a class.
  struct Class {
    uint32_t current = noBlock; ///< the run was taken from it
    uint32_t next = noBlock;    ///< then come this and those behind it
  };

  // The region, and beside it a table for each property of its blocks.
  uint64_t base = 0; ///< address of block 0
  uint32_t blockCount = 0;
  uint32_t committedBlocks = 0; ///< the first ones are accessible
  uint64_t committedBytes = 0;
  uint64_t mappedAddress = 0, mappedBytes = 0;
  Block *blocks = nullptr;
  uint64_t *usedBlocks = nullptr; ///< a bit for each block
  uint64_t *live = nullptr;       ///< as the last collection left it
  uint64_t *marks = nullptr;      ///< as the running one finds it
  uint64_t *pins = nullptr;

  // Allocation.
  Class classes[classCount];
  abi::AllocationRun *contextRuns = nullptr;
  abi::AllocationRun ownRuns[classCount - abi::allocationClassCount] = {};
  uint32_t usedBlockCount = 0, limitBlocks = 0;
  uint32_t firstFree = 0;      ///< no block in front of it is free
  uint64_t allocatedBytes = 0; ///< since the last collection
  uint64_t triggerBytes = 0;   ///< collect when they reach this
  uint64_t liveBytes = 0;

  // Marking. An entry is a marked object whose references were not looked at:
  // its offset in the region. With its lowest bit set it is an array, and the
  // entry beneath is the element to go on with.
  uint64_t *markStack = nullptr;
  uint64_t markStackSize = 0, markStackCapacity = 0;
  uint64_t lowestDropped = UINT64_MAX, highestDropped = 0;

  HeapOptions options;
  uint64_t collectionCount = 0, rescanCount = 0;

  static Heap *map(uint32_t blockCount, bool isLimited);

  abi::AllocationRun &runOf(unsigned cellClass) {
    return cellClass < abi::allocationClassCount
               ? contextRuns[cellClass]
               : ownRuns[cellClass - abi::allocationClassCount];
  }
  const abi::AllocationRun &runOf(unsigned cellClass) const {
    return const_cast<Heap *>(this)->runOf(cellClass);
  }
  bool takeRun(unsigned cellClass);
  bool takeRunOf(uint32_t block, abi::AllocationRun &run);
  void *allocateLarge(uint64_t sizeBytes);
  uint32_t takeBlocks(uint32_t count);
  uint32_t findFreeBlocks(uint32_t count) const;
  bool commitBlocks(uint32_t end);
  bool wantsCollection() const {
    return allocatedBytes >= triggerBytes || options.isStressed;
  }

  uint64_t findCell(uint64_t word) const;
  bool endsAt(uint64_t cell, uint64_t word) const;
  void visitWord(uint64_t word);
  void markCell(uint64_t cell);
  void push(uint64_t cell);
  void follow(uint64_t reference);
  void scan(uint64_t cell);
  void scanElements(uint64_t cell, uint64_t first);
  void scanValues(uint64_t cell);
  void visitPins();
  void drain();
  void rescan();

  void clearMarks();
  void sweep();
  void freeBlocks(uint32_t first, uint32_t count);
  void overwriteFree(uint32_t block);
};

} // namespace moat::rt
