// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the runtime needs of the operating system: the only door to system
// calls. Every operation is a function, hence a section of its own, which
// records the system calls it makes (see Syscall.h), so that an executable
// knows what its linked part needs.
//
// "At start only" says that an executable cannot do it any more once its guest
// runs: the system call is not recorded (Harden.h).
//
// Nothing here knows about guests: handles are the host's, paths and names are
// NUL-terminated, buffers are the caller's. Interrupted calls are repeated.
// Each function cites the Linux call behind it, whose manual page lists the
// errors; they come back through Errno.def.

#pragma once

#include "Errno.h"
#include "moat/abi/SocketAddress.h"
#include <cstddef>
#include <cstdint>
#include <span>

namespace moat::rt::host {

/// A host descriptor; negative: none.
using Handle = int;
inline constexpr Handle noHandle = -1;
/// As a directory: the process's working directory.
inline constexpr Handle workingDirectory = -100;

/// close(2). Never fails visibly: what was written is not lost by closing, or
/// was lost before. A closed standard stream (0 to 2) keeps its number, which
/// then leads nowhere.
void close(Handle handle);

/// Another handle of the same open file, above 2. At start only. fcntl(2),
/// F_DUPFD_CLOEXEC.
Result<Handle> duplicate(Handle handle);

/// A handle that is closed with its owner.
class OwnedHandle {
public:
  constexpr OwnedHandle() = default;
  constexpr explicit OwnedHandle(Handle handle) : handle(handle) {}
  OwnedHandle(OwnedHandle &&other) : handle(other.release()) {}
  OwnedHandle &operator=(OwnedHandle &&other) {
    if (this != &other) {
      reset();
      handle = other.release();
    }
    return *this;
  }
  ~OwnedHandle() { reset(); }

  bool isOpen() const { return handle >= 0; }
  Handle get() const { return handle; }
  /// Gives the handle up without closing it.
  Handle release() {
    Handle released = handle;
    handle = noHandle;
    return released;
  }
  void reset() {
    if (isOpen())
      host::close(release());
  }

private:
  Handle handle = noHandle;
};

/// What a handle or a directory entry refers to. The first eight are WASI's
/// filetype.
enum class FileType : uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  DatagramSocket,
  StreamSocket,
  SymbolicLink,
  Fifo, ///< to the guest: Unknown
};

/// A point in time since 1970; \p nanoseconds is below 10^9 and counts forward.
struct Time {
  int64_t seconds;
  uint32_t nanoseconds;
};

/// statx(2).
struct FileInfo {
  uint64_t device;
  uint64_t inode;
  uint64_t linkCount;
  uint64_t sizeBytes;
  Time accessed, modified, changed;
  /// Sockets are StreamSocket here; see socketType.
  FileType type;
  uint32_t deviceMajor, deviceMinor; ///< of device files
};

/// A piece of memory for scattered reads and gathered writes: struct iovec.
struct IoVector {
  void *base;
  size_t sizeBytes;
};
using IoVectors = std::span<const IoVector>;
/// IOV_MAX: more in one call the kernel refuses.
inline constexpr size_t maximumVectors = 1024;

/// How a write goes to the file, beyond where.
struct WriteMode {
  bool isAppend = false;   ///< to the end, whatever the position
  bool isDataSync = false; ///< return when the data are on the device
  bool isSync = false;     ///< and all metadata
  bool isPlain() const { return !isAppend && !isDataSync && !isSync; }
};

// Reading and writing.

/// readv(2), preadv(2). \returns the bytes read; 0 at the end.
Result<uint32_t> read(Handle handle, IoVectors vectors);
Result<uint32_t> readAt(Handle handle, IoVectors vectors, uint64_t offset);
/// writev(2).
Result<uint32_t> write(Handle handle, IoVectors vectors);
/// pwritev2(2) at the handle's position, which moves.
Result<uint32_t> writeWith(Handle handle, IoVectors vectors, WriteMode mode);
/// pwritev2(2). The handle's position stays.
Result<uint32_t> writeAt(Handle handle, IoVectors vectors, uint64_t offset,
                         WriteMode mode);

enum class Whence : uint8_t { Start, Current, End };
/// lseek(2). \returns the new position.
Result<uint64_t> seek(Handle handle, int64_t offset, Whence whence);

// Files.

Result<FileInfo> status(Handle handle);
/// Its type alone; in an executable, at start only.
Result<FileType> typeAtStart(Handle handle);
/// Whether the handle is on a file system of processes, where files are the
/// memory and the environment of this one and others. fstatfs(2).
bool isOnProcessFileSystem(Handle handle);
/// Advice as WASI numbers it. posix_fadvise(2).
Errno advise(Handle handle, uint64_t offset, uint64_t sizeBytes,
             uint8_t advice);
/// fallocate(2), which makes the file longer if need be. Notsup: the file
/// system cannot.
Errno allocate(Handle handle, uint64_t offset, uint64_t sizeBytes);
/// fdatasync(2), fsync(2).
Errno syncData(Handle handle);
Errno sync(Handle handle);
/// ftruncate(2).
Errno setSize(Handle handle, uint64_t sizeBytes);
/// Whether reads and writes on the handle wait: F_GETFL, F_SETFL of fcntl(2).
/// The state is the open file's, shared with whoever else holds it.
Result<bool> isNonBlocking(Handle handle);
Errno setNonBlocking(Handle handle, bool isNonBlocking);
/// What the handle may be used for: F_GETFL. At start only.
struct AccessMode {
  bool canRead, canWrite;
  bool isAppend, isNonBlocking, isDataSync, isSync;
};
Result<AccessMode> accessMode(Handle handle);
/// Whether the handle is a terminal: TCGETS of ioctl(2). At start only.
bool isTerminal(Handle handle);
/// Bytes that can be read without waiting: FIONREAD of ioctl(2); 0 where it has
/// no answer.
uint64_t readableBytes(Handle handle);

/// A new time for a file: as it is, now, or given.
struct NewTime {
  enum Kind : uint8_t { Keep, Now, Set } kind = Keep;
  Time time = {};
};
/// utimensat(2) on the handle itself, which may be one opened for its path
/// only.
Errno setTimes(Handle handle, NewTime accessed, NewTime modified);

// Directories and paths. A name is one component, or a path where it says so.

struct OpenMode {
  bool canRead = false;
  bool canWrite = false;
  bool isPathOnly = false;  ///< O_PATH: to name the file, not to use it
  bool isDirectory = false; ///< Notdir otherwise
  bool isCreate = false;
  bool isExclusive = false;
  bool isTruncate = false;
  bool followsLink =
      false; ///< in the last component; else Loop, or with isPathOnly the link
  bool isNonBlocking = false;
};

/// openat2(2) of a path that must stay beneath \p directory at every step,
/// without magic links. Never waits for a peer (O_NONBLOCK), never makes a
/// terminal ours (O_NOCTTY). Xdev: the path leads outside; Again: a rename came
/// between, try again; Nosys or Perm: the kernel or a filter does not offer the
/// call.
Result<OwnedHandle> openBeneath(Handle directory, const char *path,
                                OpenMode mode);
/// openat(2) of a single name, with the same precautions.
Result<OwnedHandle> openName(Handle directory, const char *name, OpenMode mode);
/// openat(2) of a path that is the host's own: links are followed anywhere. At
/// start only.
Result<OwnedHandle> openTrusted(Handle directory, const char *path,
                                OpenMode mode);
/// Where the program's file lies, without a NUL. At start only.
Result<size_t> executablePath(std::span<char> buffer);

/// statx(2) of a single name, of the link itself where it is one.
Result<FileInfo> statusOfName(Handle directory, const char *name);
/// readlinkat(2). \returns the bytes written, at most the buffer's; Inval: not
/// a link.
Result<size_t> readLink(Handle directory, const char *name,
                        std::span<char> buffer);
/// mkdirat(2), unlinkat(2), symlinkat(2), linkat(2), renameat(2). No link is
/// followed in the last component.
Errno makeDirectory(Handle directory, const char *name);
Errno removeFile(Handle directory, const char *name);
Errno removeDirectory(Handle directory, const char *name);
Errno makeSymlink(const char *target, Handle directory, const char *name);
Errno makeLink(Handle oldDirectory, const char *oldName, Handle newDirectory,
               const char *newName);
Errno rename(Handle oldDirectory, const char *oldName, Handle newDirectory,
             const char *newName);

/// An entry of a directory, in a buffer that readDirectory filled.
struct DirectoryEntry {
  uint64_t inode;
  uint64_t next; ///< position behind it, for seek
  FileType type; ///< Unknown where the file system does not say
  const char *name;
  size_t nameSizeBytes;
};
/// getdents64(2) from the handle's position. \returns the bytes filled; 0 at
/// the end.
/// \p buffer is aligned to 8 bytes.
Result<size_t> readDirectory(Handle handle, std::span<uint8_t> buffer);
/// Reads the entry at the front of what readDirectory filled. \returns its
/// size.
size_t parseEntry(std::span<const uint8_t> filled, DirectoryEntry &entry);

// Sockets.

/// SO_TYPE of getsockopt(2). Notsock. At start only.
Result<FileType> socketType(Handle handle);
/// A socket that listens at \p address, of all kinds but Descriptor. \p port is
/// set to the one that it got. At start only. socket(2), bind(2), listen(2):
/// Addrinuse, Addrnotavail, Acces, Noent.
Result<OwnedHandle> listenAt(const abi::SocketAddress &address, uint16_t &port);
/// accept4(2).
Result<OwnedHandle> accept(Handle handle, bool isNonBlocking);
struct Received {
  uint32_t sizeBytes;
  bool isTruncated;
};
/// recvmsg(2), sendmsg(2) without a signal, shutdown(2).
Result<Received> receive(Handle handle, IoVectors vectors, bool isPeek,
                         bool waitsForAll);
Result<uint32_t> send(Handle handle, IoVectors vectors);
Errno shutDown(Handle handle, bool reads, bool writes);

// Waiting.

/// struct pollfd.
struct PollEntry {
  Handle handle;
  int16_t wanted; ///< PollReadable, PollWritable
  int16_t seen;   ///< those and PollError and on
};
enum PollFlag : int16_t {
  PollReadable = 1,
  PollWritable = 4,
  PollError = 8,
  PollHangUp = 16,
  PollInvalid = 32,
};
/// ppoll(2) for at most \p timeoutNs; UINT64_MAX: without end. \returns how
/// many entries have something; 0: time is over, or a signal came.
Result<uint32_t> poll(std::span<PollEntry> entries, uint64_t timeoutNs);
/// sched_yield(2).
void yield();

// Threads.

/// Waits as long as \p word holds \p value, until somebody wakes the word, or
/// until \p deadlineNs on the monotonic clock; UINT64_MAX: without end.
/// \returns Timedout; or Success: woken, another value, or for no reason.
/// futex(2), FUTEX_WAIT_BITSET.
Errno waitWhile(const uint32_t *word, uint32_t value, uint64_t deadlineNs);
/// Wakes up to \p count of those that wait on \p word. FUTEX_WAKE.
void wake(const uint32_t *word, uint32_t count);

/// A lock between the threads of the process; zeroes are a free one. Not
/// recursive.
class Mutex {
public:
  void lock() {
    uint32_t free = Free;
    if (!__atomic_compare_exchange_n(&state, &free, Taken, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      lockSlowly();
  }
  void unlock() {
    if (__atomic_exchange_n(&state, Free, __ATOMIC_RELEASE) == Contended)
      wake(&state, 1);
  }

private:
  enum State : uint32_t { Free, Taken, Contended };
  void lockSlowly();

  uint32_t state = Free;
};

/// Holds a lock until the end of its scope.
class Locked {
public:
  explicit Locked(Mutex &mutex) : mutex(mutex) { mutex.lock(); }
  Locked(const Locked &) = delete;
  ~Locked() { mutex.unlock(); }

private:
  Mutex &mutex;
};

// Time and chance.

/// Clocks as WASI numbers them.
enum class Clock : uint8_t { Realtime, Monotonic, ProcessCpu, ThreadCpu };
/// clock_gettime(2), without entering the kernel where it can.
Result<Time> now(Clock clock);
Result<Time> resolution(Clock clock);
/// getrandom(2): fills all of it; waits until the kernel's generator is seeded.
Errno random(std::span<uint8_t> bytes);

// The process.

/// exit_group(2), with the low 8 bits of \p code.
[[noreturn]] void exit(uint32_t code);
/// Lets writes to a closed pipe, and past a file size limit, end in an error
/// instead of a signal: SIGPIPE and SIGXFSZ are ignored. rt_sigaction(2). At
/// start only.
void ignoreWriteSignals();
/// Sends a signal of the host's numbering to this thread with its default
/// action, whatever handles it now. Returns only if that action is not to end.
void raiseWithDefaultAction(int signal);
/// Writes all of \p bytes to standard error, as far as that goes.
void writeMessage(std::span<const char> bytes);

// Address space. Addresses and sizes are multiples of the page size. Most
// programs map all they need when they start: who calls these functions later,
// up to release(), says so by recordMemorySyscalls() (Syscall.h).

inline constexpr size_t pageBytes = 4096;
/// mmap(2) without access and without a claim on memory. At \p fixedAddress
/// exactly, where nothing may be yet, unless it is null. Nomem.
Result<uint8_t *> reserve(void *fixedAddress, uint64_t sizeBytes);
/// The same, at \p address if there is room and it is not null, else anywhere.
Result<uint8_t *> reserveNear(void *address, uint64_t sizeBytes);
/// mprotect(2): to readable and writable; to no access.
Errno commit(void *address, uint64_t sizeBytes);
Errno protect(void *address, uint64_t sizeBytes);
/// mmap(2) of zeroed pages that can be read and written. Nomem.
Result<uint8_t *> allocatePages(uint64_t sizeBytes);
/// mremap(2) of such pages, which may move. Nomem.
Result<uint8_t *> growPages(void *pages, uint64_t oldSizeBytes,
                            uint64_t newSizeBytes);
/// mremap(2) of pages that can be read and written to \p target, in place of
/// what is there; nothing is mapped where they were. At start only.
Errno movePages(void *pages, void *target, uint64_t sizeBytes);
/// munmap(2).
void release(void *address, uint64_t sizeBytes);
/// The first thread's stack, which the system maps as it is touched. At start
/// only.
/// Where it ends; 0: unknown. getauxval(3), AT_EXECFN: what that points to lies
/// at the very end.
uint64_t firstStackEnd();
/// Lets it grow until it has \p sizeBytes, and no further. False: it may not,
/// or not to one that has no limit now. prlimit(2), RLIMIT_STACK.
bool limitFirstStack(uint64_t sizeBytes);
/// madvise(2), MADV_DONTNEED: gives the memory of private pages back; they are
/// zero when they are touched again. Inval: some are locked in memory
/// (mlock(2)), and keep what they hold.
Errno discard(void *address, uint64_t sizeBytes);
/// mmap(2) over pages of ours, which are given back: reserved only, as by
/// reserve(). Nomem: what is there now is unknown.
Errno reserveAgain(void *address, uint64_t sizeBytes);
/// madvise(2), MADV_HUGEPAGE: huge pages wherever 2 MiB of a range are in use.
/// A hint.
void preferHugePages(void *address, uint64_t sizeBytes);
/// The same; in an executable, at start only.
void preferHugePagesAtStart(void *address, uint64_t sizeBytes);
/// The CPU time of this thread that an access to \p place takes, as by a write
/// that changes nothing. clock_gettime(2).
uint64_t nsToTouch(uint8_t *place);
/// The same; in an executable, at start only.
uint64_t nsToTouchAtStart(uint8_t *place);

// Giving up what a process can do, for good. At start only.

/// close_range(2): everything from \p first to \p last. Nosys: before Linux
/// 5.9.
Errno closeHandles(Handle first, Handle last);
/// The highest of all handles.
inline constexpr Handle lastHandle = INT32_MAX;
/// PR_SET_NO_NEW_PRIVS of prctl(2).
Errno refuseNewPrivileges();
/// PR_SET_MDWE of prctl(2). Inval: before Linux 6.3.
Errno refuseExecutableMemory();
/// This process's number, as tgkill(2) wants it. getpid(2).
int processNumber();

/// Which Landlock the kernel has: 1 and up; 0: none, or it is turned off.
/// landlock_create_ruleset(2).
int landlockVersion();
/// Rules that let nothing be opened, created, moved, bound or connected to.
Result<OwnedHandle> makeLandlockRules(int version);
/// Lets what lies below \p directory be opened, and without \p isReadOnly be
/// changed. landlock_add_rule(2).
Errno allowBeneath(Handle rules, Handle directory, bool isReadOnly,
                   int version);
/// Puts the rules into force. landlock_restrict_self(2). Perm: privileges may
/// still be gained.
Errno obeyLandlockRules(Handle rules);

/// An instruction of a filter of system calls: struct sock_filter.
struct FilterInstruction {
  uint16_t code;
  uint8_t skipIfTrue, skipIfFalse;
  uint32_t operand;
};
/// Puts a filter into force. seccomp(2). Acces: privileges may still be gained.
Errno obeyFilter(std::span<const FilterInstruction> filter);

} // namespace moat::rt::host
