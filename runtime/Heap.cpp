// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The garbage-collected heap. In this order: bitmaps, the mapping, blocks,
// allocation, roots, marking, sweeping.

#include "Heap.h"
#include "Host/Host.h"
#include "Host/Syscall.h"
#include <algorithm>
#include <bit>
#include <cstring>

namespace moat::rt {

/// The region where nothing limits it: what 32 bits of blocks' cells and the
/// largest object need, and little enough for a process to have several.
static constexpr uint64_t maximumRegionBytes = uint64_t(64) << 30;
static constexpr uint64_t minimumRegionBytes = 256 << 10;
/// The region begins, and larger parts of it are committed, in units of huge
/// pages.
static constexpr uint64_t hugePageBytes = 2 << 20;
/// A collection is worth its fixed costs when at least this was allocated.
static constexpr uint64_t minimumTriggerBytes = 8 << 20;
/// Below this heaps may triple between collections, above it double: where it
/// is cheap, memory buys time.
static constexpr uint64_t ampleBytes = 64 << 20;
/// Heaps below this size do without huge pages.
static constexpr uint64_t hugeHeapBytes = 8 << 20;
static constexpr uint64_t minimumCommitBytes = 1 << 20;
static constexpr uint64_t maximumCommitBytes = 64 << 20;
/// The mark stack has an entry for each so many bytes committed, so that a full
/// one, and another pass, can happen few times in a collection.
static constexpr uint64_t markStackShare = 256;
static constexpr uint64_t minimumMarkStackEntries = 4096;
/// Objects whose first bytes are on their way into the cache.
static constexpr unsigned prefetchDistance = 16;
/// Elements of an array that are looked at before their referents.
static constexpr uint64_t elementsAtOnce = 128;

const uint16_t Heap::classGranules[classCount] = {
    1,   2,   3,   4,   5,   6,   7,   8,   9,   10,   11,   12,  13,
    14,  15,  16,  17,  18,  19,  20,  21,  22,  23,   24,   25,  26,
    27,  28,  29,  30,  31,  32,  40,  48,  64,  80,   96,   128, 160,
    204, 256, 292, 341, 409, 512, 585, 682, 819, 1024, 1365, 2048};

// Bitmaps.

static bool testBit(const uint64_t *bits, uint64_t index) {
  return bits[index / 64] >> (index % 64) & 1;
}

/// The first bit in [from, end) that is \p value, or \p end.
static uint64_t findBit(const uint64_t *bits, uint64_t from, uint64_t end,
                        bool value) {
  if (from >= end)
    return end;
  uint64_t flip = value ? 0 : ~uint64_t(0);
  uint64_t word = (bits[from / 64] ^ flip) >> (from % 64);
  if (word)
    return std::min(end, from + static_cast<unsigned>(std::countr_zero(word)));
  for (uint64_t i = from / 64 + 1; i * 64 < end; ++i) {
    word = bits[i] ^ flip;
    if (word)
      return std::min(end,
                      i * 64 + static_cast<unsigned>(std::countr_zero(word)));
  }
  return end;
}

static void setBits(uint64_t *bits, uint64_t first, uint64_t count,
                    bool value) {
  for (uint64_t i = first; i < first + count; ++i) {
    uint64_t bit = uint64_t(1) << (i % 64);
    bits[i / 64] = value ? bits[i / 64] | bit : bits[i / 64] & ~bit;
  }
}

// The mapping.

namespace {

/// What lies in front of the region, in this order; offsets in bytes.
struct Tables {
  uint64_t blocks, usedBlocks, live, marks, pins, markStack;
  uint64_t sizeBytes;
};

} // namespace

static constexpr uint64_t roundTo(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

static Tables tablesFor(uint64_t blockCount, uint64_t heapBytes,
                        uint64_t rowBytes, uint64_t bitmapBytes,
                        uint64_t markStackBytes) {
  uint64_t end = roundTo(heapBytes, host::pageBytes);
  auto place = [&](uint64_t sizeBytes) {
    uint64_t offset = end;
    end = roundTo(end + sizeBytes, host::pageBytes);
    return offset;
  };
  Tables tables;
  tables.blocks = place(blockCount * rowBytes);
  tables.usedBlocks = place(roundTo(blockCount, 64) / 8);
  tables.live = place(blockCount * bitmapBytes);
  tables.marks = place(blockCount * bitmapBytes);
  tables.pins = place(blockCount * bitmapBytes);
  tables.markStack = place(markStackBytes);
  tables.sizeBytes = end;
  return tables;
}

/// Maps a heap of \p blockCount blocks, all free. Where address space
/// \p isLimited, some must be left for others.
Heap *Heap::map(uint32_t blockCount, bool isLimited) {
  uint64_t regionBytes = uint64_t(blockCount) << blockLog2;
  uint64_t stackBytes =
      std::max(regionBytes / markStackShare, minimumMarkStackEntries) *
      sizeof(uint64_t);
  Tables tables = tablesFor(blockCount, sizeof(Heap), sizeof(Block),
                            blockWords * sizeof(uint64_t), stackBytes);
  uint64_t needed = tables.sizeBytes + hugePageBytes + regionBytes;
  uint64_t rest = isLimited ? roundTo(regionBytes / 4, host::pageBytes) : 0;
  auto mapped = host::reserve(nullptr, needed + rest);
  if (!mapped)
    return nullptr;
  if (rest)
    host::release(*mapped + needed, rest);
  if (host::commit(*mapped, tables.sizeBytes) != Errno::Success) {
    host::release(*mapped, needed);
    return nullptr;
  }
  auto *heap = new (*mapped) Heap();
  heap->mappedAddress = reinterpret_cast<uint64_t>(*mapped);
  heap->mappedBytes = needed;
  heap->base = roundTo(heap->mappedAddress + tables.sizeBytes, hugePageBytes);
  heap->blockCount = blockCount;
  auto words = [&](uint64_t offset) {
    return reinterpret_cast<uint64_t *>(*mapped + offset);
  };
  heap->blocks = reinterpret_cast<Block *>(*mapped + tables.blocks);
  heap->usedBlocks = words(tables.usedBlocks);
  heap->live = words(tables.live);
  heap->marks = words(tables.marks);
  heap->pins = words(tables.pins);
  heap->markStack = words(tables.markStack);
  return heap;
}

Heap *Heap::create(abi::AllocationRun *runs, const HeapOptions &options) {
  host::recordMemorySyscalls();
  uint64_t wanted = maximumRegionBytes;
  // Twice what may be used, so that room for large objects can be found.
  if (options.limitBytes < maximumRegionBytes / 2)
    wanted = std::max(roundTo(2 * options.limitBytes, blockBytes),
                      minimumRegionBytes);
  Heap *heap = nullptr;
  for (uint64_t bytes = wanted; !heap && bytes >= minimumRegionBytes;
       bytes = bytes / 4 * 3)
    heap = map(static_cast<uint32_t>(bytes >> blockLog2), bytes != wanted);
  if (!heap)
    return nullptr;
  heap->options = options;
  heap->contextRuns = runs;
  heap->limitBlocks = static_cast<uint32_t>(
      std::min<uint64_t>(options.limitBytes >> blockLog2, heap->blockCount));
  heap->triggerBytes = minimumTriggerBytes;
  heap->markStackCapacity = options.markStackEntries ? options.markStackEntries
                                                     : minimumMarkStackEntries;
  return heap;
}

void Heap::destroy(Heap *heap) {
  if (heap)
    host::release(reinterpret_cast<void *>(heap->mappedAddress),
                  heap->mappedBytes);
}

HeapStatistics Heap::statistics() const {
  return {collectionCount, liveBytes, uint64_t(usedBlockCount) << blockLog2,
          committedBytes, rescanCount};
}

// Blocks.

/// The first of \p count free blocks side by side, or noBlock. First fit: the
/// region fills from its beginning, so that its end becomes free.
uint32_t Heap::findFreeBlocks(uint32_t count) const {
  uint64_t at = firstFree;
  for (;;) {
    at = findBit(usedBlocks, at, blockCount, false);
    if (blockCount - at < count)
      return noBlock;
    uint64_t end = findBit(usedBlocks, at, at + count, true);
    if (end == at + count)
      return static_cast<uint32_t>(at);
    at = end;
  }
}

/// Makes the blocks in front of \p end accessible. False: no memory.
bool Heap::commitBlocks(uint32_t end) {
  if (end <= committedBlocks)
    return true;
  uint64_t old = committedBytes;
  uint64_t step = std::clamp(old / 2, minimumCommitBytes, maximumCommitBytes);
  uint64_t all = uint64_t(blockCount) << blockLog2;
  uint64_t needed = uint64_t(end) << blockLog2;
  uint64_t target = std::max(needed, std::min(all, old + step));
  if (target >= hugeHeapBytes)
    target = std::min(all, roundTo(target, hugePageBytes));
  auto *address = reinterpret_cast<uint8_t *>(base + old);
  if (host::commit(address, target - old) != Errno::Success) {
    target = needed;
    if (host::commit(address, target - old) != Errno::Success)
      return false;
  }
  if (target >= hugeHeapBytes)
    host::preferHugePages(address, target - old);
  committedBytes = target;
  committedBlocks = static_cast<uint32_t>(target >> blockLog2);
  if (!options.markStackEntries)
    markStackCapacity =
        std::max(target / markStackShare, minimumMarkStackEntries);
  return true;
}

/// The first of \p count blocks that were free and are no longer, or noBlock.
uint32_t Heap::takeBlocks(uint32_t count) {
  if (count > limitBlocks - usedBlockCount)
    return noBlock;
  uint32_t first = findFreeBlocks(count);
  if (first == noBlock || !commitBlocks(first + count))
    return noBlock;
  setBits(usedBlocks, first, count, true);
  usedBlockCount += count;
  if (count == 1)
    firstFree = first + 1;
  return first;
}

/// Their contents stay until a later collection finds them still free.
void Heap::freeBlocks(uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; ++i) {
    blocks[i] = {};
    blocks[i].isDirty = true;
  }
  setBits(usedBlocks, first, count, false);
  usedBlockCount -= count;
  firstFree = std::min(firstFree, first);
}

// Allocation.

void *Heap::allocate(uint64_t sizeBytes) {
  if (sizeBytes > abi::maximumObjectBytes)
    return nullptr;
  uint64_t granules =
      std::max<uint64_t>(1, (sizeBytes + abi::cellBytes - 1) >> granuleLog2);
  if (granules > classGranules[classCount - 1])
    return allocateLarge(granules << granuleLog2);
  unsigned cellClass = abi::allocationClassCount;
  if (granules <= abi::allocationClassCount)
    cellClass = static_cast<unsigned>(granules) - 1;
  else
    while (classGranules[cellClass] < granules)
      ++cellClass;
  abi::AllocationRun &run = runOf(cellClass);
  if (run.next == run.end && !takeRun(cellClass))
    return nullptr;
  void *cell = run.next;
  run.next += classGranules[cellClass] << granuleLog2;
  return cell;
}

/// Makes the run of a class, which is empty, one that is not. False: there is
/// no memory.
bool Heap::takeRun(unsigned cellClass) {
  bool hasCollected = wantsCollection();
  if (hasCollected)
    collect();
  abi::AllocationRun &run = runOf(cellClass);
  for (;;) {
    Class &cells = classes[cellClass];
    if (cells.current != noBlock && takeRunOf(cells.current, run))
      return true;
    if (cells.next != noBlock) {
      cells.current = cells.next;
      cells.next = blocks[cells.current].next;
      continue;
    }
    uint32_t taken = takeBlocks(1);
    if (taken == noBlock) {
      if (hasCollected)
        return false;
      collect();
      hasCollected = true;
      continue;
    }
    memset(live + uint64_t(taken) * blockWords, 0,
           blockWords * sizeof(uint64_t));
    blocks[taken] = {};
    blocks[taken].kind = Block::Cells;
    blocks[taken].cellClass = static_cast<uint8_t>(cellClass);
    blocks[taken].next = noBlock;
    cells.current = taken;
  }
}

/// The block's next stretch of free cells. False: there is none.
bool Heap::takeRunOf(uint32_t index, abi::AllocationRun &run) {
  Block &block = blocks[index];
  const uint64_t *bits = live + uint64_t(index) * blockWords;
  uint32_t granules = classGranules[block.cellClass];
  uint32_t end = blockGranules / granules * granules;
  uint32_t at = block.cursor;
  while (at < end && testBit(bits, at))
    at += granules;
  if (at >= end) {
    block.cursor = blockGranules;
    return false;
  }
  auto next = static_cast<uint32_t>(findBit(bits, at, end, true));
  if (options.isStressed)
    next = at + granules;
  block.cursor = static_cast<uint16_t>(next);
  uint64_t address = base + (uint64_t(index) << blockLog2);
  run.next = reinterpret_cast<uint8_t *>(address + (at << granuleLog2));
  run.end = reinterpret_cast<uint8_t *>(address + (next << granuleLog2));
  allocatedBytes += (next - at) << granuleLog2;
  return true;
}

void *Heap::allocateLarge(uint64_t sizeBytes) {
  auto count = static_cast<uint32_t>((sizeBytes + blockBytes - 1) >> blockLog2);
  bool hasCollected = wantsCollection();
  if (hasCollected)
    collect();
  uint32_t first = takeBlocks(count);
  if (first == noBlock && !hasCollected) {
    collect();
    first = takeBlocks(count);
  }
  if (first == noBlock)
    return nullptr;
  blocks[first] = {};
  blocks[first].kind = Block::Large;
  blocks[first].next = count;
  for (uint32_t i = 1; i < count; ++i) {
    blocks[first + i] = {};
    blocks[first + i].kind = Block::LargeRest;
    blocks[first + i].next = i;
  }
  allocatedBytes += uint64_t(count) << blockLog2;
  return reinterpret_cast<void *>(base + (uint64_t(first) << blockLog2));
}

// Roots.

/// The offset of the cell in use that \p word points into, or noCell.
uint64_t Heap::findCell(uint64_t word) const {
  uint64_t address = word & ~abi::hostReferenceBit;
  uint64_t offset = address - base;
  if (offset >= committedBytes)
    return noCell;
  uint64_t index = offset >> blockLog2;
  const Block &block = blocks[index];
  switch (block.kind) {
  case Block::Free:
    return noCell;
  case Block::Large:
    return index << blockLog2;
  case Block::LargeRest:
    return (index - block.next) << blockLog2;
  case Block::Cells:
    break;
  }
  uint32_t granules = classGranules[block.cellClass];
  uint32_t inBlock =
      static_cast<uint32_t>(offset >> granuleLog2) % blockGranules;
  uint32_t first = inBlock - inBlock % granules;
  if (first + granules > blockGranules)
    return noCell;
  if (first >= block.cursor) {
    if (!testBit(live + index * blockWords, first))
      return noCell;
  } else {
    // Of what was handed out, the rest of the run is not used yet.
    const abi::AllocationRun &run = runOf(block.cellClass);
    if (address - reinterpret_cast<uint64_t>(run.next) <
        static_cast<uint64_t>(run.end - run.next))
      return noCell;
  }
  return (index << blockLog2) + (uint64_t(first) << granuleLog2);
}

static const abi::TypeIdentity &typeOf(uint64_t object) {
  return **reinterpret_cast<const abi::TypeIdentity *const *>(object);
}

static uint64_t arrayLength(uint64_t object) {
  return *reinterpret_cast<const uint32_t *>(object + abi::arrayLengthOffset);
}

/// Whether the last element of an array in \p cell ends in front of \p word.
bool Heap::endsAt(uint64_t cell, uint64_t word) const {
  const abi::TypeIdentity &type = typeOf(base + cell);
  if (type.kind != abi::TypeKind::Array)
    return false;
  uint64_t end = base + cell + abi::arrayElementsOffset +
                 (arrayLength(base + cell) << type.elementLog2);
  return end == (word & ~abi::hostReferenceBit);
}

void Heap::visitWord(uint64_t word) {
  uint64_t cell = findCell(word);
  if (cell != noCell)
    markCell(cell);
  // A loop over an array may hold the end of it and nothing else.
  bool isBoundary =
      word % abi::cellBytes == 0 &&
      (cell == noCell || base + cell == (word & ~abi::hostReferenceBit));
  if (!isBoundary)
    return;
  uint64_t before = findCell(word - 1);
  if (before != noCell && endsAt(before, word))
    markCell(before);
}

// Among the words are those of other functions' frames, redzones included.
[[gnu::no_sanitize("address")]]
void Heap::visit(const void *words, uint64_t count) {
  auto *each = static_cast<const uint64_t *>(words);
  for (uint64_t i = 0; i < count; ++i) {
    // Most words are none of the region's, or of what lies behind it.
    if ((each[i] & ~abi::hostReferenceBit) - base <= committedBytes)
      visitWord(each[i]);
    if (markStackSize > markStackCapacity / 2)
      drain();
  }
}

void Heap::pin(const void *reference) {
  uint64_t cell = findCell(reinterpret_cast<uint64_t>(reference));
  if (cell == noCell || testBit(pins, cell >> granuleLog2))
    return;
  setBits(pins, cell >> granuleLog2, 1, true);
  ++blocks[cell >> blockLog2].pinCount;
}

void Heap::visitPins() {
  for (uint64_t i = 0; i < committedBlocks; ++i) {
    uint64_t end = (i + 1) * blockGranules;
    uint64_t at = i * blockGranules;
    for (uint32_t left = blocks[i].pinCount; left; --left) {
      at = findBit(pins, at, end, true);
      markCell(at++ << granuleLog2);
    }
    if (markStackSize > markStackCapacity / 2)
      drain();
  }
}

// Marking.

void Heap::markCell(uint64_t cell) {
  uint64_t granule = cell >> granuleLog2;
  uint64_t bit = uint64_t(1) << (granule % 64);
  uint64_t &word = marks[granule / 64];
  if (word & bit)
    return;
  word |= bit;
  push(cell);
}

/// What finds no room is marked, but its references are not: see rescan().
void Heap::push(uint64_t cell) {
  if (markStackSize < markStackCapacity) {
    markStack[markStackSize++] = cell;
    return;
  }
  lowestDropped = std::min(lowestDropped, cell);
  highestDropped = std::max(highestDropped, cell);
}

/// Marks what a field or an element refers to.
inline void Heap::follow(uint64_t reference) {
  uint64_t offset = (reference & ~abi::hostReferenceBit) - base;
  if (offset < committedBytes && offset % abi::cellBytes == 0)
    markCell(offset);
}

/// Marks what an array's elements from \p first on refer to, or of a long one
/// what some of them do.
void Heap::scanElements(uint64_t cell, uint64_t first) {
  uint64_t length = arrayLength(base + cell);
  uint64_t end = length;
  if (length - first > elementsAtOnce &&
      markStackCapacity - markStackSize >= 2) {
    end = first + elementsAtOnce;
    markStack[markStackSize++] = end;
    markStack[markStackSize++] = cell | 1;
  }
  auto *elements = reinterpret_cast<const uint64_t *>(base + cell +
                                                      abi::arrayElementsOffset);
  for (uint64_t i = first; i < end; ++i)
    follow(elements[i]);
}

/// An exception's values; their types are not known here.
void Heap::scanValues(uint64_t cell) {
  auto *exception = reinterpret_cast<const abi::Exception *>(base + cell);
  auto *values = reinterpret_cast<const abi::Value *>(exception + 1);
  for (uint32_t i = 0; i < exception->valueCount; ++i)
    visitWord(reinterpret_cast<uint64_t>(values[i].ref));
}

inline void Heap::scan(uint64_t cell) {
  uint64_t object = base + cell;
  const abi::TypeIdentity &type = typeOf(object);
  uint32_t count = type.referenceCount;
  if (!count)
    return;
  if (type.kind == abi::TypeKind::Array)
    return scanElements(cell, 0);
  if (type.kind == abi::TypeKind::Exception)
    return scanValues(cell);
  const uint32_t *offsets = type.references;
  for (uint32_t i = 0; i < count; ++i)
    follow(*reinterpret_cast<const uint64_t *>(object + offsets[i]));
}

/// Follows references until there is nothing left to look at. Objects wait in a
/// queue between the stack and their turn, while the processor fetches them.
void Heap::drain() {
  uint64_t queue[prefetchDistance];
  unsigned first = 0, count = 0;
  for (;;) {
    while (count < prefetchDistance && markStackSize) {
      uint64_t entry = markStack[--markStackSize];
      if (entry & 1) {
        scanElements(entry & ~uint64_t(1), markStack[--markStackSize]);
        continue;
      }
      __builtin_prefetch(reinterpret_cast<const void *>(base + entry));
      queue[(first + count++) % prefetchDistance] = entry;
    }
    if (!count)
      return;
    uint64_t cell = queue[first];
    first = (first + 1) % prefetchDistance;
    --count;
    scan(cell);
  }
}

/// Looks at the marked objects once more among which are those that the stack
/// had no room for.
void Heap::rescan() {
  uint64_t from = lowestDropped >> granuleLog2;
  uint64_t to = (highestDropped >> granuleLog2) + 1;
  lowestDropped = UINT64_MAX;
  highestDropped = 0;
  ++rescanCount;
  while (from < to) {
    uint64_t block = from / blockGranules;
    uint64_t end = std::min(to, (block + 1) * blockGranules);
    bool hasMarks = blocks[block].kind == Block::Cells ||
                    blocks[block].kind == Block::Large;
    while (hasMarks && (from = findBit(marks, from, end, true)) < end) {
      scan(from++ << granuleLog2);
      drain();
    }
    from = end;
  }
}

void Heap::collect() {
  ++collectionCount;
  clearMarks();
  options.visitRoots(*this, options.owner);
  visitPins();
  drain();
  while (lowestDropped != UINT64_MAX)
    rescan();
  // Now: every object that can be reached is marked.
  std::swap(live, marks);
  sweep();
  allocatedBytes = 0;
  triggerBytes = std::max(minimumTriggerBytes,
                          std::min(2 * liveBytes, liveBytes + ampleBytes));
  // Deep structures are rare: their stack's pages are not kept.
  constexpr uint64_t keptBytes = 1 << 20;
  uint64_t stackBytes =
      roundTo(markStackCapacity * sizeof(uint64_t), host::pageBytes);
  if (stackBytes > keptBytes && !options.markStackEntries)
    (void)host::discard(reinterpret_cast<uint8_t *>(markStack) + keptBytes,
                        stackBytes - keptBytes);
}

/// Of blocks in use; the others' are not looked at.
void Heap::clearMarks() {
  for (uint64_t i = 0; i < committedBlocks; ++i) {
    if (blocks[i].kind == Block::Cells)
      memset(marks + i * blockWords, 0, blockWords * sizeof(uint64_t));
    else if (blocks[i].kind == Block::Large)
      marks[i * blockWords] = 0;
  }
}

// Sweeping.

static uint32_t countBits(const uint64_t *bits, uint32_t wordCount) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < wordCount; ++i)
    count += static_cast<uint32_t>(std::popcount(bits[i]));
  return count;
}

/// Frees blocks without marks, gives those back that were free before, and
/// lists those with free cells, all runs being empty again.
void Heap::sweep() {
  uint32_t last[classCount];
  for (unsigned i = 0; i < classCount; ++i) {
    runOf(i) = {};
    classes[i] = {};
    last[i] = noBlock;
  }
  liveBytes = 0;
  uint32_t unusedFirst = 0, unusedEnd = 0;
  auto giveBack = [&] {
    if (unusedEnd > unusedFirst)
      (void)host::discard(
          reinterpret_cast<void *>(base + (uint64_t(unusedFirst) << blockLog2)),
          uint64_t(unusedEnd - unusedFirst) << blockLog2);
  };
  for (uint32_t i = 0; i < committedBlocks;) {
    Block &block = blocks[i];
    uint32_t size = 1;
    switch (block.kind) {
    case Block::Free:
      if (block.isDirty) {
        if (unusedEnd != i) {
          giveBack();
          unusedFirst = i;
        }
        unusedEnd = i + 1;
        block.isDirty = false;
      }
      break;
    case Block::Large:
      size = block.next;
      if (live[uint64_t(i) * blockWords] & 1) {
        liveBytes += uint64_t(size) << blockLog2;
        break;
      }
      freeBlocks(i, size);
      break;
    case Block::LargeRest:
      break; // not reached: skipped with its first block
    case Block::Cells: {
      uint32_t used = countBits(live + uint64_t(i) * blockWords, blockWords);
      uint32_t granules = classGranules[block.cellClass];
      if (options.isStressed)
        overwriteFree(i);
      if (!used) {
        freeBlocks(i, 1);
        break;
      }
      liveBytes += uint64_t(used) * granules << granuleLog2;
      block.cursor = 0;
      block.next = noBlock;
      if (used == blockGranules / granules)
        break;
      if (last[block.cellClass] == noBlock)
        classes[block.cellClass].next = i;
      else
        blocks[last[block.cellClass]].next = i;
      last[block.cellClass] = i;
      break;
    }
    }
    i += size;
  }
  giveBack();
}

/// With what is neither a type's address nor a reference.
void Heap::overwriteFree(uint32_t index) {
  uint32_t granules = classGranules[blocks[index].cellClass];
  for (uint32_t at = 0; at + granules <= blockGranules; at += granules)
    if (!testBit(live + uint64_t(index) * blockWords, at))
      memset(reinterpret_cast<uint8_t *>(base) +
                 (uint64_t(index) << blockLog2) + (at << granuleLog2),
             0xdb, granules << granuleLog2);
}

} // namespace moat::rt
