// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The import `wasi.thread-spawn` of executables (wasi-threads): a thread is a
// new instance of the module that shares its memories, its descriptors and
// nothing else. What belongs to one lies in a block of pages and in
// thread-local symbols of compiled code; it has a guest stack of the size of
// its parent's. Linked only into programs that import the function.

#include "Capability/DescriptorTable.h"
#include "Collect.h"
#include "Host/Host.h"
#include "Host/Signals.h"
#include "Host/Syscall.h"
#include "Instance.h"
#include "Process.h"
#include "Table.h"
#include <cstdlib>
#include <new>
#include <pthread.h>

using namespace moat;
using namespace moat::rt;

// By the naming rule in abi/Layout.h; absent where the module has no such
// export.
extern "C" [[gnu::weak]] void
moat_export_wasi_thread_start(abi::Instance *instance, uint32_t tid,
                              uint32_t argument);

namespace {

/// A limit of our own, far above what programs use: a guest shall not be able
/// to fill the host's table of processes.
constexpr uint32_t maximumThreads = 4096;
/// wasi-threads, Design choice: thread IDs: below 2^29, and never used again.
constexpr uint32_t maximumTid = (1 << 29) - 1;

/// All of the process.
struct Threads {
  host::Mutex lock;
  uint32_t lastTid;
  uint32_t liveCount;
  uint32_t isEnding;
};

/// One thread; followed by its tables.
struct Thread {
  alignas(16) uint8_t signalStack[signalStackBytes];
  abi::Context context;
  abi::Instance compiled;
  rt::Instance instance;
  Domain domain;
  uint64_t pageBytes; ///< of this block
  uint32_t tid;
  uint32_t argument;
  abi::Table tables[1];
};

} // namespace

constinit static Threads threads = {};

constinit static TableSharing descriptorSharing = {
    .lock = [](host::Mutex &mutex) { mutex.lock(); },
    .unlock = [](host::Mutex &mutex) { mutex.unlock(); },
    .table = {},
    .directories = {},
    .terminals = {},
};

/// Takes a thread's number. 0: there are too many.
static uint32_t enter() {
  host::Locked locked(threads.lock);
  if (threads.liveCount == maximumThreads || threads.lastTid == maximumTid)
    return 0;
  ++threads.liveCount;
  return ++threads.lastTid;
}

static void leave() {
  host::Locked locked(threads.lock);
  --threads.liveCount;
}

static bool isThreaded() {
  return moat_module.flags & static_cast<uint32_t>(abi::Flag::Threads);
}

static uint64_t tablesBytes() {
  return moat_module.tableCount * sizeof(abi::Table);
}

static constexpr uint64_t roundToPages(uint64_t sizeBytes) {
  return (sizeBytes + host::pageBytes - 1) / host::pageBytes * host::pageBytes;
}

static void destroyTables(abi::Table *tables) {
  for (uint32_t i = 0; i < moat_module.tableCount; ++i)
    destroyTable(tables[i]);
}

/// False: no memory. Then none is left.
static bool makeTables(abi::Table *tables) {
  if (tablesBytes())
    memcpy(tables, moat_module.processTables, tablesBytes());
  for (uint32_t i = 0; i < moat_module.tableCount; ++i) {
    if (tables[i].elements)
      continue; // a constant table
    if (createTable(tables[i], moat_module.tableTypes[i]) == Errno::Success)
      continue;
    while (i)
      destroyTable(tables[--i]);
    return false;
  }
  return true;
}

/// Instantiates the module as far as that can fail without being its own fault.
/// Null: no memory.
static Thread *createThread(const rt::Instance &parent) {
  uint64_t bytes = roundToPages(sizeof(Thread) + tablesBytes());
  auto pages = host::allocatePages(bytes);
  if (!pages)
    return nullptr;
  auto *thread = new (*pages) Thread;
  thread->pageBytes = bytes;

  const Domain &parentDomain = domainOf(*parent.compiled->context);
  thread->domain.owner = parentDomain.owner;
  thread->domain.isInMemory = parentDomain.isInMemory;
  thread->domain.findTables = parentDomain.findTables;
  thread->domain.heapLimitBytes = parentDomain.heapLimitBytes;
  thread->domain.stressesHeap = parentDomain.stressesHeap;
  if (createStack(thread->domain, thread->context,
                  parent.compiled->context->stackBytes)) {
    if (makeTables(thread->tables)) {
      thread->instance = parent;
      thread->instance.compiled = &thread->compiled;
      thread->compiled = {&moat_module, &thread->context, &thread->instance,
                          thread->tables};
      return thread;
    }
    destroyStack(thread->domain);
  }
  host::release(thread, bytes);
  return nullptr;
}

static void destroyThread(Thread *thread) {
  if (thread->context.heap)
    destroyHeap(thread->context);
  destroyTables(thread->tables);
  destroyStack(thread->domain);
  host::release(thread, thread->pageBytes);
}

/// On the thread's guest stack. Core 3.0, 4.7.3 Instantiation, then the entry.
static void runGuest(void *argument) {
  auto &thread = *static_cast<Thread *>(argument);
  moat_module.initialize(&thread.compiled);
  moat_export_wasi_thread_start(&thread.compiled, thread.tid, thread.argument);
}

static void *runThread(void *argument) {
  auto *thread = static_cast<Thread *>(argument);
  host::swapSignalStack({thread->signalStack, signalStackBytes});
  TrapRecord record;
  if (!protect(thread->domain, runGuest, thread, record))
    endProcess(record);
  host::swapSignalStack({});
  destroyThread(thread);
  leave();
  return nullptr;
}

/// A thread of libc's, since compiled code and libc itself (malloc, exit) use
/// its thread-local storage. It has little to do on its own stack.
static bool start(Thread *thread) {
  // What musl calls for that, and what its stack and its tables need.
  host::recordMemorySyscalls();
  host::recordSyscall<SYS_clone>();
  host::recordSyscall<SYS_futex>();
  host::recordSyscall<SYS_rt_sigprocmask>();
  host::recordSyscall<SYS_sigaltstack>();
  host::recordSyscall<SYS_set_tid_address>();
  host::recordSyscall<SYS_set_robust_list>();
  host::recordSyscall<SYS_exit>();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t handle;
  return pthread_create(&handle, &attributes, runThread, thread) == 0;
}

/// Starts a thread that runs wasi_thread_start(tid, \p argument) in an instance
/// of its own. \returns its number, from 1 on and below 2^29; or less than 0,
/// an errno's number negated: Notsup, the module cannot be instantiated for
/// each thread (abi::Flag::Threads); Again, no resources or too many threads.
/// wasi-threads, thread-spawn.
static int32_t spawn(const rt::Instance &parent, uint32_t argument) {
  if (!isThreaded() || !moat_export_wasi_thread_start)
    return -static_cast<int32_t>(Errno::Notsup);
  uint32_t tid = enter();
  if (!tid)
    return -static_cast<int32_t>(Errno::Again);
  Thread *thread = createThread(parent);
  if (thread) {
    thread->tid = tid;
    thread->argument = argument;
    // Before there is a second thread; from then on it stays.
    if (!parent.descriptors->sharing)
      parent.descriptors->sharing = &descriptorSharing;
    if (start(thread))
      return static_cast<int32_t>(tid);
    destroyThread(thread);
  }
  leave();
  return -static_cast<int32_t>(Errno::Again);
}

extern "C" {

[[gnu::weak]] int32_t moat_import_wasi__thread$2dspawn(abi::Instance *instance,
                                                       uint32_t argument) {
  return spawn(instanceOf(*instance), argument);
}

abi::Table *rt::moat_own_tables(abi::Instance &instance) {
  if (!isThreaded() || !tablesBytes())
    return moat_module.processTables;
  auto pages = host::allocatePages(roundToPages(tablesBytes()));
  if (!pages)
    return nullptr;
  instance.tables = reinterpret_cast<abi::Table *>(*pages);
  memcpy(instance.tables, moat_module.processTables, tablesBytes());
  return instance.tables;
}

void rt::moat_end_alone() {
  if (__atomic_exchange_n(&threads.isEnding, 1, __ATOMIC_ACQ_REL) == 0)
    return;
  for (;;)
    (void)host::waitWhile(&threads.isEnding, 1, UINT64_MAX);
}
}
