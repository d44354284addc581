// A list of ten million objects, a tree that is a list of subtrees, and an array of a million
// references are marked without recursion, and a full mark stack only costs further passes.
//
// RUN: %clangxx-heap %s %library -o %t && %t | FileCheck %s
// CHECK: list
// CHECK-NEXT: comb
// CHECK-NEXT: arrays
// CHECK-NEXT: little mark stack

#include "Guest.h"

static void *makeList(Guest &guest, const StructType &pair, unsigned length) {
  guest.roots.push_back(nullptr);
  for (unsigned i = 0; i < length; ++i) {
    void *next = guest.makeStruct(pair);
    Guest::field(next, 0) = guest.roots.back();
    guest.roots.back() = next;
  }
  return guest.roots.back();
}

/// Every object's second reference leads to the next, the first to a leaf.
static void makeComb(Guest &guest, const StructType &pair, unsigned length, unsigned spine) {
  guest.roots.assign(2, nullptr);
  for (unsigned i = 0; i < length; ++i) {
    guest.roots[1] = guest.makeStruct(pair);
    void *next = guest.makeStruct(pair);
    Guest::field(next, spine) = guest.roots[0];
    Guest::field(next, 1 - spine) = guest.roots[1];
    guest.roots[0] = next;
  }
  guest.roots[1] = nullptr;
}

/// A hundred arrays of thousands of references to objects of their own.
static void makeArrays(Guest &guest, const StructType &pair, const ArrayType &type) {
  void *outer = guest.makeArray(type, 100);
  guest.roots = {outer};
  for (unsigned i = 0; i < 100; ++i) {
    void *inner = guest.makeArray(type, 10000);
    Guest::element(outer, i) = inner;
    for (unsigned j = 0; j < 10000; ++j)
      Guest::element(inner, j) = guest.makeStruct(pair);
  }
}

static uint64_t alive(Guest &guest) {
  guest.heap->collect();
  return guest.heap->statistics().liveBytes;
}

int main() {
  StructType pair(2, 0);
  ArrayType array(3, true);
  {
    Guest guest;
    makeList(guest, pair, 10'000'000);
    EXPECT(alive(guest) == 10'000'000 * 32ull);
    EXPECT(guest.heap->statistics().rescanCount == 0);
    guest.roots.clear();
    EXPECT(alive(guest) == 0);
    printf("list\n");
  }
  for (unsigned spine = 0; spine < 2; ++spine) {
    Guest guest;
    makeComb(guest, pair, 1'000'000, spine);
    EXPECT(alive(guest) == 2'000'000 * 32ull);
  }
  printf("comb\n");
  {
    Guest guest;
    makeArrays(guest, pair, array);
    EXPECT(alive(guest) >= 1'000'000 * 32ull + 101 * 800);
    EXPECT(alive(guest) < 1'000'000 * 32ull + 101 * 2 * 80000);
    printf("arrays\n");
  }
  {
    HeapOptions options;
    options.markStackEntries = 300;
    Guest guest(options);
    makeComb(guest, pair, 100'000, 0);
    EXPECT(alive(guest) == 200'000 * 32ull);
    makeComb(guest, pair, 100'000, 1);
    EXPECT(alive(guest) == 200'000 * 32ull);
    makeArrays(guest, pair, array);
    EXPECT(alive(guest) >= 1'000'000 * 32ull + 101 * 800);
    EXPECT(guest.heap->statistics().rescanCount > 0);
    printf("little mark stack\n");
  }
}
