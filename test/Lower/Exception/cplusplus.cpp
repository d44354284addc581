// C++ exceptions of a program built with -fwasm-exceptions, in both encodings: values,
// classes and their bases, destructors on the way, frames between, and one that nobody
// catches. What the language's library would bring, a minimal __cxa_*, is the test's own.
// Core 3.0, 4.6.13; exception-handling-legacy.md.
//
// RUN: %clangxx-wasi -std=c++17 -O1 -fexceptions -fwasm-exceptions -nostdlib -nostdinc++ -Wl,--no-entry,--export=_start %s -o %t.legacy.wasm
// RUN: %clangxx-wasi -std=c++17 -O1 -fexceptions -fwasm-exceptions -mllvm -wasm-use-legacy-eh=false -nostdlib -nostdinc++ -Wl,--no-entry,--export=_start %s -o %t.wasm
// RUN: moat -O0 %t.legacy.wasm -o %t.0 && not %t.0 > %t.0.out 2>&1
// RUN: FileCheck %s < %t.0.out
// RUN: moat %t.legacy.wasm -o %t.1 && not %t.1 > %t.1.out 2>&1
// RUN: FileCheck %s < %t.1.out
// RUN: moat -O0 %t.wasm -o %t.2 && not %t.2 > %t.2.out 2>&1
// RUN: FileCheck %s < %t.2.out
// RUN: moat %t.wasm -o %t.3 && not %t.3 > %t.3.out 2>&1
// RUN: FileCheck %s < %t.3.out
// CHECK: 1003
// CHECK-NEXT: 107
// CHECK: 1003
// CHECK-NEXT: 242
// CHECK: 1003
// CHECK-NEXT: 8
// CHECK: 1003
// CHECK-NEXT: 25
// CHECK-NEXT: 250501
// CHECK-NEXT: 399996
// CHECK-NEXT: throwing
// CHECK-NEXT: moat: uncaught exception of type (func (param i32))

typedef __UINT8_TYPE__ uint8_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef __INTPTR_TYPE__ intptr_t;
#include <stddef.h>
// A minimal __cxa of the test's own.
extern "C" __attribute__((import_module("wasi_snapshot_preview1"),
                          import_name("fd_write"))) int
fd_write(int fd, const void *iovs, int count, int *written);
static void print(const char *text) {
  struct {
    const char *p;
    size_t n;
  } iov = {text, 0};
  while (text[iov.n])
    ++iov.n;
  int written;
  fd_write(1, &iov, 1, &written);
}
static void printNumber(int n) {
  char b[16];
  int i = 15;
  b[i] = 0;
  b[--i] = '\n';
  bool neg = n < 0;
  if (neg)
    n = -n;
  do
    b[--i] = '0' + n % 10;
  while (n /= 10);
  if (neg)
    b[--i] = '-';
  print(b + i);
}
namespace std {
class type_info {
public:
  virtual ~type_info();
  const char *name;
};
type_info::~type_info() {}
} // namespace std
namespace __cxxabiv1 {
#define TI(N)                                                                  \
  class N : public std::type_info {                                            \
  public:                                                                      \
    ~N() override;                                                             \
  };                                                                           \
  N::~N() {}
TI(__fundamental_type_info)
TI(__class_type_info) class __si_class_type_info : public __class_type_info {
public:
  ~__si_class_type_info() override;
  const __class_type_info *base;
};
__si_class_type_info::~__si_class_type_info() {}
TI(__pointer_type_info)
} // namespace __cxxabiv1
void operator delete(void *) noexcept {}
void operator delete(void *, unsigned long) noexcept {}
struct Header {
  void *type;
  void *(*dtor)(void *);
};
static char heap[1 << 12];
static Header *current;
static struct Scope {
  Header *h;
} stack[64];
static int depth;
extern "C" {
void *__cxa_allocate_exception(size_t n) {
  static size_t next;
  if (next + n + 32 > sizeof heap)
    next = 0;
  char *p = heap + next;
  next += (n + sizeof(Header) + 15) & ~15u;
  return p + sizeof(Header);
}
void __cxa_free_exception(void *) {}
__attribute__((noinline)) void __cxa_throw(void *object, void *type,
                                           void *(*dtor)(void *)) {
  Header *h = (Header *)object - 1;
  h->type = type;
  h->dtor = dtor;
  __builtin_wasm_throw(0, object);
}
__attribute__((noinline)) void *__cxa_begin_catch(void *object) {
  stack[depth++].h = (Header *)object - 1;
  return object;
}
__attribute__((noinline)) void __cxa_end_catch() {
  Header *h = stack[--depth].h;
  if (h->dtor)
    h->dtor(h + 1);
}
__attribute__((noinline)) void __cxa_rethrow() {
  Header *h = stack[depth - 1].h;
  h->dtor = nullptr;
  __builtin_wasm_throw(0, h + 1);
}
void __cxa_pure_virtual() { __builtin_trap(); }
int __cxa_atexit(void (*)(void *), void *, void *) { return 0; }
// What wasm's landing pads call: a language-specific data table as Itanium's.
struct {
  uint32_t index;
  uintptr_t lsda;
  uint32_t selector;
} __wasm_lpad_context;
static uintptr_t uleb(const uint8_t *&p) {
  uintptr_t v = 0;
  unsigned s = 0;
  uint8_t b;
  do {
    b = *p++;
    v |= uintptr_t(b & 127) << s;
    s += 7;
  } while (b & 128);
  return v;
}
static intptr_t sleb(const uint8_t *&p) {
  intptr_t v = 0;
  unsigned s = 0;
  uint8_t b;
  do {
    b = *p++;
    v |= intptr_t(b & 127) << s;
    s += 7;
  } while (b & 128);
  if (b & 64)
    v |= -(intptr_t(1) << s);
  return v;
}
static bool derives(void *thrown, void *wanted, void *siVtable) {
  while (thrown != wanted) {
    auto *t = (uintptr_t *)thrown;
    if (!siVtable || t[0] != *(uintptr_t *)siVtable)
      return false;
    thrown = (void *)t[2];
  }
  return true;
}
int _Unwind_CallPersonality(void *object) {
  Header *h = (Header *)object - 1;
  const uint8_t *p = (const uint8_t *)__wasm_lpad_context.lsda;
  __wasm_lpad_context.selector = 0;
  if (!p)
    return 0;
  ++p;
  const uint8_t *types = nullptr;
  uint8_t tenc = *p++;
  if (tenc != 0xff) {
    uintptr_t off = uleb(p);
    types = p + off;
  }
  ++p;
  uintptr_t len = uleb(p);
  const uint8_t *actions = p + len;
  for (uint32_t i = 0; p < actions; ++i) {
    uleb(p);
    uintptr_t action = uleb(p);
    if (i != __wasm_lpad_context.index || !action)
      continue;
    const uint8_t *a = actions + action - 1;
    for (;;) {
      intptr_t filter = sleb(a);
      const uint8_t *at = a;
      intptr_t next = sleb(a);
      if (filter > 0) {
        void *want = ((void **)types)[-filter];
        extern void *siProbe;
        if (!want || derives(h->type, want, siProbe)) {
          __wasm_lpad_context.selector = filter;
          return 3;
        }
      }
      if (!next)
        return 0;
      a = at + next;
    }
  }
  return 0;
}
void *siProbe;
}
struct Base {
  int n;
  Base(int n) : n(n) {}
  virtual ~Base() {}
  virtual int get() { return n; }
};
struct Derived : Base {
  Derived(int n) : Base(n) {}
  int get() override { return n * 2; }
};
struct Guard {
  int n;
  ~Guard() { printNumber(1000 + n); }
};
__attribute__((noinline)) int deep(int n, int kind) {
  Guard g{n};
  if (n == 0) {
    if (kind == 0)
      throw 7;
    if (kind == 1)
      throw Derived(21);
    if (kind == 2)
      throw 2.5;
    return 5;
  }
  return deep(n - 1, kind) + 1;
}
__attribute__((noinline)) int outer(int kind) {
  try {
    return deep(3, kind);
  } catch (int i) {
    return 100 + i;
  } catch (Base &b) {
    return 200 + b.get();
  }
}
__attribute__((noinline)) long many(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i)
    try {
      if (i & 1)
        throw i;
      sum += 1;
    } catch (int j) {
      sum += j;
    }
  return sum;
}
__attribute__((noinline)) void thrower(int i) {
  if (i % 2)
    throw i;
}
__attribute__((noinline)) long far(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i)
    try {
      thrower(i);
      sum += 1;
    } catch (int j) {
      sum += j % 7;
    }
  return sum;
}
extern "C" void _start() {

  siProbe = (void *)&typeid(Derived);
  printNumber(outer(0));
  printNumber(outer(1));
  printNumber(outer(3));

  try {
    outer(2);
  } catch (double d) {
    printNumber(int(d * 10));
  }
  printNumber((int)many(1001));
  printNumber((int)far(200000));
  print("throwing\n");
  thrower(3);
}
namespace std {
void terminate() noexcept { __builtin_trap(); }
} // namespace std
extern "C" size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n])
    ++n;
  return n;
}
asm(".globl __cpp_exception\n.tagtype __cpp_exception i32\n__cpp_exception:\n");
