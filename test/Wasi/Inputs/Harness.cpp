// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Attacks on the runtime's WASI functions from inside the host: no compiler, no
// module, just the bodies, a memory between two canaries, and a tree of files
// with a secret beside it.
//
//   harness resolve SEED COUNT   random paths through both ways of resolution,
//   whose answers
//                                must be the same
//   harness fuzz SEED COUNT      random calls with random arguments; nothing
//   outside the
//                                memory and the tree may be touched
//   harness race SECONDS         paths through a tree that another thread keeps
//   turning
//                                over; nothing outside may be reached
//   harness sockets              what sockets do, which a guest can only be
//   handed
//
// To be run in a scratch directory, in a mount namespace where everything else
// is read-only, and without privileges (sandbox.sh does that). `kernel` or
// `walk` behind the arguments chooses the resolution for fuzz and race.

#include "Capability/Preopen.h"
#include "Capability/Resolve.h"
#include "Host/Syscall.h"
#include "Instance.h"
#include "Wasi/Functions.h"
#include "Wasi/Types.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/// There are no calls here that could be interrupted.
bool moat::rt::host::isCallInterrupted() { return false; }

using namespace moat;
using namespace moat::rt;

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);  \
      abort();                                                                 \
    }                                                                          \
  } while (false)

// Random numbers: xorshift64*.

static uint64_t randomState = 1;
static uint64_t next() {
  randomState ^= randomState >> 12;
  randomState ^= randomState << 25;
  randomState ^= randomState >> 27;
  return randomState * 0x2545f4914f6cdd1d;
}
static uint32_t below(uint32_t bound) {
  return static_cast<uint32_t>(next() >> 33) % bound;
}

// The tree. `root` is the guest's; `outside` and `secret` lie beside it.

static char rootPath[4096];
static struct stat secretBefore;

static void run(const char *command) {
  if (system(command) != 0) {
    fprintf(stderr, "failed: %s\n", command);
    exit(1);
  }
}

static void makeTree() {
  run("rm -rf root outside readonly && mkdir -p root/a/b/c root/d/e outside "
      "readonly/sub && "
      "echo secret > outside/secret && echo secret > secret && echo fixed > "
      "readonly/file && "
      "chmod 600 secret && echo one > root/file && echo two > root/a/b/c/f && "
      "ln -s a/b root/ab && ln -s ../d root/a/to-d && ln -s ../../.. "
      "root/a/b/c/up && "
      "ln -s ../outside root/out && ln -s /etc root/absolute && ln -s loop "
      "root/loop && "
      "ln -s missing root/dangling && ln -s file root/link && ln -s link "
      "root/link2 && "
      "ln -s a/../../secret root/sneaky && ln -s ab/c/ root/slash && ln -s "
      "file/ root/bad && "
      "ln -s . root/dot && ln -s d/.. root/back && ln -s absolute/passwd "
      "root/deep && "
      "mkfifo root/fifo");
  CHECK(realpath("root", rootPath));
  CHECK(stat("outside/secret", &secretBefore) == 0);
}

static bool isInside(int handle) {
  char link[64], path[4096 + 16];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", handle);
  ssize_t size = readlink(link, path, sizeof(path) - 1);
  CHECK(size > 0);
  path[size] = 0;
  size_t rootSize = strlen(rootPath);
  return strncmp(path, rootPath, rootSize) == 0 &&
         (path[rootSize] == 0 || path[rootSize] == '/' ||
          path[rootSize] == ' ');
}

static void checkOutside() {
  struct stat now;
  CHECK(stat("outside/secret", &now) == 0);
  CHECK(now.st_ino == secretBefore.st_ino &&
        now.st_size == secretBefore.st_size);
  CHECK(now.st_nlink == secretBefore.st_nlink &&
        now.st_mode == secretBefore.st_mode);
  CHECK(now.st_mtim.tv_sec == secretBefore.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == secretBefore.st_mtim.tv_nsec);
  CHECK(stat("readonly/file", &now) == 0 && now.st_size == 6 &&
        now.st_nlink == 1);
  CHECK(stat("readonly/sub", &now) == 0);
}

static const char *const names[] = {
    "a",        "b",    "c",     "d",      "e",        "f",
    "ab",       "to-d", "up",    "out",    "absolute", "loop",
    "dangling", "link", "link2", "sneaky", "slash",    "bad",
    "dot",      "back", "deep",  "file",   "fifo",     "missing",
    ".",        "..",   "..",    "secret", "outside",  "new"};

static void randomPath(char *path, size_t capacity) {
  path[0] = 0;
  if (below(40) == 0)
    strcat(path, "/");
  uint32_t count = below(2) ? 1 : 1 + below(6);
  for (uint32_t i = 0; i != count; ++i) {
    const char *name = names[below(sizeof(names) / sizeof(*names))];
    if (strlen(path) + strlen(name) + 4 > capacity)
      break;
    strcat(path, name);
    if (i + 1 != count || below(5) == 0)
      strcat(path, below(8) == 0 ? "//" : "/");
  }
}

// Both ways of resolution give the same answers.

static void compareResolutions(uint64_t count) {
  makeTree();
  int root = open("root", O_RDONLY | O_DIRECTORY);
  CHECK(root >= 0);
  uint64_t opened = 0;
  for (uint64_t i = 0; i != count; ++i) {
    char path[256];
    randomPath(path, sizeof(path));
    host::OpenMode mode;
    mode.isPathOnly = below(2);
    mode.canRead = true;
    mode.isDirectory = below(4) == 0;
    mode.followsLink = below(2);
    if (!mode.isPathOnly) {
      mode.canWrite = below(3) == 0;
      // Creating is compared where it fails, or where it finds what is there
      // already.
      mode.isCreate = below(4) == 0;
      mode.isExclusive = mode.isCreate && below(2);
      // openat2 refuses what openat ignores.
      if (mode.isCreate)
        mode.isDirectory = false;
    }
    // Whatever a creating open made is removed, so that the second finds the
    // first's state.
    auto clean = [] {
      run("rm -f root/missing root/new root/*/new root/*/*/new root/*/*/*/new "
          "root/*/missing root/*/*/missing root/*/*/*/missing "
          "root/[b-c] root/[e-f] root/a/[acdef]* root/d/[a-df]* "
          "2>/dev/null; true");
    };
    if (mode.isCreate && below(20) != 0)
      mode.isCreate = mode.isExclusive = false;
    auto kernel = openBeneath({root, Resolution::Kernel}, path, mode);
    struct stat first = {}, second = {};
    if (kernel) {
      CHECK(isInside(kernel->get()));
      CHECK(fstat(kernel->get(), &first) == 0);
    }
    bool isMade = kernel && mode.isCreate;
    if (isMade && mode.isExclusive) {
      clean();
      makeTree();
      close(root);
      root = open("root", O_RDONLY | O_DIRECTORY);
    }
    auto walk = openBeneath({root, Resolution::Walk}, path, mode);
    Errno a = kernel ? Errno::Success : kernel.error();
    Errno b = walk ? Errno::Success : walk.error();
    if (walk) {
      CHECK(isInside(walk->get()));
      CHECK(fstat(walk->get(), &second) == 0);
      ++opened;
    }
    bool isSame =
        a == b && (mode.isExclusive || (first.st_ino == second.st_ino &&
                                        first.st_mode == second.st_mode));
    if (!isSame) {
      fprintf(stderr,
              "%s: kernel %s, walk %s (path %d dir %d follow %d create %d excl "
              "%d)\n",
              path, errnoText(a), errnoText(b), mode.isPathOnly,
              mode.isDirectory, mode.followsLink, mode.isCreate,
              mode.isExclusive);
      exit(1);
    }
    if (isMade) {
      makeTree();
      close(root);
      root = open("root", O_RDONLY | O_DIRECTORY);
    }
  }
  printf("resolve: %llu paths agree, %llu of them opened\n",
         (unsigned long long)count, (unsigned long long)opened);
}

// A guest without a module.

static constexpr uint64_t memoryBytes = 256 << 10;
static constexpr uint64_t canaryBytes = 64 << 10;

struct FakeGuest {
  abi::Memory memory = {};
  abi::Instance compiled = {};
  Instance instance;
  DescriptorTable table;
  uint8_t *region;

  explicit FakeGuest(Resolution resolution) {
    region = static_cast<uint8_t *>(mmap(nullptr, memoryBytes + 2 * canaryBytes,
                                         PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(region != MAP_FAILED);
    memset(region, 0xa5, canaryBytes);
    memset(region + canaryBytes + memoryBytes, 0xa5, canaryBytes);
    memory.base = region + canaryBytes;
    memory.sizeBytes = memoryBytes;
    instance.compiled = &compiled;
    compiled.runtime = &instance;
    instance.memory0 = &memory;
    instance.descriptors = &table;
    table.resolution = resolution;
    open();
  }
  void open() {
    for (int stream = 0; stream != 3; ++stream)
      CHECK(handOver(table, host::OwnedHandle(::open("/dev/null", O_RDWR))) ==
            Errno::Success);
    CHECK(openPreopen(table, {"root", "/"}) == Errno::Success);
    CHECK(openPreopen(table, {"readonly", "/readonly", true}) ==
          Errno::Success);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK(handOver(table, host::OwnedHandle(pair[0])) == Errno::Success);
    CHECK(handOver(table, host::OwnedHandle(pair[1])) == Errno::Success);
  }
  void checkCanaries() const {
    static uint8_t expected[canaryBytes];
    if (expected[0] == 0)
      memset(expected, 0xa5, sizeof(expected));
    CHECK(memcmp(region, expected, canaryBytes) == 0);
    CHECK(memcmp(region + canaryBytes + memoryBytes, expected, canaryBytes) ==
          0);
  }
  uint32_t put(uint32_t address, const char *text) {
    uint32_t size = static_cast<uint32_t>(strlen(text));
    memcpy(memory.base + address, text, size);
    return size;
  }
};

// Random calls.

static constexpr uint32_t functionCount = 45;

static uint32_t randomAddress() {
  switch (below(16)) {
  case 0:
    return below(2) ? static_cast<uint32_t>(next()) : 0;
  case 1:
    return static_cast<uint32_t>(memoryBytes) - below(80);
  case 2:
    return static_cast<uint32_t>(memoryBytes) + below(8);
  case 3:
    return UINT32_MAX - below(100);
  default:
    return below(static_cast<uint32_t>(memoryBytes));
  }
}
static uint32_t randomSize() {
  switch (below(6)) {
  case 0:
    return static_cast<uint32_t>(next());
  case 1:
    return UINT32_MAX - below(100);
  case 2:
    return 0;
  default:
    return below(5000);
  }
}
static uint64_t randomWide() {
  switch (below(5)) {
  case 0:
    return next();
  case 1:
    return UINT64_MAX - below(3);
  case 2:
    return (uint64_t(1) << 63) - 1 + below(3);
  default:
    return below(100000);
  }
}
/// Often the preopens, so that many paths are tried below them.
static uint32_t randomFd() {
  if (below(40) == 0)
    return static_cast<uint32_t>(next());
  return below(3) == 0 ? below(14) : below(8) == 0 ? 4 : 3;
}
/// Hardly ever the preopens: the fuzzer would soon have nothing left.
static uint32_t randomVictim() {
  return below(200) == 0 ? randomFd() : 5 + below(9);
}
static uint32_t randomFlags() {
  return below(10) == 0 ? static_cast<uint32_t>(next()) : below(16);
}

struct Path {
  uint32_t address, size;
};
static Path guestPath(FakeGuest &guest) {
  if (below(10) == 0)
    return {randomAddress(), randomSize()};
  char path[256];
  randomPath(path, sizeof(path));
  uint32_t address = below(200000);
  uint32_t size = guest.put(address, path);
  return {address, below(30) == 0 ? size + 1 : size};
}
/// An array of iovec of which most lie in memory.
static Path guestVectors(FakeGuest &guest) {
  if (below(10) == 0)
    return {randomAddress(), randomSize()};
  uint32_t count = below(20) == 0 ? below(4000) : below(6);
  uint32_t address = below(200000);
  for (uint32_t i = 0; i != count; ++i) {
    wasi::Iovec iovec = {below(200000), below(300)};
    if (below(50) == 0)
      iovec = {randomAddress(), randomSize()};
    memcpy(guest.memory.base + address + 8 * i, &iovec, 8);
  }
  return {address, count};
}
/// Subscriptions, the first of which is a clock that is due.
static Path guestSubscriptions(FakeGuest &guest) {
  if (below(6) == 0)
    return {static_cast<uint32_t>(memoryBytes) - below(40), 1 + below(1 << 30)};
  uint32_t count = below(10) == 0 ? 1 + below(2000) : 1 + below(6);
  uint32_t address = below(100000);
  uint8_t *at = guest.memory.base + address;
  memset(at, 0, 48 * count);
  for (uint32_t i = 1; i != count; ++i) {
    at[48 * i + 8] = static_cast<uint8_t>(below(3) + (below(100) == 0));
    at[48 * i + 16] = static_cast<uint8_t>(below(14));
    at[48 * i + 24] = static_cast<uint8_t>(below(3));
    at[48 * i + 40] = static_cast<uint8_t>(below(2));
  }
  return {address, count};
}

/// How often each function succeeded: a call that never does tests little.
static uint64_t successes[functionCount];

static void randomCall(FakeGuest &guest, uint32_t function) {
  using namespace wasi;
  Instance &i = guest.instance;
  Errno ignored = Errno::Success;
  switch (function) {
  case 0:
    ignored = args_get(i, randomAddress(), randomAddress());
    break;
  case 1:
    ignored = args_sizes_get(i, randomAddress(), randomAddress());
    break;
  case 2:
    ignored = environ_get(i, randomAddress(), randomAddress());
    break;
  case 3:
    ignored = environ_sizes_get(i, randomAddress(), randomAddress());
    break;
  case 4:
    ignored = clock_res_get(i, below(6), randomAddress());
    break;
  case 5:
    ignored = clock_time_get(i, below(6), next(), randomAddress());
    break;
  case 6:
    ignored = fd_advise(i, randomFd(), randomWide(), randomWide(), below(8));
    break;
  case 7:
    ignored = fd_allocate(i, randomFd(), below(100000), below(100000));
    break;
  case 8:
    ignored = fd_close(i, randomVictim());
    break;
  case 9:
    ignored = fd_datasync(i, randomFd());
    break;
  case 10:
    ignored = fd_fdstat_get(i, randomFd(), randomAddress());
    break;
  case 11:
    ignored = fd_fdstat_set_flags(i, randomFd(), below(40) | FdNonblock);
    break;
  case 12:
    ignored = fd_fdstat_set_rights(i, randomVictim(),
                                   below(2) ? next() : FdRead | FdWrite,
                                   below(2) ? next() : 0);
    break;
  case 13:
    ignored = fd_filestat_get(i, randomFd(), randomAddress());
    break;
  case 14:
    ignored = fd_filestat_set_size(i, randomFd(), below(100000));
    break;
  case 15:
    ignored =
        fd_filestat_set_times(i, randomFd(), next(), next(), randomFlags());
    break;
  case 16: {
    Path v = guestVectors(guest);
    ignored = fd_pread(i, randomFd(), v.address, v.size, randomWide(),
                       randomAddress());
    break;
  }
  case 17:
    ignored = fd_prestat_get(i, randomFd(), randomAddress());
    break;
  case 18:
    ignored = fd_prestat_dir_name(i, randomFd(), randomAddress(), randomSize());
    break;
  case 19: {
    Path v = guestVectors(guest);
    ignored = fd_pwrite(i, randomFd(), v.address, v.size, below(100000),
                        randomAddress());
    break;
  }
  case 20: {
    Path v = guestVectors(guest);
    ignored = fd_read(i, randomFd(), v.address, v.size, randomAddress());
    break;
  }
  case 21:
    ignored = fd_readdir(i, randomFd(), randomAddress(), randomSize(),
                         below(2) ? 0 : randomWide(), randomAddress());
    break;
  case 22:
    ignored = fd_renumber(i, randomVictim(), randomVictim());
    break;
  case 23:
    ignored = fd_seek(i, randomFd(), randomWide(), below(5), randomAddress());
    break;
  case 24:
    ignored = fd_sync(i, randomFd());
    break;
  case 25:
    ignored = fd_tell(i, randomFd(), randomAddress());
    break;
  case 26: {
    Path v = guestVectors(guest);
    ignored = fd_write(i, randomFd(), v.address, v.size, randomAddress());
    break;
  }
  case 27: {
    Path p = guestPath(guest);
    ignored = path_create_directory(i, randomFd(), p.address, p.size);
    break;
  }
  case 28: {
    Path p = guestPath(guest);
    ignored = path_filestat_get(i, randomFd(), below(3), p.address, p.size,
                                randomAddress());
    break;
  }
  case 29: {
    Path p = guestPath(guest);
    ignored = path_filestat_set_times(i, randomFd(), below(3), p.address,
                                      p.size, next(), next(), randomFlags());
    break;
  }
  case 30: {
    Path p = guestPath(guest), q = guestPath(guest);
    ignored = path_link(i, randomFd(), below(3), p.address, p.size, randomFd(),
                        q.address, q.size);
    break;
  }
  case 31:
  case 42:
  case 43:
  case 44: {
    Path p = guestPath(guest);
    ignored =
        path_open(i, randomFd(), below(3), p.address, p.size, randomFlags(),
                  below(2) ? allRights : next(), below(2) ? allRights : next(),
                  below(35), randomAddress());
    break;
  }
  case 32: {
    Path p = guestPath(guest);
    ignored = path_readlink(i, randomFd(), p.address, p.size, randomAddress(),
                            randomSize(), randomAddress());
    break;
  }
  case 33: {
    Path p = guestPath(guest);
    ignored = path_remove_directory(i, randomFd(), p.address, p.size);
    break;
  }
  case 34: {
    Path p = guestPath(guest), q = guestPath(guest);
    ignored = path_rename(i, randomFd(), p.address, p.size, randomFd(),
                          q.address, q.size);
    break;
  }
  case 35: {
    Path p = guestPath(guest), q = guestPath(guest);
    ignored = path_symlink(i, p.address, p.size, randomFd(), q.address, q.size);
    break;
  }
  case 36: {
    Path p = guestPath(guest);
    ignored = path_unlink_file(i, randomFd(), p.address, p.size);
    break;
  }
  case 37: {
    Path s = guestSubscriptions(guest);
    ignored =
        below(2)
            ? poll_oneoff(i, s.address, below(2) ? s.address : randomAddress(),
                          s.size, randomAddress())
            : poll_oneoff(i, s.address, randomAddress(), 0, randomAddress());
    break;
  }
  case 38:
    ignored = random_get(i, randomAddress(), randomSize());
    break;
  case 39: {
    Path v = guestVectors(guest);
    ignored = sock_recv(i, randomFd(), v.address, v.size, below(2),
                        randomAddress(), randomAddress());
    break;
  }
  case 40: {
    Path v = guestVectors(guest);
    ignored = sock_send(i, randomFd(), v.address, v.size, below(20) == 0,
                        randomAddress());
    break;
  }
  case 41:
    ignored = below(50)
                  ? sock_accept(i, randomFd(), randomFlags(), randomAddress())
                  : sock_shutdown(i, randomFd(), below(5));
    break;
  }
  successes[function] += ignored == Errno::Success;
}

static void fuzz(uint64_t count, Resolution resolution) {
  makeTree();
  static const char *const arguments[] = {"program", "argument", ""};
  static const char *const environment[] = {"NAME=value"};
  for (uint64_t done = 0; done < count;) {
    FakeGuest guest(resolution);
    guest.instance.arguments = arguments;
    guest.instance.environment = environment;
    for (uint32_t i = 0; i != 2000 && done < count; ++i, ++done) {
      if (below(100) == 0)
        guest.instance.memory0 = nullptr;
      randomCall(guest, below(functionCount));
      guest.instance.memory0 = &guest.memory;
      // Every directory the guest holds is inside the tree.
      for (uint32_t fd = 0; fd != 64; ++fd)
        if (auto descriptor = guest.table.lookup(fd))
          if (descriptor->isDirectory() && !(descriptor->isPreopen) &&
              (descriptor->inheriting & PathCreateFile))
            CHECK(isInside(descriptor->handle.get()));
      if (i % 16 == 0)
        guest.checkCanaries();
    }
    guest.checkCanaries();
    checkOutside();
    munmap(guest.region, memoryBytes + 2 * canaryBytes);
    if (done % 10000 < 2000)
      makeTree();
  }
  printf("fuzz: %llu calls; successes by function:", (unsigned long long)count);
  for (uint64_t number : successes)
    printf(" %llu", (unsigned long long)number);
  printf("\n");
}

// Sockets.

static void sockets() {
  run("mkdir -p root readonly");
  FakeGuest guest(Resolution::Kernel); // 5 and 6 are a pair
  Instance &instance = guest.instance;
  uint8_t *memory = guest.memory.base;
  auto word = [&](uint32_t address) {
    uint32_t value;
    memcpy(&value, memory + address, 4);
    return value;
  };
  wasi::Iovec sent[2] = {{1000, 3}, {1010, 2}},
              received[2] = {{2000, 2}, {2010, 100}};
  memcpy(memory + 100, sent, sizeof(sent));
  memcpy(memory + 200, received, sizeof(received));
  memcpy(memory + 1000, "abc", 3);
  memcpy(memory + 1010, "de", 2);

  CHECK(wasi::sock_recv(instance, 5, 200, 2, 0, 8, 12) == Errno::Again);
  CHECK(wasi::sock_send(instance, 5, 100, 2, 1, 8) == Errno::Inval);
  CHECK(wasi::sock_send(instance, 5, 100, 2, 0, 8) == Errno::Success &&
        word(8) == 5);
  constexpr uint32_t peek = 1;
  CHECK(wasi::sock_recv(instance, 6, 200, 2, 4, 8, 12) == Errno::Inval);
  CHECK(wasi::sock_recv(instance, 6, 200, 2, peek, 8, 12) == Errno::Success &&
        word(8) == 5);
  memset(memory + 2000, 0, 20);
  CHECK(wasi::sock_recv(instance, 6, 200, 2, 0, 8, 12) == Errno::Success &&
        word(8) == 5);
  CHECK(memcmp(memory + 2000, "ab", 2) == 0 &&
        memcmp(memory + 2010, "cde", 3) == 0);
  CHECK(wasi::fd_write(instance, 6, 100, 1, 8) == Errno::Success &&
        word(8) == 3);
  CHECK(wasi::fd_read(instance, 5, 200, 2, 8) == Errno::Success &&
        word(8) == 3);
  CHECK(wasi::fd_seek(instance, 5, 0, 0, 8) == Errno::Spipe);
  CHECK(wasi::fd_fdstat_get(instance, 5, 300) == Errno::Success &&
        memory[300] == 6);
  // Shutting down: the other end reads nothing more, and writing is Pipe, not a
  // signal.
  CHECK(wasi::sock_shutdown(instance, 5, 0) == Errno::Inval);
  CHECK(wasi::sock_shutdown(instance, 0, 2) == Errno::Notsock);
  CHECK(wasi::sock_shutdown(instance, 5, 2) == Errno::Success);
  CHECK(wasi::sock_recv(instance, 6, 200, 2, 0, 8, 12) == Errno::Success &&
        word(8) == 0);
  CHECK(wasi::sock_send(instance, 5, 100, 2, 0, 8) == Errno::Pipe);
  CHECK(wasi::sock_accept(instance, 5, 0, 8) == Errno::Inval);

  // Listening.
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  unlink(address.sun_path);
  int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK(bind(listening, (sockaddr *)&address, sizeof(address)) == 0);
  CHECK(listen(listening, 1) == 0);
  CHECK(handOver(guest.table, host::OwnedHandle(listening)) ==
        Errno::Success); // 7
  CHECK(wasi::sock_accept(instance, 7, 0, 8) == Errno::Again);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(connect(client, (sockaddr *)&address, sizeof(address)) == 0);
  CHECK(wasi::sock_accept(instance, 7, 1, 8) == Errno::Inval);
  CHECK(wasi::sock_accept(instance, 7, FdNonblock, 8) == Errno::Success &&
        word(8) == 8);
  CHECK(wasi::sock_recv(instance, 8, 200, 2, 0, 8, 12) == Errno::Again);
  CHECK(write(client, "hello", 5) == 5);
  CHECK(wasi::sock_recv(instance, 8, 200, 2, 0, 8, 12) == Errno::Success &&
        word(8) == 5);

  // A datagram that does not fit is cut off, and says so.
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  CHECK(handOver(guest.table, host::OwnedHandle(pair[0])) ==
        Errno::Success); // 9
  CHECK(write(pair[1], "abcdef", 6) == 6);
  CHECK(wasi::sock_recv(instance, 9, 200, 1, 0, 8, 12) == Errno::Success &&
        word(8) == 2);
  CHECK(memory[12] == 1 && memory[13] == 0);

  // A host that can open no more: an errno, and nothing made.
  rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit low = {3, limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
  uint32_t size = guest.put(400, "file");
  CHECK(wasi::path_open(instance, 3, 0, 400, size, wasi::Creat, FdWrite, 0, 0,
                        8) == Errno::Mfile);
  CHECK(access("root/file", F_OK) != 0);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  printf("sockets: as wanted\n");
}

// Races.

static volatile bool isOver = false;

/// Keeps replacing entries of the tree by links that lead out, and moving
/// directories.
static void *turnOver(void *) {
  int root = open("root", O_RDONLY | O_DIRECTORY);
  int top = open(".", O_RDONLY | O_DIRECTORY);
  constexpr unsigned exchange = 2; // RENAME_EXCHANGE
  while (!isOver) {
    syscall(SYS_renameat2, root, "swap", root, "swapped", exchange);
    // A directory two levels down moves up and back: `..` of it changes.
    syscall(SYS_renameat2, root, "a/b/c", root, "moved", 0);
    syscall(SYS_renameat2, root, "swap", root, "swapped", exchange);
    syscall(SYS_renameat2, root, "moved", root, "a/b/c", 0);
    // And one moves out of the tree.
    syscall(SYS_renameat2, root, "d/e", top, "outside/e", 0);
    syscall(SYS_renameat2, top, "outside/e", root, "d/e", 0);
  }
  return nullptr;
}

static void race(uint32_t seconds, Resolution resolution) {
  makeTree();
  run("mkdir root/swap && echo inside > root/swap/secret && ln -s ../outside "
      "root/swapped && "
      "echo inside > root/secret && mkdir -p root/outside && echo inside > "
      "root/outside/secret && "
      "mkdir root/a/outside && echo inside > root/a/outside/secret");
  FakeGuest guest(resolution);
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, turnOver, nullptr) == 0);
  static const char *const paths[] = {"swap/secret",
                                      "swap/../swap/secret",
                                      "a/b/c/../../../outside/secret",
                                      "a/b/c/../../outside/secret",
                                      "a/b/c/../../../../outside/secret",
                                      "swap/new",
                                      "d/e/../secret",
                                      "d/e/../../outside/secret",
                                      "swapped/secret"};
  uint64_t calls = 0, opened = 0, refused = 0;
  time_t end = time(nullptr) + seconds;
  while (time(nullptr) < end) {
    for (int i = 0; i != 1000; ++i, ++calls) {
      const char *path = paths[below(sizeof(paths) / sizeof(*paths))];
      uint32_t size = guest.put(100, path);
      Errno error;
      if (below(2)) {
        error = wasi::path_open(guest.instance, 3, 1, 100, size, 0,
                                FdRead | FdWrite, 0, 0, 8);
        if (error == Errno::Success) {
          uint32_t fd;
          memcpy(&fd, guest.memory.base + 8, 4);
          struct stat found;
          CHECK(fstat(guest.table.lookup(fd)->handle.get(), &found) == 0);
          CHECK(found.st_ino != secretBefore.st_ino);
          CHECK(wasi::fd_close(guest.instance, fd) == Errno::Success);
        }
      } else if (below(2)) {
        error = wasi::path_filestat_get(guest.instance, 3, 1, 100, size, 8);
        if (error == Errno::Success) {
          wasi::Filestat stat;
          memcpy(&stat, guest.memory.base + 8, sizeof(stat));
          CHECK(stat.ino != secretBefore.st_ino);
        }
      } else if (below(2)) {
        error =
            wasi::path_filestat_set_times(guest.instance, 3, 1, 100, size, 5, 5,
                                          wasi::SetAtim | wasi::SetMtim);
      } else {
        uint32_t newSize = guest.put(300, "taken");
        error =
            wasi::path_link(guest.instance, 3, 0, 100, size, 3, 300, newSize);
        if (error == Errno::Success) {
          struct stat found;
          CHECK(stat("root/taken", &found) == 0 &&
                found.st_ino != secretBefore.st_ino);
          CHECK(unlink("root/taken") == 0);
        }
      }
      opened += error == Errno::Success;
      refused += error == leadsOutside;
    }
    checkOutside();
  }
  isOver = true;
  pthread_join(thread, nullptr);
  printf("race: %llu calls, %llu succeeded, %llu led outside\n",
         (unsigned long long)calls, (unsigned long long)opened,
         (unsigned long long)refused);
}

int main(int argc, char **argv) {
  if (geteuid() == 0) {
    fprintf(stderr, "not as root\n");
    return 1;
  }
  host::ignoreWriteSignals();
  Resolution resolution = argc > 2 && strcmp(argv[argc - 1], "walk") == 0
                              ? Resolution::Walk
                              : Resolution::Kernel;
  if (argc >= 4 && strcmp(argv[1], "resolve") == 0) {
    randomState = strtoull(argv[2], nullptr, 10) | 1;
    compareResolutions(strtoull(argv[3], nullptr, 10));
    return 0;
  }
  if (argc >= 4 && strcmp(argv[1], "fuzz") == 0) {
    randomState = strtoull(argv[2], nullptr, 10) | 1;
    fuzz(strtoull(argv[3], nullptr, 10), resolution);
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "sockets") == 0) {
    sockets();
    return 0;
  }
  if (argc >= 3 && strcmp(argv[1], "race") == 0) {
    race(static_cast<uint32_t>(atoi(argv[2])), resolution);
    return 0;
  }
  fprintf(stderr, "usage: see the head of Harness.cpp\n");
  return 2;
}
