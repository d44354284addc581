// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Host programs in C++ that throw and catch: WebAssembly's exceptions as values
// of class moat::Exception, and how else a call ended as moat::CallError. Thin:
// all of it is inline, over moat/moat.h.
//
//     moat_extern check = moat::makeFunction(
//         store, "(func (param i32))", [=](moat_value *values) {
//           std::string copy = read(values[0].i32);
//           if (copy.empty()) // the guest may catch it
//             throw moat::Exception(emptyTag, {{.i32 = 7}});
//         });
//     try {
//       moat::call(function, values);
//     } catch (const moat::Exception &thrown) {
//       if (thrown.is(emptyTag)) ...
//     } catch (const moat::CallError &error) { // a trap, an exit
//       puts(error.what());
//     }
//
// Functions of the host may so be left in the way of C++: every destructor
// runs. It wants C++20.

#pragma once

#include "moat/moat.h"
#include <exception>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace moat {

/// How a call ended that did not return. Valid as long as its store lives, and
/// an exception of the guest's until another one leaves the store.
class CallError : public std::exception {
public:
  CallError(moat_store *store, const moat_trap_info &ended) : trap(ended) {
    char buffer[4096];
    moat_describe_trap(store, &trap, buffer, sizeof buffer);
    text = buffer;
  }

  moat_ending ending() const { return static_cast<moat_ending>(trap.ending); }
  const moat_trap_info &info() const { return trap; }
  /// A line, then one for each function of the backtrace.
  const char *what() const noexcept override { return text.c_str(); }

private:
  moat_trap_info trap;
  std::string text;
};

/// A WebAssembly exception: a tag and the values that it has.
class Exception : public std::exception {
public:
  Exception(const moat_extern &tag, std::span<const moat_value> values)
      : thrownTag(tag), thrownValues(values.begin(), values.end()) {}
  explicit Exception(const moat_extern &tag,
                     std::initializer_list<moat_value> values = {})
      : thrownTag(tag), thrownValues(values) {}

  const moat_extern &tag() const { return thrownTag; }
  std::span<const moat_value> values() const { return thrownValues; }
  bool is(const moat_extern &tag) const {
    return thrownTag.object == tag.object;
  }
  const char *what() const noexcept override { return "WebAssembly exception"; }

private:
  moat_extern thrownTag;
  std::vector<moat_value> thrownValues;
};

/// Calls a function: \p values holds its arguments from 0 on, then its results.
/// Throws Exception, or CallError for any other end.
inline void call(const moat_extern &function, moat_value *values = nullptr) {
  moat_value none;
  moat_trap_info trap;
  moat_ending ending = moat_call(function, values ? values : &none, &trap);
  if (ending == MOAT_RETURNED)
    return;
  if (ending != MOAT_THREW)
    throw CallError(function.store, trap);
  size_t count;
  const moat_value *thrown = moat_exception_values(&trap, &count);
  throw Exception(moat_exception_tag(function.store, &trap), {thrown, count});
}

/// A function of the host, \p callable(moat_value *values). It may throw
/// Exception, which the guest can catch, and CallError, which ends the guest's
/// call in the same way; any other std::exception ends it with MOAT_FAILED.
/// \p callable lives as long as the store. Without an object: no memory, or no
/// such type.
template <typename Callable>
moat_extern makeFunction(moat_store *store, const char *type,
                         Callable callable) {
  auto *kept = new (std::nothrow) Callable(std::move(callable));
  auto destroy = [](void *object) { delete static_cast<Callable *>(object); };
  if (!kept || !moat_keep(store, kept, destroy)) {
    delete kept;
    return {};
  }
  auto run = [](void *context, moat_value *values) {
    // No object of C++ is alive any more where the guest goes on: moat_pass_on
    // leaves this frame as by longjmp(3).
    moat_trap_info trap;
    bool isOver = false;
    try {
      (*static_cast<Callable *>(context))(values);
      return;
    } catch (const Exception &thrown) {
      moat_throw(thrown.tag(), thrown.values().data());
    } catch (const CallError &error) {
      trap = error.info();
      isOver = true;
    } catch (const std::exception &) {
    }
    if (isOver)
      moat_pass_on(&trap);
    moat_fail(0, "a function of the host threw an exception of C++");
  };
  return moat_make_function(store, type, run, kept);
}

} // namespace moat
