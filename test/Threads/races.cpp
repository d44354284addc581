// The parts of the runtime that threads share, under ThreadSanitizer: the descriptor table with handles
// in use, waiting and notifying, growth of a shared memory, and what reads its size.
//
// RUN: cd %source/runtime && %clangxx-host -O1 -g -fsanitize=thread -fno-rtti -fno-exceptions -I. \
// RUN:   %s Capability/Descriptor.cpp Capability/DescriptorTable.cpp \
// RUN:   Capability/PinnedHandle.cpp Errno.cpp Host/Linux.cpp Host/LinuxPath.cpp Host/LinuxSignals.cpp \
// RUN:   Host/LinuxThread.cpp Memory.cpp SharedMemory.cpp %build/lib/libmoat.a -o %t
// RUN: %t 2>&1 | FileCheck %s
// CHECK-NOT: WARNING
// CHECK: done

#include "Capability/DescriptorTable.h"
#include "Memory.h"
#include "SharedMemory.h"
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

using namespace moat::rt;

#define CHECK(condition)                                                       \
  ((condition) ? void() : (printf("failed: %s\n", #condition), abort()))

static void inThreads(int count, auto body) {
  std::vector<std::thread> threads;
  for (int i = 0; i != count; ++i)
    threads.emplace_back(body, i);
  for (std::thread &thread : threads)
    thread.join();
}

static Descriptor opened() {
  auto handle = host::openTrusted(host::workingDirectory, "/dev/zero",
                                  {.canRead = true});
  CHECK(handle);
  auto descriptor = adopt(static_cast<host::OwnedHandle &&>(*handle));
  CHECK(descriptor);
  return static_cast<Descriptor &&>(*descriptor);
}

static void raceDescriptors() {
  static TableSharing sharing = {
      .lock = [](host::Mutex &mutex) { mutex.lock(); },
      .unlock = [](host::Mutex &mutex) { mutex.unlock(); },
      .table = {},
      .directories = {},
      .terminals = {},
  };
  DescriptorTable table;
  table.sharing = &sharing;
  for (int i = 0; i != 4; ++i)
    CHECK(table.insert(opened()));
  inThreads(8, [&](int number) {
    for (int step = 0; step != 500; ++step) {
      uint32_t shared = static_cast<uint32_t>(step) % 4;
      switch (number % 4) {
      case 0: { // its handle is open, whatever the others do
        auto use = table.lookup(shared, FdRead);
        CHECK(use);
        char byte = 1;
        host::IoVector vector = {&byte, 1};
        auto moved = static_cast<DescriptorUse &&>(*use);
        auto size = host::read(moved.handle.get(), {&vector, 1});
        CHECK(size && *size == 1 && byte == 0);
        break;
      }
      case 1: {
        auto fd = table.insert(opened());
        CHECK(fd && table.renumber(*fd, shared) == Errno::Success);
        break;
      }
      case 2: {
        auto fd = table.insert(opened());
        CHECK(fd);
        auto use = table.lookup(*fd);
        CHECK(use && table.close(*fd) == Errno::Success);
        CHECK(!table.lookup(*fd) || use->handle.get() >= 0);
        CHECK(host::status(use->handle.get()));
        break;
      }
      default:
        CHECK(table.change(shared, 0, [](Descriptor &descriptor) {
          descriptor.flags ^= FdAppend;
          return Errno::Success;
        }) == Errno::Success);
      }
    }
  });
  CHECK(!sharing.pinned);
}

static moat::abi::Memory memory;

static void raceWaiting() {
  auto *word = reinterpret_cast<uint32_t *>(memory.base);
  int counter = 0; // what the lock protects
  inThreads(8, [&](int) {
    for (int step = 0; step != 300; ++step) {
      while (__atomic_exchange_n(word, 1, __ATOMIC_SEQ_CST))
        wait(memory, memory.base, 4, 1, step % 3 ? -1 : 1000);
      ++counter;
      __atomic_store_n(word, 0, __ATOMIC_SEQ_CST);
      notify(memory, memory.base, 1);
    }
  });
  CHECK(counter == 8 * 300);
}

static void raceGrowth() {
  inThreads(8, [&](int number) {
    for (int step = 0; step != 40; ++step) {
      if (number % 2) {
        int64_t page = growSharedMemory(memory, 1);
        CHECK(page > 0);
        auto bytes = MemoryView(memory).slice(uint64_t(page) << 16, 65536);
        CHECK(bytes && (*bytes)[0] == 0);
        (*bytes)[0] = 1;
      } else {
        CHECK(MemoryView(memory).slice(0, 65536));
      }
    }
  });
  CHECK(memory.sizeBytes == uint64_t(1 + 4 * 40) << 16);
}

int main() {
  moat::abi::LimitsDescriptor limits = {};
  limits.minimum = 1;
  limits.maximum = 1000;
  limits.isShared = true;
  limits.pageSizeLog2 = 16;
  MemoryOptions options;
  options.isGuarded = false;
  CHECK(createMemory(memory, limits, options) == Errno::Success);
  raceDescriptors();
  raceWaiting();
  raceGrowth();
  destroyMemory(memory);
  puts("done");
}
