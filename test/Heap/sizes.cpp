// Objects of every size up to a few blocks, and a very large one, do not overlap, are aligned
// to 16 bytes, keep their contents while they are used, and leave their room to others of the
// same size.
//
// RUN: %clangxx-heap %s %library -o %t && %t | FileCheck %s
// CHECK: every size
// CHECK-NEXT: rooms are used again
// CHECK-NEXT: large
// CHECK-NEXT: too large

#include "Guest.h"

static void fill(void *object, uint32_t length, unsigned seed) {
  memset(static_cast<char *>(object) + 16, static_cast<int>(length * 7 + seed) & 255, length);
}

static void check(void *object, uint32_t length, unsigned seed) {
  auto *bytes = static_cast<unsigned char *>(object);
  for (uint32_t i = 16; i < 16 + length; ++i)
    EXPECT(bytes[i] == ((length * 7 + seed) & 255));
}

int main() {
  ArrayType type(0, false);
  {
    Guest guest;
    std::vector<uint32_t> lengths;
    for (uint32_t length = 0; length < 2000; ++length)
      lengths.push_back(length);
    for (uint32_t length = 2000; length < 200000; length += 997)
      lengths.push_back(length);
    for (unsigned copy = 0; copy < 3; ++copy)
      for (uint32_t length : lengths) {
        void *object = guest.makeArray(type, length);
        EXPECT(reinterpret_cast<uint64_t>(object) % 16 == 0);
        fill(object, length, copy);
        guest.roots.push_back(object);
      }
    uint64_t used = guest.heap->statistics().usedBytes;
    // One of three goes.
    for (size_t i = 0; i < lengths.size(); ++i)
      guest.roots[lengths.size() + i] = nullptr;
    guest.heap->collect();
    for (unsigned copy = 0; copy < 3; copy += 2)
      for (size_t i = 0; i < lengths.size(); ++i)
        check(guest.roots[copy * lengths.size() + i], lengths[i], copy);
    printf("every size\n");

    for (size_t i = 0; i < lengths.size(); ++i) {
      void *object = guest.makeArray(type, lengths[i]);
      fill(object, lengths[i], 1);
      guest.roots[lengths.size() + i] = object;
    }
    for (unsigned copy = 0; copy < 3; ++copy)
      for (size_t i = 0; i < lengths.size(); ++i)
        check(guest.roots[copy * lengths.size() + i], lengths[i], copy);
    EXPECT(guest.heap->statistics().usedBytes <= used);
    printf("rooms are used again\n");
  }
  {
    Guest guest;
    guest.roots.resize(2);
    for (unsigned i = 0; i < 20; ++i) {
      void *object = guest.makeArray(type, 100u << 20);
      fill(object, 100u << 20, i);
      guest.roots[i % 2] = object;
    }
    check(guest.roots[1], 100u << 20, 19);
    EXPECT(guest.heap->statistics().committedBytes < uint64_t(600) << 20);
    printf("large\n");
    EXPECT(!guest.heap->allocate((uint64_t(1) << 36) + 1));
    EXPECT(!guest.heap->allocate(uint64_t(1) << 63));
    EXPECT(!guest.heap->allocate(~uint64_t(0)));
    printf("too large\n");
  }
}
