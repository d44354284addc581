// What keeps an object: words that point to it, into it, or just behind an array's last
// element, also with the bit of the host's references set; and being pinned. Not: words that
// point to cells that are free or were never used, and numbers.
//
// RUN: %clangxx-heap %s %library -o %t && %t | FileCheck %s
// CHECK: every byte of an object keeps it
// CHECK-NEXT: the end of an array keeps it
// CHECK-NEXT: free cells keep nothing
// CHECK-NEXT: pinned

#include "Guest.h"

static void *moved(void *object, uint64_t bytes) { return static_cast<char *>(object) + bytes; }

/// What lives when \p root is the only root.
static uint64_t aliveWith(Guest &guest, void *root) {
  guest.roots = {root};
  guest.heap->collect();
  return guest.heap->statistics().liveBytes;
}

int main() {
  StructType leaf(0, 40), pair(2, 0);
  ArrayType bytes(0, false), references(3, true);
  for (uint64_t at = 0; at < 48; ++at) {
    Guest guest;
    void *object = guest.makeStruct(leaf);
    EXPECT(aliveWith(guest, moved(object, at)) == 48);
    EXPECT(aliveWith(guest, moved(object, at | abi::hostReferenceBit)) == 48);
    EXPECT(aliveWith(guest, moved(object, 48)) == 0);
  }
  for (uint32_t length : {1u, 100u, 1000u, 40000u, 200000u}) {
    Guest guest;
    guest.makeArray(bytes, length);
    void *object = guest.makeArray(bytes, length);
    guest.makeArray(bytes, length);
    uint64_t alive = aliveWith(guest, object);
    for (uint64_t at = 0; at < length + 16; at += 1 + at / 7)
      EXPECT(aliveWith(guest, moved(object, at)) == alive);
    EXPECT(aliveWith(guest, nullptr) == 0);
  }
  printf("every byte of an object keeps it\n");

  // An array that fills its cell, with a neighbour behind it or not.
  for (uint32_t length : {16u, 48u, 496u, 65536u - 16, 131072u - 16}) {
    Guest guest;
    void *first = guest.makeArray(bytes, length);
    void *second = guest.makeArray(bytes, length);
    uint64_t each = (length + 16 + 65535) / 65536 * 65536;
    if (length <= 496)
      each = length + 16;
    guest.roots = {first, second};
    guest.heap->collect();
    EXPECT(guest.heap->statistics().liveBytes == 2 * each);
    EXPECT(moved(first, each) == second);
    EXPECT(aliveWith(guest, second) == 2 * each);
    EXPECT(aliveWith(guest, moved(second, each)) == each);
    EXPECT(aliveWith(guest, first) == 0);
  }
  printf("the end of an array keeps it\n");

  {
    Guest guest;
    std::vector<void *> objects;
    for (unsigned i = 0; i < 100; ++i)
      objects.push_back(guest.makeStruct(pair));
    void *unused = guest.runs[1].next;
    EXPECT(unused && !guest.heap->contains(unused));
    Guest::field(objects[0], 0) = objects[50];
    guest.roots = {objects[0], moved(unused, 64), reinterpret_cast<void *>(1),
                   reinterpret_cast<void *>(0xffffffff), &guest};
    guest.heap->collect();
    EXPECT(guest.heap->statistics().liveBytes == 64);
    guest.roots = objects;
    guest.heap->collect();
    EXPECT(guest.heap->statistics().liveBytes == 64);
    EXPECT(guest.heap->contains(objects[0]) && guest.heap->contains(objects[50]) &&
           !guest.heap->contains(objects[1]));
  }
  printf("free cells keep nothing\n");

  {
    Guest guest;
    void *list = nullptr;
    for (unsigned i = 0; i < 10; ++i) {
      void *next = guest.makeStruct(pair);
      Guest::field(next, 0) = list;
      list = next;
    }
    void *large = guest.makeArray(references, 100000);
    Guest::element(large, 99999) = guest.makeStruct(leaf);
    guest.heap->pin(Guest::field(list, 0));
    guest.heap->pin(Guest::field(list, 0));
    guest.heap->pin(moved(large, 1000));
    guest.heap->pin(nullptr);
    for (unsigned i = 0; i < 3; ++i)
      EXPECT(aliveWith(guest, nullptr) == 9 * 32 + 48 + 13 * 65536);
  }
  printf("pinned\n");
}
