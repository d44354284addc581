// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where the program finds the rest of its installation, and how it loads the
// compiler.

#pragma once

#include "LLVM.h"
#include "Library.h"
#include <optional>

namespace moat {

/// The installed tree around this program: it is found from where the program
/// stands, so that the tree can be moved.
struct Installation {
  std::string libraryDir;      ///< `lib/moat`
  std::string compilerLibrary; ///< path of libmoatCompiler.so
  static Installation find();
};

/// The build ids of this program, the compiler's library and LLVM's, without
/// loading either: a change of any of them changes what is compiled. Nothing if
/// one cannot be told.
std::optional<std::string> readBuildIds(const Installation &installation);

/// Loads the compiler's library (once) and compiles. Errors are those of
/// compile(), or that the library cannot be loaded.
class Compiler {
public:
  explicit Compiler(const Installation &installation)
      : installation(installation) {}
  std::optional<CompileError> compile(ArrayRef<uint8_t> module,
                                      const CompileOptions &options,
                                      const std::string &outputPath);
  /// inspect(), likewise.
  std::optional<CompileError> inspect(ArrayRef<uint8_t> file,
                                      const std::string &name, InspectAs form,
                                      std::string &output);
  /// Whether the LLVM that was loaded is the one that readBuildIds() saw.
  bool isLoadedLlvm(StringRef buildIds) const;

private:
  const Installation &installation;
  /// Finds an exported function. Null: \p error says why.
  void *find(const char *name, CompileError &error);
  void *library = nullptr;
};

} // namespace moat
