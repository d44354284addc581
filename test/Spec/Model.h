// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The two ways to run a script. Each is called in a process of its own, which may crash.

#pragma once

#include "Outcome.h"
#include "Script.h"
#include "Wasm/Features.h"
#include <map>
#include <optional>

namespace moat::spec {

enum class Model : uint8_t { Instance, Process };

struct RunOptions {
  Model model = Model::Instance;
  char level = '2'; ///< of -O
  bool strictTraps = false;
  bool strictFloat = false;
  bool checkedBounds = false;
  bool deterministicSimd = false; ///< --relaxed-simd=deterministic
  std::string cpu; ///< of --mcpu; empty: the compiler's default
  bool stressesHeap = false; ///< instance model: every allocation collects
  /// Also hand malformed text to the text parser.
  bool readsText = false;
  bool keepsFiles = false;
  FeatureSet features = FeatureSet::built();
  std::string temporaryFolder; ///< of this run; exists
};

/// The text of failures that only follow from an earlier one, which alone is printed.
inline constexpr char moduleNotBuilt[] = "the module was not built";

/// Whether a feature is on, by the suite's name for it.
bool hasFeature(const FeatureSet &features, StringRef name);

/// Instance model: each module becomes a shared object, loaded into this process and
/// instantiated beside the others; imports are resolved among the script's instances.
/// Runs every command.
void runInInstanceModel(const Script &script, const RunOptions &options, Reporter &reporter);

/// Process model: each module that imports nothing of another becomes an executable, with a
/// driver object for its moat_main that calls what the script calls and reports the results.
/// Runs actions and the assertions on them, and modules whose instantiation must trap; all
/// other commands are not applicable.
void runInProcessModel(const Script &script, const RunOptions &options, Reporter &reporter);

/// The index in Script::commands of each instance's command, as actions name instances.
class InstanceNames {
public:
  void define(StringRef name, size_t instance) {
    current = instance;
    if (!name.empty())
      named[name.str()] = instance;
  }
  /// None if nothing is called that; a failed module leaves a name undefined.
  std::optional<size_t> find(StringRef name) const {
    if (name.empty())
      return current;
    auto found = named.find(name.str());
    return found == named.end() ? std::nullopt : std::optional(found->second);
  }
  void forgetCurrent() { current.reset(); }

private:
  std::optional<size_t> current;
  std::map<std::string, size_t> named;
};

} // namespace moat::spec
