// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What an executable does that was compiled with --invoke: calls one export
// with the arguments of the command line, and prints each result on a line,
// integers as signed ones. Linked only then.

#include "Builtins.h"
#include "Host/Host.h"
#include "Instance.h"
#include "Message.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace moat::rt {

static constexpr uint32_t startExitCode = 125;

static const char *nameOf(abi::Kind kind) {
  static constexpr const char *names[] = {"i32", "i64", "f32", "f64", "v128"};
  return kind <= abi::Kind::V128 ? names[static_cast<unsigned>(kind)]
                                 : "a reference";
}

[[noreturn]] static void refuse(Message &text) {
  text << "\n";
  text.write();
  host::exit(startExitCode);
}

/// Reads an integer of \p bits bits, signed or unsigned, decimal or with `0x`.
static bool readInteger(const char *text, unsigned bits, uint64_t &value) {
  bool isNegative = *text == '-';
  if (*text == '-' || *text == '+')
    ++text;
  bool isHex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (isHex)
    text += 2;
  if (!*text)
    return false;
  uint64_t base = isHex ? 16 : 10, most = bits == 32 ? UINT32_MAX : UINT64_MAX;
  value = 0;
  for (; *text; ++text) {
    char lower = static_cast<char>(*text | 32);
    uint64_t digit = *text >= '0' && *text <= '9' ? uint64_t(*text - '0')
                     : isHex && lower >= 'a' && lower <= 'f'
                         ? uint64_t(lower - 'a' + 10)
                         : base;
    if (digit >= base || value > (most - digit) / base)
      return false;
    value = value * base + digit;
  }
  uint64_t lowest = uint64_t(1) << (bits - 1);
  if (isNegative && value > lowest)
    return false;
  if (isNegative)
    value = (0 - value) & most;
  return true;
}

static bool readValue(const char *text, abi::Kind kind, abi::Value &value) {
  uint64_t integer;
  char *end = nullptr;
  switch (kind) {
  case abi::Kind::I32:
    if (!readInteger(text, 32, integer))
      return false;
    value.i32 = static_cast<uint32_t>(integer);
    return true;
  case abi::Kind::I64:
    return readInteger(text, 64, value.i64);
  case abi::Kind::F32:
    value.f32 = strtof(text, &end);
    return end != text && !*end;
  case abi::Kind::F64:
    value.f64 = strtod(text, &end);
    return end != text && !*end;
  default:
    return false;
  }
}

/// The fewest digits that give the same number when they are read again.
template <typename Float>
static void printFloat(char *buffer, size_t size, Float value,
                       Float (*read)(const char *, char **)) {
  for (int digits = 1; digits <= 17; ++digits) {
    snprintf(buffer, size, "%.*g", digits, static_cast<double>(value));
    if (read(buffer, nullptr) == value || value != value)
      return;
  }
}

/// \returns why it could not be written, or Success.
static Errno printValue(abi::Kind kind, const abi::Value &value) {
  char text[64];
  switch (kind) {
  case abi::Kind::I32:
    snprintf(text, sizeof text, "%d", static_cast<int32_t>(value.i32));
    break;
  case abi::Kind::I64:
    snprintf(text, sizeof text, "%lld", static_cast<long long>(value.i64));
    break;
  case abi::Kind::F32:
    printFloat(text, sizeof text, value.f32, strtof);
    break;
  case abi::Kind::F64:
    printFloat(text, sizeof text, value.f64, strtod);
    break;
  case abi::Kind::V128:
    memcpy(text, "0x", 2);
    for (unsigned i = 0; i < sizeof value.v128; ++i)
      snprintf(text + 2 + 2 * i, 3, "%02x", value.v128[15 - i]);
    break;
  default:
    snprintf(text, sizeof text, "%s", value.ref ? "a reference" : "null");
  }
  size_t size = strlen(text);
  text[size++] = '\n';
  constexpr host::Handle standardOutput = 1;
  for (size_t at = 0; at != size;) {
    host::IoVector vector = {text + at, size - at};
    auto written = host::write(standardOutput, {&vector, 1});
    if (!written)
      return written.error();
    at += *written;
  }
  return Errno::Success;
}

extern "C" void builtins::moat_invoke_main(Ptr instance, Ptr type, Ptr name,
                                           Ptr call) {
  auto &compiled = *static_cast<abi::Instance *>(instance);
  auto &signature = *static_cast<const abi::TypeDescriptor *>(type);
  auto given = instanceOf(compiled).arguments.subspan(1);
  Message problem;
  problem << "moat: error: " << static_cast<const char *>(name) << ": ";
  if (given.size() != signature.parameterCount) {
    problem << "wanted " << uint64_t(signature.parameterCount)
            << (signature.parameterCount == 1 ? " argument" : " arguments")
            << ", for " << signature.text << ", found "
            << uint64_t(given.size());
    refuse(problem);
  }
  // Parameters and results are at most 1,000 (compiler/Wasm/Limits.h). No
  // allocation: that would be one more system call that a program may make.
  constexpr uint32_t mostValues = 1000;
  abi::Value values[mostValues];
  if (signature.parameterCount > mostValues ||
      signature.resultCount > mostValues) {
    problem << "too many parameters or results";
    refuse(problem);
  }
  for (uint32_t i = 0; i < signature.parameterCount; ++i) {
    abi::Kind kind = signature.types[i].kind;
    if (kind >= abi::Kind::V128) {
      problem << nameOf(kind) << " cannot be given as an argument";
      refuse(problem);
    }
    if (!readValue(given[i], kind, values[i])) {
      problem << "wanted " << nameOf(kind) << ", found " << given[i];
      refuse(problem);
    }
  }
  reinterpret_cast<void (*)(Ptr, Ptr)>(call)(instance, values);
  const abi::ValueType *results = signature.types + signature.parameterCount;
  for (uint32_t i = 0; i < signature.resultCount; ++i)
    if (Errno reason = printValue(results[i].kind, values[i]);
        reason != Errno::Success) {
      problem << "cannot write a result: " << errnoText(reason);
      refuse(problem);
    }
}

} // namespace moat::rt
