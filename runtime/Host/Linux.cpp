// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Host.h on Linux: descriptors, files, sockets, waiting, the process. Each
// function is one system call, or the few that make up one operation. Paths are
// in LinuxPath.cpp.

#include "Host.h"
#include "LinuxStatus.h"
#include "Syscall.h"
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>

namespace moat::rt {

using namespace host;

static_assert(sizeof(IoVector) == sizeof(iovec) &&
              offsetof(IoVector, base) == offsetof(iovec, iov_base) &&
              offsetof(IoVector, sizeBytes) == offsetof(iovec, iov_len));
static_assert(sizeof(PollEntry) == sizeof(pollfd) &&
              offsetof(PollEntry, wanted) == offsetof(pollfd, events) &&
              offsetof(PollEntry, seen) == offsetof(pollfd, revents));
static_assert(PollReadable == POLLIN && PollWritable == POLLOUT &&
              PollError == POLLERR && PollHangUp == POLLHUP &&
              PollInvalid == POLLNVAL);
static_assert(workingDirectory == AT_FDCWD);

void host::close(Handle handle) {
  // The numbers of the standard streams stay occupied: otherwise a file that
  // the guest opens next would receive what we write to standard error.
  if (handle <= 2) {
    long placeholder = invoke<SYS_epoll_create1>(O_CLOEXEC);
    if (isError(placeholder)) // rather open than somebody else's
      return;
    if (placeholder > 2) {
      invoke<SYS_dup3>(placeholder, handle, O_CLOEXEC);
      handle = static_cast<Handle>(placeholder);
    }
  }
  // Not repeated when interrupted: Linux has closed the descriptor by then.
  invoke<SYS_close>(handle);
}

Result<Handle> host::duplicate(Handle handle) {
  return toResult<Handle>(invokeAtStart<SYS_fcntl>(handle, F_DUPFD_CLOEXEC, 3));
}

// Offsets are one 64-bit word here; the kernel takes them as two halves and
// joins those by shifting the second out of a 64-bit register.
static_assert(sizeof(long) == 8);

Result<uint32_t> host::read(Handle handle, IoVectors vectors) {
  return toResult<uint32_t>(
      invokeAgain<SYS_readv>(handle, vectors.data(), vectors.size()));
}

Result<uint32_t> host::readAt(Handle handle, IoVectors vectors,
                              uint64_t offset) {
  return toResult<uint32_t>(invokeAgain<SYS_preadv>(handle, vectors.data(),
                                                    vectors.size(), offset, 0));
}

Result<uint32_t> host::write(Handle handle, IoVectors vectors) {
  return toResult<uint32_t>(
      invokeAgain<SYS_writev>(handle, vectors.data(), vectors.size()));
}

// Per-write flags of pwritev2(2), from linux/fs.h.
static constexpr int writeFlags(WriteMode mode) {
  constexpr int dataSync = 0x2, sync = 0x4, append = 0x10;
  return (mode.isAppend ? append : 0) | (mode.isDataSync ? dataSync : 0) |
         (mode.isSync ? sync : 0);
}

Result<uint32_t> host::writeWith(Handle handle, IoVectors vectors,
                                 WriteMode mode) {
  // The offset -1 stands for the current position.
  return toResult<uint32_t>(invokeAgain<SYS_pwritev2>(
      handle, vectors.data(), vectors.size(), -1L, -1L, writeFlags(mode)));
}

Result<uint32_t> host::writeAt(Handle handle, IoVectors vectors,
                               uint64_t offset, WriteMode mode) {
  // Here -1 would be the current position: no offset of a file.
  if (static_cast<int64_t>(offset) < 0)
    return Fail(Errno::Inval);
  return toResult<uint32_t>(invokeAgain<SYS_pwritev2>(
      handle, vectors.data(), vectors.size(), offset, 0, writeFlags(mode)));
}

Result<uint64_t> host::seek(Handle handle, int64_t offset, Whence whence) {
  static_assert(SEEK_SET == 0 && SEEK_CUR == 1 && SEEK_END == 2);
  long result = invoke<SYS_lseek>(handle, offset, static_cast<int>(whence));
  return toResult<uint64_t>(result);
}

Result<FileInfo> host::status(Handle handle) {
  return statusAt(handle, "", linuxEmptyPath);
}

bool host::isOnProcessFileSystem(Handle handle) {
  constexpr long procMagic = 0x9fa0; // PROC_SUPER_MAGIC of linux/magic.h
  // struct statfs, which begins with the type; 120 bytes on 64-bit processors.
  long statfs[32] = {};
  return invoke<SYS_fstatfs>(handle, statfs) == 0 && statfs[0] == procMagic;
}

Errno host::advise(Handle handle, uint64_t offset, uint64_t sizeBytes,
                   uint8_t advice) {
  // WASI's numbers: normal, sequential, random, willneed, dontneed, noreuse.
  static constexpr uint8_t advices[] = {
      POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
      POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (advice >= sizeof(advices))
    return Errno::Inval;
  return toErrno(
      invoke<SYS_fadvise64>(handle, offset, sizeBytes, advices[advice]));
}

Errno host::allocate(Handle handle, uint64_t offset, uint64_t sizeBytes) {
  return toErrno(invokeAgain<SYS_fallocate>(handle, 0, offset, sizeBytes));
}

Errno host::syncData(Handle handle) {
  return toErrno(invokeAgain<SYS_fdatasync>(handle));
}
Errno host::sync(Handle handle) {
  return toErrno(invokeAgain<SYS_fsync>(handle));
}

Errno host::setSize(Handle handle, uint64_t sizeBytes) {
  return toErrno(invokeAgain<SYS_ftruncate>(handle, sizeBytes));
}

Result<bool> host::isNonBlocking(Handle handle) {
  long flags = invoke<SYS_fcntl>(handle, F_GETFL);
  if (isError(flags))
    return Fail(toErrno(flags));
  return (flags & O_NONBLOCK) != 0;
}

Errno host::setNonBlocking(Handle handle, bool isNonBlocking) {
  long flags = invoke<SYS_fcntl>(handle, F_GETFL);
  if (isError(flags))
    return toErrno(flags);
  long wanted = isNonBlocking ? flags | O_NONBLOCK : flags & ~long(O_NONBLOCK);
  if (wanted == flags)
    return Errno::Success;
  return toErrno(invoke<SYS_fcntl>(handle, F_SETFL, wanted));
}

Result<AccessMode> host::accessMode(Handle handle) {
  long flags = invokeAtStart<SYS_fcntl>(handle, F_GETFL);
  if (isError(flags))
    return Fail(toErrno(flags));
  long access = flags & O_ACCMODE;
  bool isUsable = !(flags & O_PATH);
  return AccessMode{
      .canRead = isUsable && (access == O_RDONLY || access == O_RDWR),
      .canWrite = isUsable && (access == O_WRONLY || access == O_RDWR),
      .isAppend = (flags & O_APPEND) != 0,
      .isNonBlocking = (flags & O_NONBLOCK) != 0,
      .isDataSync = (flags & O_DSYNC) != 0,
      .isSync = (flags & O_SYNC) == O_SYNC};
}

bool host::isTerminal(Handle handle) {
  constexpr int getAttributes = 0x5401; // TCGETS
  // The kernel's struct termios is smaller than libc's on every processor.
  alignas(8) char attributes[sizeof(termios)];
  return invokeAtStart<SYS_ioctl>(handle, getAttributes, attributes) == 0;
}

uint64_t host::readableBytes(Handle handle) {
  constexpr int fileReadable = 0x541b; // FIONREAD
  int bytes = 0;
  if (invoke<SYS_ioctl>(handle, fileReadable, &bytes) < 0 || bytes < 0)
    return 0;
  return static_cast<uint64_t>(bytes);
}

Errno host::setTimes(Handle handle, NewTime accessed, NewTime modified) {
  auto toTimespec = [](NewTime time) {
    timespec result = {};
    if (time.kind == NewTime::Keep)
      result.tv_nsec = UTIME_OMIT;
    else if (time.kind == NewTime::Now)
      result.tv_nsec = UTIME_NOW;
    else {
      result.tv_sec = time.time.seconds;
      result.tv_nsec = time.time.nanoseconds;
    }
    return result;
  };
  timespec times[2] = {toTimespec(accessed), toTimespec(modified)};
  // An empty path (Linux 5.8) lets the handle be one that only names the file.
  long result = invoke<SYS_utimensat>(handle, "", times, linuxEmptyPath);
  if (result ==
      -EINVAL) // an older kernel: a handle that is open for use still works
    result = invoke<SYS_utimensat>(handle, nullptr, times, 0);
  return toErrno(result);
}

// Sockets.

Result<FileType> host::socketType(Handle handle) {
  int type = 0;
  socklen_t sizeBytes = sizeof(type);
  long result = invokeAtStart<SYS_getsockopt>(handle, SOL_SOCKET, SO_TYPE,
                                              &type, &sizeBytes);
  if (isError(result))
    return Fail(toErrno(result));
  return type == SOCK_STREAM ? FileType::StreamSocket
                             : FileType::DatagramSocket;
}

Result<OwnedHandle> host::listenAt(const abi::SocketAddress &address,
                                   uint16_t &port) {
  union {
    sockaddr_in inet4;
    sockaddr_in6 inet6;
    sockaddr_un local;
  } name;
  memset(&name, 0, sizeof(name));
  // The network's order of bytes; all our processors have the other.
  uint16_t networkPort =
      __builtin_bswap16(static_cast<uint16_t>(address.number));
  unsigned nameBytes = 0;
  int family = AF_UNIX;
  switch (address.kind) {
  case abi::SocketAddress::Inet4:
    nameBytes = sizeof(name.inet4);
    name.inet4.sin_port = networkPort;
    memcpy(&name.inet4.sin_addr, address.bytes, 4);
    family = AF_INET;
    break;
  case abi::SocketAddress::Inet6:
    nameBytes = sizeof(name.inet6);
    name.inet6.sin6_port = networkPort;
    memcpy(&name.inet6.sin6_addr, address.bytes, 16);
    family = AF_INET6;
    break;
  case abi::SocketAddress::Unix:
    static_assert(sizeof(name.local.sun_path) == abi::maximumSocketPath + 1);
    nameBytes = sizeof(name.local);
    memcpy(name.local.sun_path, address.path, strlen(address.path));
    break;
  default:
    return Fail(Errno::Inval);
  }
  name.inet4.sin_family = static_cast<sa_family_t>(family); // first in each

  long made = invokeAtStart<SYS_socket>(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (isError(made))
    return Fail(toErrno(made));
  OwnedHandle handle(static_cast<Handle>(made));
  // So that a program can listen again right after it ended.
  int isReused = 1;
  if (family != AF_UNIX)
    invokeAtStart<SYS_setsockopt>(handle.get(), SOL_SOCKET, SO_REUSEADDR,
                                  &isReused, sizeof(isReused));
  constexpr int waitingConnections = 128;
  long result = invokeAtStart<SYS_bind>(handle.get(), &name, nameBytes);
  if (!isError(result))
    result = invokeAtStart<SYS_listen>(handle.get(), waitingConnections);
  if (isError(result))
    return Fail(toErrno(result));
  invokeAtStart<SYS_getsockname>(handle.get(), &name, &nameBytes);
  port = __builtin_bswap16(name.inet4.sin_port); // at the same place in inet6
  return handle;
}

Result<OwnedHandle> host::accept(Handle handle, bool isNonBlocking) {
  int flags = SOCK_CLOEXEC | (isNonBlocking ? SOCK_NONBLOCK : 0);
  long result = invokeAgain<SYS_accept4>(handle, nullptr, nullptr, flags);
  if (isError(result))
    return Fail(toErrno(result));
  return OwnedHandle(static_cast<Handle>(result));
}

// The kernel's struct msghdr: libc's may split its sizes differently.
struct KernelMessage {
  void *name = nullptr;
  int nameSizeBytes = 0;
  const IoVector *vectors;
  size_t vectorCount;
  void *control = nullptr;
  size_t controlSizeBytes = 0;
  unsigned flags = 0;
};
static_assert(sizeof(KernelMessage) == 56);

Result<Received> host::receive(Handle handle, IoVectors vectors, bool isPeek,
                               bool waitsForAll) {
  KernelMessage message = {.vectors = vectors.data(),
                           .vectorCount = vectors.size()};
  int flags = MSG_CMSG_CLOEXEC | (isPeek ? MSG_PEEK : 0) |
              (waitsForAll ? MSG_WAITALL : 0);
  long result = invokeAgain<SYS_recvmsg>(handle, &message, flags);
  if (isError(result))
    return Fail(toErrno(result));
  return Received{.sizeBytes = static_cast<uint32_t>(result),
                  .isTruncated = (message.flags & MSG_TRUNC) != 0};
}

Result<uint32_t> host::send(Handle handle, IoVectors vectors) {
  KernelMessage message = {.vectors = vectors.data(),
                           .vectorCount = vectors.size()};
  return toResult<uint32_t>(
      invokeAgain<SYS_sendmsg>(handle, &message, MSG_NOSIGNAL));
}

Errno host::shutDown(Handle handle, bool reads, bool writes) {
  int how = reads && writes ? SHUT_RDWR : reads ? SHUT_RD : SHUT_WR;
  return toErrno(invoke<SYS_shutdown>(handle, how));
}

// Waiting.

Result<uint32_t> host::poll(std::span<PollEntry> entries, uint64_t timeoutNs) {
  timespec timeout = {.tv_sec = static_cast<time_t>(timeoutNs / 1'000'000'000),
                      .tv_nsec = static_cast<long>(timeoutNs % 1'000'000'000)};
  long result = invoke<SYS_ppoll>(entries.data(), entries.size(),
                                  timeoutNs == UINT64_MAX ? nullptr : &timeout,
                                  nullptr, 0);
  if (result == -EINTR)
    return 0u;
  return toResult<uint32_t>(result);
}

void host::yield() { invoke<SYS_sched_yield>(); }

// Time and chance.

static constexpr clockid_t clockId(Clock clock) {
  switch (clock) {
  case Clock::Realtime:
    return CLOCK_REALTIME;
  case Clock::Monotonic:
    return CLOCK_MONOTONIC;
  case Clock::ProcessCpu:
    return CLOCK_PROCESS_CPUTIME_ID;
  case Clock::ThreadCpu:
    return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_REALTIME;
}

static Time fromTimespec(const timespec &time) {
  return {.seconds = time.tv_sec,
          .nanoseconds = static_cast<uint32_t>(time.tv_nsec)};
}

Result<Time> host::now(Clock clock) {
  // libc's, since it asks the vDSO; it enters the kernel for the CPU clocks.
  recordSyscall<SYS_clock_gettime>();
  timespec time;
  if (clock_gettime(clockId(clock), &time) != 0)
    return Fail(errnoFromHost(errno));
  return fromTimespec(time);
}

Result<Time> host::resolution(Clock clock) {
  timespec time = {};
  long result = invoke<SYS_clock_getres>(clockId(clock), &time);
  if (isError(result))
    return Fail(toErrno(result));
  return fromTimespec(time);
}

Errno host::random(std::span<uint8_t> bytes) {
  // Small enough that a signal never waits long for the call to end.
  constexpr size_t maximumChunkBytes = 1 << 20;
  while (!bytes.empty()) {
    size_t chunkBytes =
        bytes.size() < maximumChunkBytes ? bytes.size() : maximumChunkBytes;
    long result = invokeAgain<SYS_getrandom>(bytes.data(), chunkBytes, 0);
    if (isError(result))
      return toErrno(result);
    bytes = bytes.subspan(static_cast<size_t>(result));
  }
  return Errno::Success;
}

// The process.

void host::exit(uint32_t code) {
  for (;;)
    invoke<SYS_exit_group>(code & 0xff);
}

// The kernel's struct sigaction, of which we need the plainest form only.
struct KernelSigaction {
  void (*handler)(int);
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  uint64_t mask = 0;
};

void host::ignoreWriteSignals() {
  KernelSigaction action = {.handler = SIG_IGN};
  for (int signal : {SIGPIPE, SIGXFSZ})
    invokeAtStart<SYS_rt_sigaction>(signal, &action, nullptr, sizeof(uint64_t));
}

void host::raiseWithDefaultAction(int signal) {
  KernelSigaction action = {.handler = SIG_DFL};
  if (signal != SIGKILL && signal != SIGSTOP)
    invoke<SYS_rt_sigaction>(signal, &action, nullptr, sizeof(uint64_t));
  uint64_t mask = uint64_t(1) << (signal - 1);
  invoke<SYS_rt_sigprocmask>(SIG_UNBLOCK, &mask, nullptr, sizeof(mask));
  invoke<SYS_tgkill>(invoke<SYS_getpid>(), invoke<SYS_gettid>(), signal);
}

void host::writeMessage(std::span<const char> bytes) {
  while (!bytes.empty()) {
    long result = invokeAgain<SYS_write>(2, bytes.data(), bytes.size());
    if (result <= 0)
      return;
    bytes = bytes.subspan(static_cast<size_t>(result));
  }
}

// Address space.

Result<uint8_t *> host::reserve(void *fixedAddress, uint64_t sizeBytes) {
  constexpr long fixedNoReplace = 0x100000; // MAP_FIXED_NOREPLACE: Linux 4.17
  long flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  if (fixedAddress)
    flags |= fixedNoReplace;
  long result =
      invokeAtStart<SYS_mmap>(fixedAddress, sizeBytes, PROT_NONE, flags, -1, 0);
  if (isError(result))
    return Fail(toErrno(result));
  auto *address = reinterpret_cast<uint8_t *>(result);
  if (fixedAddress &&
      address != fixedAddress) { // an older kernel took it for a hint
    release(address, sizeBytes);
    return Fail(Errno::Nomem);
  }
  return address;
}

Result<uint8_t *> host::reserveNear(void *address, uint64_t sizeBytes) {
  return toResult<uint8_t *>(invokeAtStart<SYS_mmap>(
      address, sizeBytes, PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
}

Errno host::commit(void *address, uint64_t sizeBytes) {
  return toErrno(
      invokeAtStart<SYS_mprotect>(address, sizeBytes, PROT_READ | PROT_WRITE));
}

Errno host::protect(void *address, uint64_t sizeBytes) {
  return toErrno(invoke<SYS_mprotect>(address, sizeBytes, PROT_NONE));
}

Result<uint8_t *> host::allocatePages(uint64_t sizeBytes) {
  long result =
      invokeAtStart<SYS_mmap>(nullptr, sizeBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (isError(result))
    return Fail(toErrno(result));
  return reinterpret_cast<uint8_t *>(result);
}

Result<uint8_t *> host::growPages(void *pages, uint64_t oldSizeBytes,
                                  uint64_t newSizeBytes) {
  long result = invokeAtStart<SYS_mremap>(pages, oldSizeBytes, newSizeBytes,
                                          MREMAP_MAYMOVE, nullptr);
  if (isError(result))
    return Fail(toErrno(result));
  return reinterpret_cast<uint8_t *>(result);
}

Errno host::movePages(void *pages, void *target, uint64_t sizeBytes) {
  return toErrno(invokeAtStart<SYS_mremap>(
      pages, sizeBytes, sizeBytes, MREMAP_MAYMOVE | MREMAP_FIXED, target));
}

void host::release(void *address, uint64_t sizeBytes) {
  invokeAtStart<SYS_munmap>(address, sizeBytes);
}

Errno host::discard(void *address, uint64_t sizeBytes) {
  return toErrno(invoke<SYS_madvise>(address, sizeBytes, MADV_DONTNEED));
}

uint64_t host::firstStackEnd() {
  // execve(2) writes first, from the end down: a word, and the program's path.
  auto *path = reinterpret_cast<const char *>(getauxval(AT_EXECFN));
  if (!path)
    return 0;
  uint64_t end =
      reinterpret_cast<uint64_t>(path) + strlen(path) + 1 + sizeof(void *);
  return end % pageBytes == 0 ? end : 0;
}

namespace {
/// The kernel's struct rlimit64: what holds, and what it can be raised to.
struct KernelLimit {
  uint64_t current, maximum;
};
} // namespace

static constexpr int stackLimit = 3; // RLIMIT_STACK

static bool readStackLimit(KernelLimit &limit) {
#ifdef SYS_getrlimit // prlimit(2) takes twice as long
  return invokeAtStart<SYS_getrlimit>(stackLimit, &limit) == 0;
#else
  return invokeAtStart<SYS_prlimit64>(0, stackLimit, nullptr, &limit) == 0;
#endif
}

bool host::limitFirstStack(uint64_t sizeBytes) {
  KernelLimit limit;
  // Without a limit at execve(2), the kernel maps from below, not from there.
  if (!readStackLimit(limit) || limit.current == UINT64_MAX ||
      limit.maximum < sizeBytes)
    return false;
  limit.current = sizeBytes;
  if (invokeAtStart<SYS_prlimit64>(0, stackLimit, &limit, nullptr) != 0)
    return false;
  // An emulator of the processor may say that it has done it, and has not.
  return readStackLimit(limit) && limit.current == sizeBytes;
}

Errno host::reserveAgain(void *address, uint64_t sizeBytes) {
  return toErrno(invoke<SYS_mmap>(
      address, sizeBytes, PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
}

} // namespace moat::rt
