// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The prototypes of the helpers that compiled code calls, made from
// abi/Builtins.def: a body of another type fails to compile.

#pragma once

#include <cstdint>

namespace moat::rt::builtins {

using Void = void;
using I32 = uint32_t;
using I64 = uint64_t;
using Ptr = void *;

// Visible, since in a host program modules may come in shared objects.
#define MOAT_BUILTIN_Returns
#define MOAT_BUILTIN_NoReturn [[noreturn]]
#define BUILTIN(name, stack, attributes, result, parameters)                   \
  extern "C" MOAT_BUILTIN_##attributes                                         \
      [[gnu::visibility("default")]] result moat_##name parameters;
#include "moat/abi/Builtins.def"
#undef MOAT_BUILTIN_Returns
#undef MOAT_BUILTIN_NoReturn

} // namespace moat::rt::builtins
