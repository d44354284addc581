// A heap with a limit never uses more, collects before it gives up, and gives up with null;
// afterwards what is let go can be used again. Memory that stays free is given back.
//
// RUN: %clangxx-heap %s %library -o %t && %t | FileCheck %s
// CHECK: exhausted at the limit
// CHECK-NEXT: collects in time
// CHECK-NEXT: goes on afterwards
// CHECK-NEXT: no room at all
// CHECK-NEXT: given back

#include "Guest.h"

/// Bytes of the process in memory.
static uint64_t residentBytes() {
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long size = 0, resident = 0;
  EXPECT(file && fscanf(file, "%lu %lu", &size, &resident) == 2);
  fclose(file);
  return resident * 4096;
}

int main() {
  StructType pair(2, 0);
  ArrayType bytes(0, false);
  HeapOptions options;
  options.limitBytes = 4 << 20;
  {
    Guest guest(options);
    guest.roots.push_back(nullptr);
    uint64_t count = 0;
    while (void *next = guest.makeStruct(pair)) {
      Guest::field(next, 0) = guest.roots[0];
      guest.roots[0] = next;
      ++count;
    }
    EXPECT(count == (4 << 20) / 32);
    EXPECT(guest.heap->statistics().usedBytes == 4 << 20);
    EXPECT(!guest.makeStruct(pair) && !guest.makeArray(bytes, 1000));
    uint64_t length = 0;
    for (void *each = guest.roots[0]; each; each = Guest::field(each, 0))
      ++length;
    EXPECT(length == count);
    printf("exhausted at the limit\n");

    guest.roots[0] = nullptr;
    for (unsigned i = 0; i < 1'000'000; ++i)
      EXPECT(guest.roots[0] = guest.makeStruct(pair));
    EXPECT(guest.heap->statistics().usedBytes <= 4 << 20);
    printf("collects in time\n");
    for (unsigned i = 0; i < 100; ++i)
      EXPECT(guest.roots[0] = guest.makeArray(bytes, (2 << 20) - 1000));
    printf("goes on afterwards\n");
  }
  {
    options.limitBytes = 65535;
    Guest guest(options);
    EXPECT(!guest.makeStruct(pair) && !guest.makeArray(bytes, 100000));
    printf("no room at all\n");
  }
  {
    Guest guest;
    uint64_t before = residentBytes();
    for (unsigned i = 0; i < 2'000'000; ++i)
      guest.roots.push_back(guest.makeStruct(pair));
    for (unsigned i = 0; i < 50; ++i)
      guest.roots.push_back(guest.makeArray(bytes, 1 << 20));
    EXPECT(residentBytes() > before + (100 << 20));
    guest.roots.clear();
    guest.roots.shrink_to_fit();
    guest.heap->collect();
    guest.heap->collect();
    EXPECT(guest.heap->statistics().usedBytes == 0);
    EXPECT(residentBytes() < before + (40 << 20));
    printf("given back\n");
  }
}
