// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Reports travel through a pipe as a fixed header and the text behind it.

#include "Outcome.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace moat;
using namespace moat::spec;

namespace {
struct Header {
  uint32_t command;
  uint32_t status;
  uint32_t sizeBytes;
};
} // namespace

Reporter::Reporter(int fd) : fd(fd) { alarm(commandSeconds); }

static void writeAll(int fd, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR)
      _exit(1); // The runner is gone.
    if (count > 0)
      bytes = bytes.drop_front(count);
  }
}

void Reporter::report(size_t command, Status status, const Twine &text) {
  std::string words = text.str();
  Header header = {static_cast<uint32_t>(command), static_cast<uint32_t>(status),
                   static_cast<uint32_t>(words.size())};
  // In one piece: the process may be killed between two.
  std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
  bytes += words;
  writeAll(fd, bytes);
  alarm(commandSeconds);
}

void Reporter::report(size_t command, Error error) {
  if (!error)
    return report(command, Status::Passed);
  report(command, Status::Failed, llvm::toString(std::move(error)));
}

bool OutcomeReader::readSome(int fd) {
  char buffer[1 << 16];
  ssize_t count = read(fd, buffer, sizeof buffer);
  if (count < 0)
    return errno == EINTR;
  if (count == 0)
    return false;
  pending.append(buffer, count);
  StringRef bytes = pending;
  Header header;
  while (bytes.size() >= sizeof header) {
    memcpy(&header, bytes.data(), sizeof header);
    if (bytes.size() - sizeof header < header.sizeBytes)
      break;
    Outcome &outcome = outcomes[header.command];
    outcome.status = static_cast<Status>(header.status);
    outcome.text = bytes.substr(sizeof header, header.sizeBytes).str();
    bytes = bytes.drop_front(sizeof header + header.sizeBytes);
  }
  pending.erase(0, pending.size() - bytes.size());
  return true;
}
