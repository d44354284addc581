// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Calls of guests by the host and of the host by guests: what passes is
// checked, and kept alive, on the way.

#include "Arch/Outside.h"
#include "Builtins.h"
#include "Collect.h"
#include "Host/HostThread.h"
#include "Interrupt.h"
#include "Store/Types.h"
#include <cstring>

namespace moat::rt {

// What passes.

void Store::keep(const void *reference) {
  if (Heap *heap = heapOf(context()))
    heap->pin(reference);
}

/// Whether a type's text is i32, i64, f32, f64 or v128.
static bool isNumberType(const char *text) {
  return (*text == 'i' || *text == 'f' || *text == 'v') && text[1] >= '0' &&
         text[1] <= '9';
}

[[gnu::noinline]] static void keepValues(Heap *heap, const char *text,
                                         const char *keyword,
                                         const abi::Value *values) {
  uint64_t size = strlen(keyword);
  uint32_t depth = 0;
  bool isAmongValues = false;
  // The text is a list; its parts are at depth 1, and their types at depth 2.
  for (; *text; ++text) {
    if (*text == ' ' && depth == 1)
      isAmongValues = strncmp(text, keyword, size) == 0;
    else if (*text == ' ' && depth == 2 && isAmongValues) {
      // Of a number's value only its own bytes are set.
      if (!isNumberType(text + 1))
        heap->pin(values->ref);
      ++values;
    }
    if (*text == '(')
      ++depth;
    if (*text == ')' && --depth == 0)
      break;
  }
}

/// References that leave the guest are kept: those among \p values whose types
/// the function type's text has behind \p keyword, ` (param` or ` (result`.
static inline void keepValues(const abi::Context &context, const char *text,
                              const char *keyword, const abi::Value *values) {
  if (Heap *heap = heapOf(context))
    keepValues(heap, text, keyword, values);
}

static bool holdFunctions(Store &store, const ValueType *types, uint32_t count,
                          const abi::Value *values) {
  for (uint32_t i = 0; i < count; ++i)
    if (isToFunction(types[i]) && !store.mayHold(types[i], values[i].ref))
      return false;
  return true;
}

bool Store::areArguments(const abi::TypeIdentity &type,
                         const abi::Value *values) {
  const InternedType &interned = internedOf(&type);
  return !interned.values ||
         holdFunctions(*this, interned.values, interned.parameterCount, values);
}

bool Store::areResults(const abi::TypeIdentity &type,
                       const abi::Value *values) {
  const InternedType &interned = internedOf(&type);
  return !interned.values ||
         holdFunctions(*this, interned.values + interned.parameterCount,
                       interned.resultCount, values);
}

// Calls of guests.

/// Runs \p body in \p domain as a call from the host, whatever it is called in.
[[gnu::noinline]] static bool callInAnything(Domain &domain,
                                             void (*body)(void *),
                                             void *argument, TrapRecord &record,
                                             void *second) {
  auto *store = static_cast<const Contents *>(domain.owner);
  int32_t thread = host::prepareThread();
  if (!thread) {
    record.endByTrap(Trap::AllocationFailure);
    return false;
  }
  CallScope scope(domain, thread, store->options.callTimeNs);
  return protect(domain, body, argument, record, second);
}

/// Runs \p body in \p domain as a call from the host.
static inline bool callFromHost(Domain &domain, void (*body)(void *),
                                void *argument, TrapRecord &record,
                                void *second) {
  Activation activation;
  IdleEntry ending =
      moat_enter_idle(&domain, body, argument, &record, second, &activation);
  if (__builtin_expect(ending == IdleEntry::Returned, 1))
    return true;
  if (ending == IdleEntry::Other)
    return callInAnything(domain, body, argument, record, second);
  CallScope::end(domain);
  return false;
}

bool enterStore(Domain &domain, void (*body)(void *), void *argument,
                TrapRecord &record) {
  return callFromHost(domain, body, argument, record, nullptr);
}

/// The same of a function with values: it is the body itself, so that nothing
/// is between the host's stack and the module's code.
static inline bool callFromHost(Domain &domain, const abi::FuncRef *function,
                                abi::Value *values, TrapRecord &record) {
  using Body = void (*)(void *); // called with both arguments
  return callFromHost(domain, __builtin_bit_cast(Body, function->call),
                      const_cast<abi::FuncRef *>(function), record, values);
}

/// References in an exception's values are kept as results are.
[[gnu::noinline]] static bool failToReturn(Domain &domain,
                                           const TrapRecord &trap) {
  if (trap.ending == TrapRecord::Threw)
    keepValues(*domain.context, *trap.exception->tag, " (param",
               reinterpret_cast<const abi::Value *>(trap.exception + 1));
  return false;
}

static inline bool invokeIn(Contents &store, const abi::FuncRef *function,
                            abi::Value *values, TrapRecord &trap) {
  if (!store.areArguments(*function->type, values)) {
    trap.end(TrapRecord::Failed);
    trap.failureCode = 0;
    trap.failureText = "an argument is not a function of the store";
    return false;
  }
  if (!callFromHost(store.domain, function, values, trap))
    return failToReturn(store.domain, trap);
  keepValues(store.context, function->type->text, " (result", values);
  return true;
}

bool Store::invoke(const abi::FuncRef *function, abi::Value *values,
                   TrapRecord &trap) {
  return invokeIn(Contents::of(*this), function, values, trap);
}

bool invokeExport(Instance &instance, uint32_t index, abi::Value *values,
                  TrapRecord &trap) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ModuleDescriptor &module = found.module();
  const abi::FuncRef *function = nullptr;
  if (index < module.exportCount &&
      module.exports[index].kind == abi::ExternKind::Func)
    function = found.function(module.exports[index].index);
  if (!function) {
    trap.endByTrap(Trap::NullFunctionReference);
    return false;
  }
  return invokeIn(Contents::of(Store::of(*instance.compiled)), function, values,
                  trap);
}

extern "C" void builtins::moat_enter_export(Ptr instance, Ptr function,
                                            Ptr values) {
  const auto &entered = *static_cast<const abi::Instance *>(instance);
  TrapRecord record;
  if (!callFromHost(domainOf(*entered.context),
                    static_cast<const abi::FuncRef *>(function),
                    static_cast<abi::Value *>(values), record))
    endCaller(record);
}

extern "C" void builtins::moat_keep_result(Ptr instance, Ptr reference) {
  if (Heap *heap =
          heapOf(*static_cast<const abi::Instance *>(instance)->context))
    heap->pin(reference);
}

// Calls of the host.

extern "C" void builtins::moat_host_call(Ptr called, Ptr arguments) {
  auto &function = *static_cast<HostFunction *>(called);
  auto *values = static_cast<abi::Value *>(arguments);
  keepValues(*function.instance.context, function.ref.type->text, " (param",
             values);
  function.callback(function.userData, values);
  if (!Store::of(function.instance).areResults(*function.ref.type, values))
    failActivation(0, "a result of a function of the host is not a function of "
                      "the store");
  endIfInterrupted(domainOf(*function.instance.context));
}

// Exceptions.

/// The number of parameters in a type's text.
static uint32_t parameterCount(const char *text) {
  uint32_t count = 0, depth = 0;
  bool isInResults = false;
  for (; *text; ++text) {
    if (*text == '(' && ++depth == 2)
      isInResults = strncmp(text, "(result", 7) == 0;
    count += *text == ' ' && depth == 2 && !isInResults;
    if (*text == ')' && --depth == 0)
      break;
  }
  return count;
}

abi::Exception *Store::makeException(const Extern &tag,
                                     const abi::Value *values) {
  uint32_t count = parameterCount(tag.type.type->text);
  // Like what compiled code gets; only the context is asked for.
  abi::Instance thrower = {};
  thrower.context = &context();
  auto *exception = static_cast<abi::Exception *>(
      builtins::moat_exception_new(&thrower, tag.tag, count));
  if (count)
    memcpy(exception + 1, values, count * sizeof(abi::Value));
  return exception;
}

} // namespace moat::rt
