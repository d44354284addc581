// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Objects and the runtime to a file, by lld in this process. Needs no compiler,
// linker or libc of the machine: everything lies in moat's own
// lib/moat/<triple>.

#pragma once

#include "LLVM.h"
#include <string>
#include <vector>

namespace moat {

enum class LinkKind : uint8_t {
  Executable,  ///< static, at fixed addresses
  Shared,      ///< a library; the host program provides what is undefined
  Relocatable, ///< several objects to one
  NodeAddon,   ///< a library that holds the runtime; Node provides the rest
};

struct LinkRequest {
  LinkKind kind = LinkKind::Executable;
  std::vector<std::string>
      objects; ///< of the module, in the order of its partitions
  std::vector<std::string>
      extraInputs;        ///< of the command line: before the runtime
  std::string runtimeDir; ///< has libmoat.a, libc.a, crt1.o, crti.o, crtn.o
  bool strip = false;
  /// Further symbols, each as `name=symbol of the runtime`.
  std::vector<std::string> aliases;
  unsigned threads = 1;
};

/// Explains an undefined symbol in the module's own terms, or returns an empty
/// string.
using SymbolExplainer = llvm::function_ref<std::string(StringRef symbol)>;

/// Links to the file \p output, which the caller has made sure nobody else
/// uses. Errors: everything that the linker complains about, a line each;
/// undefined symbols come first. After a crash of the linker no further link is
/// tried: the error says so.
Error link(const LinkRequest &request, const std::string &output,
           SymbolExplainer explain);

/// The folder of the runtime for \p triple. \p resourceDir: where to look (see
/// CompileOptions::resourceDir); empty: beside the file that holds this code.
/// Errors: it is not there; the text says where it was looked for.
Expected<std::string> findRuntime(StringRef resourceDir, StringRef triple);

/// The folder of what makes an addon for Node: `node/libmoatNode.a`, and two
/// folders above it the runtime of host programs. Errors: it was built without.
Expected<std::string> findNodeAddon(StringRef resourceDir);

} // namespace moat
