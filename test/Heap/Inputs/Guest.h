// What compiled code is to the heap: types, objects, runs of cells, and roots. The roots are
// a list, so that what is kept is known exactly.

#pragma once

#include "Heap.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace moat;
using rt::Heap;
using rt::HeapOptions;

/// Ends the test unless \p condition holds.
#define EXPECT(condition)                                                                      \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                           \
      exit(1);                                                                                 \
    }                                                                                          \
  } while (false)

/// A structure of \p referenceCount references and \p payloadBytes behind them.
struct StructType {
  abi::TypeIdentity identity = {};
  std::vector<uint32_t> offsets;

  StructType(uint32_t referenceCount, uint32_t payloadBytes) {
    for (uint32_t i = 0; i < referenceCount; ++i)
      offsets.push_back(static_cast<uint32_t>(abi::structFieldsOffset + 8 * i));
    identity.kind = abi::TypeKind::Struct;
    identity.references = offsets.data();
    identity.referenceCount = referenceCount;
    identity.sizeBytes =
        static_cast<uint32_t>(abi::structFieldsOffset + 8 * referenceCount + payloadBytes);
  }
  StructType(const StructType &) = delete;
};

struct ArrayType {
  abi::TypeIdentity identity = {};

  ArrayType(uint8_t elementLog2, bool hasReferences) {
    identity.kind = abi::TypeKind::Array;
    identity.elementLog2 = elementLog2;
    identity.referenceCount = hasReferences;
    identity.sizeBytes = abi::arrayElementsOffset;
  }
};

class Guest {
public:
  std::vector<void *> roots;
  abi::AllocationRun runs[abi::allocationClassCount] = {};
  Heap *heap;

  explicit Guest(HeapOptions options = {}) {
    options.owner = this;
    options.visitRoots = [](Heap &heap, void *owner) {
      auto &roots = static_cast<Guest *>(owner)->roots;
      heap.visit(roots.data(), roots.size());
    };
    heap = Heap::create(runs, options);
    EXPECT(heap);
  }
  ~Guest() { Heap::destroy(heap); }
  Guest(const Guest &) = delete;

  /// As compiled code does it. Null: exhausted.
  void *allocate(uint64_t sizeBytes) {
    uint64_t cell = (sizeBytes + 15) & ~uint64_t(15);
    if (cell > 16 * abi::allocationClassCount)
      return heap->allocate(sizeBytes);
    abi::AllocationRun &run = runs[cell / 16 - 1];
    if (cell > static_cast<uint64_t>(run.end - run.next))
      return heap->allocate(sizeBytes);
    void *taken = run.next;
    run.next += cell;
    return taken;
  }

  /// Its references are null.
  void *makeStruct(const StructType &type) {
    void *object = allocate(type.identity.sizeBytes);
    if (!object)
      return nullptr;
    memset(object, 0, type.identity.sizeBytes);
    *static_cast<const abi::TypeIdentity **>(object) = &type.identity;
    return object;
  }

  /// Its elements are zero.
  void *makeArray(const ArrayType &type, uint32_t length) {
    uint64_t bytes = abi::arrayElementsOffset + (uint64_t(length) << type.identity.elementLog2);
    void *object = allocate(bytes);
    if (!object)
      return nullptr;
    memset(object, 0, bytes);
    *static_cast<const abi::TypeIdentity **>(object) = &type.identity;
    memcpy(static_cast<char *>(object) + abi::arrayLengthOffset, &length, sizeof length);
    return object;
  }

  /// Field or element \p index, which is a reference.
  static void *&field(void *object, uint64_t index) {
    return *reinterpret_cast<void **>(static_cast<char *>(object) + abi::structFieldsOffset +
                                      8 * index);
  }
  static void *&element(void *object, uint64_t index) {
    return *reinterpret_cast<void **>(static_cast<char *>(object) + abi::arrayElementsOffset +
                                      8 * index);
  }
};
