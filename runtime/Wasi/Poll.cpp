// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Waiting for the first of several things. All subscriptions are copied first,
// since events may be written over them. A few fit on the stack; for more,
// pages are borrowed for the length of the call. Clocks are compared here,
// after each wait: so a timeout on the real time clock notices within a second
// that somebody has set it.

#include "Guest.h"
#include "Host/Syscall.h"
#include <new>

namespace moat::rt {

using host::Clock;
using wasi::Guest;

/// Subscriptions in one call. More than a program can have descriptors by
/// default, and the borrowed pages stay below 1 MiB.
static constexpr uint32_t maximumSubscriptions = 8192;
static constexpr uint32_t stackSubscriptions = 16;
/// The longest single wait for a time of the real time clock, which may be set
/// meanwhile.
static constexpr uint64_t realtimeCheckNs = 1'000'000'000;

namespace {

/// A subscription and what has become of it.
struct Waiter {
  uint64_t userdata;
  uint64_t deadlineNs; ///< of clocks: on the clock itself
  uint8_t type;        ///< wasi::EventType
  Clock clock;
  Errno error;         ///< other than Success: the event is this error
  uint32_t fd;         ///< of descriptors
  uint32_t polled;     ///< index of its PollEntry, if there is no error
  PinnedHandle handle; ///< the descriptor's
};

/// The subscriptions and poll entries of one call.
class Waiters {
public:
  Waiters() = default;
  Waiters(const Waiters &) = delete;
  ~Waiters() {
    if (!pages)
      return;
    for (uint32_t i = 0; i != count; ++i)
      waiters[i].~Waiter();
    host::release(pages, pageBytes);
  }
  /// Nomem.
  Errno allocate(uint32_t count) {
    host::recordMemorySyscalls();
    if (count <= stackSubscriptions)
      return Errno::Success;
    uint64_t bytes =
        uint64_t(count) * (sizeof(Waiter) + sizeof(host::PollEntry));
    pageBytes =
        (bytes + host::pageBytes - 1) / host::pageBytes * host::pageBytes;
    auto allocated = host::allocatePages(pageBytes);
    if (!allocated)
      return allocated.error();
    pages = *allocated;
    waiters = reinterpret_cast<Waiter *>(pages);
    entries = reinterpret_cast<host::PollEntry *>(waiters + count);
    this->count = count;
    for (uint32_t i = 0; i != count; ++i)
      new (&waiters[i]) Waiter;
    return Errno::Success;
  }

private:
  Waiter fewWaiters[stackSubscriptions];
  host::PollEntry fewEntries[stackSubscriptions];
  uint8_t *pages = nullptr;
  uint64_t pageBytes = 0;
  uint32_t count = 0; ///< in the pages

public:
  Waiter *waiters = fewWaiters;
  host::PollEntry *entries = fewEntries;
};
static_assert(maximumSubscriptions *
                  (sizeof(Waiter) + sizeof(host::PollEntry)) <=
              1 << 20);

} // namespace

static uint64_t addSaturating(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/// The current time of a clock that always has one.
static uint64_t nowNs(Clock clock) {
  auto time = host::now(clock);
  return time ? wasi::timestamp(*time) : 0;
}

/// Reads a clock's subscription. Inval, in the waiter: no such clock or flag;
/// Notsup: a clock that only runs while we do not wait.
static void loadClock(const uint8_t *bytes, Waiter &waiter) {
  struct {
    uint32_t id, padding;
    uint64_t timeoutNs, precisionNs;
    uint16_t flags;
  } clock;
  constexpr size_t clockBytes = 26; // up to the flags
  memcpy(&clock, bytes, clockBytes);
  constexpr uint16_t isAbsolute = 1;
  if (clock.id > static_cast<uint32_t>(Clock::ThreadCpu) ||
      (clock.flags & ~isAbsolute)) {
    waiter.error = Errno::Inval;
    return;
  }
  waiter.clock = static_cast<Clock>(clock.id);
  if (waiter.clock != Clock::Realtime && waiter.clock != Clock::Monotonic) {
    waiter.error = Errno::Notsup;
    return;
  }
  waiter.deadlineNs = clock.timeoutNs;
  if (!(clock.flags & isAbsolute)) {
    // A span of time is not stretched when the real time clock is set.
    waiter.clock = Clock::Monotonic;
    waiter.deadlineNs = addSaturating(nowNs(Clock::Monotonic), clock.timeoutNs);
  }
}

/// Looks a descriptor's subscription up. Badf, Notcapable, in the waiter.
static void loadDescriptor(Instance &instance, Waiter &waiter,
                           host::PollEntry &entry) {
  bool isRead = waiter.type == wasi::EventFdRead;
  auto descriptor = instance.descriptors->lookup(waiter.fd);
  if (!descriptor || descriptor->isDirectory()) {
    waiter.error = Errno::Badf;
    return;
  }
  waiter.error =
      instance.descriptors->require(waiter.fd, *descriptor, PollFdReadwrite);
  if (waiter.error != Errno::Success)
    return;
  if (!(descriptor->base & (isRead ? FdRead : FdWrite))) {
    waiter.error = Errno::Notcapable;
    return;
  }
  entry = {.handle = descriptor->handle.get(),
           .wanted = isRead ? host::PollReadable : host::PollWritable,
           .seen = 0};
  waiter.handle = static_cast<PinnedHandle &&>(descriptor->handle);
}

/// Reads a subscription. Inval: no such kind of event.
static Errno loadSubscription(Instance &instance, const uint8_t *bytes,
                              wasi::SubscriptionLayout layout, Waiter &waiter,
                              host::PollEntry *entries, uint32_t &entryCount) {
  constexpr size_t typeOffset = 8, fdOffset = 16;
  waiter = {};
  memcpy(&waiter.userdata, bytes, sizeof(waiter.userdata));
  waiter.type = bytes[typeOffset];
  switch (waiter.type) {
  case wasi::EventClock:
    loadClock(bytes + layout.clockOffset, waiter);
    return Errno::Success;
  case wasi::EventFdRead:
  case wasi::EventFdWrite:
    memcpy(&waiter.fd, bytes + fdOffset, sizeof(waiter.fd));
    loadDescriptor(instance, waiter, entries[entryCount]);
    if (waiter.error == Errno::Success)
      waiter.polled = entryCount++;
    return Errno::Success;
  }
  return Errno::Inval;
}

/// How long nothing will happen on the clocks. 0: a waiter is done already.
static uint64_t waitNs(std::span<const Waiter> waiters) {
  uint64_t shortestNs = UINT64_MAX;
  for (const Waiter &waiter : waiters) {
    uint64_t remainingNs = UINT64_MAX;
    if (waiter.error != Errno::Success) {
      remainingNs = 0;
    } else if (waiter.type == wasi::EventClock) {
      uint64_t now = nowNs(waiter.clock);
      remainingNs = waiter.deadlineNs > now ? waiter.deadlineNs - now : 0;
      if (waiter.clock == Clock::Realtime && remainingNs > realtimeCheckNs)
        remainingNs = realtimeCheckNs;
    }
    if (remainingNs < shortestNs)
      shortestNs = remainingNs;
  }
  return shortestNs;
}

/// How many bytes a readable descriptor holds.
static uint64_t readableBytes(const DescriptorUse &descriptor) {
  host::Handle handle = descriptor.handle.get();
  if (descriptor.type != host::FileType::RegularFile)
    return host::readableBytes(handle);
  auto info = host::status(handle);
  auto position = host::seek(handle, 0, host::Whence::Current);
  return info && position && info->sizeBytes > *position
             ? info->sizeBytes - *position
             : 0;
}

/// Whether something has happened to a waiter, and what.
static bool takeEvent(Instance &instance, const Waiter &waiter,
                      const host::PollEntry *entries, wasi::Event &event) {
  constexpr uint16_t hasHungUp = 1;
  event = {.userdata = waiter.userdata,
           .error = static_cast<uint16_t>(waiter.error),
           .type = waiter.type,
           .readableBytes = 0,
           .flags = 0};
  if (waiter.error != Errno::Success)
    return true;
  if (waiter.type == wasi::EventClock)
    return nowNs(waiter.clock) >= waiter.deadlineNs;

  int16_t seen = entries[waiter.polled].seen;
  if (seen == 0)
    return false;
  if (seen & host::PollInvalid)
    event.error = static_cast<uint16_t>(Errno::Badf);
  if (seen & (host::PollHangUp | host::PollError))
    event.flags = hasHungUp;
  if ((seen & host::PollReadable) && waiter.type == wasi::EventFdRead)
    if (auto descriptor = instance.descriptors->lookup(waiter.fd))
      event.readableBytes = readableBytes(*descriptor);
  return true;
}

Errno wasi::pollOneoff(Instance &instance, uint32_t in, uint32_t out,
                       uint32_t count, uint32_t result,
                       SubscriptionLayout layout) {
  Guest guest(instance);
  auto slot = guest.slot<uint32_t>(result);
  auto subscriptions = guest.slice(in, uint64_t(count) * layout.sizeBytes);
  auto events = guest.slice(out, uint64_t(count) * sizeof(Event));
  if (!slot || !subscriptions || !events)
    return Errno::Fault;
  if (count == 0)
    return Errno::Inval;
  if (count > maximumSubscriptions)
    return Errno::Nomem;
  Waiters all;
  if (Errno error = all.allocate(count); error != Errno::Success)
    return error;

  std::span<Waiter> waiters(all.waiters, count);
  uint32_t entryCount = 0;
  for (uint32_t i = 0; i != count; ++i)
    if (Errno error = loadSubscription(
            instance, subscriptions->data() + i * layout.sizeBytes, layout,
            waiters[i], all.entries, entryCount);
        error != Errno::Success)
      return error;
  // The guest's memory is not read from here on: events may be written over it.

  uint32_t eventCount = 0;
  while (eventCount == 0) {
    auto ready = host::poll({all.entries, entryCount}, waitNs(waiters));
    if (!ready)
      return ready.error();
    if (host::isCallInterrupted())
      return Errno::Intr;
    for (const Waiter &waiter : waiters) {
      Event event;
      if (takeEvent(instance, waiter, all.entries, event))
        memcpy(events->data() + sizeof(Event) * eventCount++, &event,
               sizeof(Event));
    }
  }
  slot->set(eventCount);
  return Errno::Success;
}

/// Waits until at least one of \p count subscriptions (48 bytes each) has
/// something to tell, and writes an event (32 bytes) for each that has. What is
/// wrong with one subscription is told in its event: Badf, Notcapable, Inval
/// (no such clock), Notsup (a clock of processor time). Fault; Inval: \p count
/// is 0, or no such kind of event; Nomem: too many. WASI preview 1,
/// poll_oneoff. As ppoll(2).
Errno wasi::poll_oneoff(Instance &instance, uint32_t in, uint32_t out,
                        uint32_t count, uint32_t result) {
  return pollOneoff(instance, in, out, count, result, preview1Subscription);
}

} // namespace moat::rt
