/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
//
// How limits are written: the compiler's options, those of a started program
// and manifest files read them alike.
//
//   bytes   65536, 64K, 64KiB, 8M, 8MiB, 1G, 1GiB: powers of 1024
//   counts  100
//   times   10s, 500ms, 20us, 5ns, 3min, 1h: the unit must be there

#pragma once

#include <cstddef>
#include <cstdint>

namespace moat::abi {

enum class LimitUnit : uint8_t { Bytes, Count, Time };

/// What to write, for messages.
constexpr const char *limitUnitText(LimitUnit unit) {
  switch (unit) {
  case LimitUnit::Bytes:
    return "a size in bytes (such as 65536, 64K, 8MiB, 1G)";
  case LimitUnit::Count:
    return "a number";
  case LimitUnit::Time:
    return "a time (such as 500ms, 10s, 3min, 1h)";
  }
  return "";
}

namespace detail {

struct UnitSuffix {
  char text[4];
  uint64_t factor;
};

/// By falling factor: writing a value takes the first that divides it.
inline constexpr UnitSuffix byteSuffixes[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"G", 1 << 30},
    {"M", 1 << 20},   {"K", 1 << 10},   {"g", 1 << 30},   {"m", 1 << 20},
    {"k", 1 << 10},   {"", 1}};
inline constexpr UnitSuffix countSuffixes[] = {{"", 1}};
inline constexpr UnitSuffix timeSuffixes[] = {
    {"h", 3'600'000'000'000}, {"min", 60'000'000'000}, {"s", 1'000'000'000},
    {"ms", 1'000'000},        {"us", 1'000},           {"ns", 1}};

constexpr bool equals(const char *suffix, const char *text, size_t size) {
  for (; size && *suffix; --size)
    if (*suffix++ != *text++)
      return false;
  return size == 0 && *suffix == 0;
}

template <size_t count>
constexpr bool applySuffix(const UnitSuffix (&suffixes)[count],
                           const char *text, size_t size, uint64_t &value) {
  for (const UnitSuffix &suffix : suffixes) {
    if (!equals(suffix.text, text, size))
      continue;
    if (value > UINT64_MAX / suffix.factor)
      return false;
    value *= suffix.factor;
    return true;
  }
  return false;
}

} // namespace detail

/// Reads a limit of \p size characters. False, and \p value is left as it was:
/// not one of its unit, or it does not fit 64 bits.
constexpr bool parseLimit(LimitUnit unit, const char *text, size_t size,
                          uint64_t &value) {
  uint64_t number = 0;
  size_t digits = 0;
  for (; digits < size && text[digits] >= '0' && text[digits] <= '9';
       ++digits) {
    auto digit = static_cast<uint64_t>(text[digits] - '0');
    if (number > (UINT64_MAX - digit) / 10)
      return false;
    number = number * 10 + digit;
  }
  if (digits == 0)
    return false;
  text += digits;
  size -= digits;
  bool isKnown =
      unit == LimitUnit::Bytes
          ? detail::applySuffix(detail::byteSuffixes, text, size, number)
      : unit == LimitUnit::Count
          ? detail::applySuffix(detail::countSuffixes, text, size, number)
          : detail::applySuffix(detail::timeSuffixes, text, size, number);
  if (isKnown)
    value = number;
  return isKnown;
}

/// The suffix to write \p value with, exactly; it is divided by its factor.
constexpr const char *limitSuffix(LimitUnit unit, uint64_t &value) {
  auto choose = [&](const auto &suffixes) {
    for (const detail::UnitSuffix &suffix : suffixes) {
      if (value == 0 || value % suffix.factor)
        continue;
      value /= suffix.factor;
      return suffix.text;
    }
    return unit == LimitUnit::Time ? "ns" : "";
  };
  return unit == LimitUnit::Bytes   ? choose(detail::byteSuffixes)
         : unit == LimitUnit::Count ? choose(detail::countSuffixes)
                                    : choose(detail::timeSuffixes);
}

namespace detail {
constexpr uint64_t parsed(LimitUnit unit, const char *text) {
  size_t size = 0;
  while (text[size])
    ++size;
  uint64_t value = 77; // no limit below: stands for an error
  return parseLimit(unit, text, size, value) ? value : 77;
}
static_assert(parsed(LimitUnit::Bytes, "64KiB") == 65536);
static_assert(parsed(LimitUnit::Bytes, "1G") == 1 << 30);
static_assert(parsed(LimitUnit::Bytes, "0") == 0);
static_assert(parsed(LimitUnit::Bytes, "KiB") == 77);
static_assert(parsed(LimitUnit::Bytes, "1KiBs") == 77);
static_assert(parsed(LimitUnit::Bytes, "17179869184G") == 77);
static_assert(parsed(LimitUnit::Time, "500ms") == 500'000'000);
static_assert(parsed(LimitUnit::Time, "3min") == 180'000'000'000);
static_assert(parsed(LimitUnit::Time, "500") == 77);
static_assert(parsed(LimitUnit::Count, "18446744073709551616") == 77);
} // namespace detail

} // namespace moat::abi
