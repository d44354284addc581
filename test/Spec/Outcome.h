// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What became of each command of a script, and how a script's process tells the runner.
// Every script runs in a process of its own: one that crashes or hangs takes the rest of
// its own commands with it and no others.

#pragma once

#include "Script.h"
#include <string>
#include <vector>

namespace moat::spec {

enum class Status : uint8_t {
  NotReached, ///< the process ended before; counts as failed
  Passed,
  Failed,
  Skipped,       ///< waits for something; the text says for what
  NotApplicable, ///< not a question to this model or to a compiler
};

struct Outcome {
  Status status = Status::NotReached;
  std::string text;
};

/// The writing end, in the script's process. The runner allows each command
/// `commandSeconds`; reporting begins the next one.
class Reporter {
public:
  static constexpr unsigned commandSeconds = 120;

  explicit Reporter(int fd);
  void report(size_t command, Status status, const Twine &text = "");
  /// Passes on success, fails with the error's text otherwise.
  void report(size_t command, Error error);

private:
  int fd;
};

/// Collects the reports of one script. \p outcomes has an element per command.
class OutcomeReader {
public:
  explicit OutcomeReader(std::vector<Outcome> &outcomes) : outcomes(outcomes) {}
  /// Takes more bytes from \p fd; false at the end.
  bool readSome(int fd);

private:
  std::vector<Outcome> &outcomes;
  std::string pending;
};

} // namespace moat::spec
