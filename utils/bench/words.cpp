// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: words counted with the C++ library's strings, hash table, ordered
// map, vectors and sort. Each side brings the allocator of its own libc.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

static uint32_t chance(uint32_t below) {
  static uint32_t state = 99;
  state = state * 1664525 + 1013904223;
  return static_cast<uint32_t>((uint64_t(state) * below) >> 32);
}

static std::string writeText(size_t words) {
  static const char *const syllables[] = {"ka", "lo", "min",  "der", "su",
                                          "ti", "ra", "vent", "o",   "qu"};
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    uint32_t count = 1 + chance(3) + chance(3);
    for (uint32_t j = 0; j < count; ++j)
      text += syllables[chance(10)];
    text += i % 11 ? ' ' : '\n';
  }
  return text;
}

/// FNV-1a: the libraries' own hashes differ, and so would their order.
struct Hash {
  size_t operator()(const std::string &text) const {
    uint32_t hash = 2166136261u;
    for (char c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
  }
};

int main() {
  std::string text = writeText(400000);
  uint64_t check = 0;
  for (int round = 0; round < 4; ++round) {
    std::unordered_map<std::string, unsigned, Hash> counts;
    std::map<size_t, std::vector<std::string>> byLength;
    std::string_view rest = text;
    while (!rest.empty()) {
      size_t end = rest.find_first_of(" \n");
      ++counts[std::string(rest.substr(0, end))];
      rest.remove_prefix(end + 1);
    }
    std::vector<std::pair<std::string, unsigned>> sorted(counts.begin(),
                                                         counts.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    for (const auto &[word, count] : sorted)
      byLength[word.size()].push_back(word + ":" + std::to_string(count));
    for (auto &[length, words] : byLength) {
      std::sort(words.begin(), words.end());
      check = check * 31 + words.size() + words.front().size();
    }
    if (round == 0)
      std::printf("%zu words, most often %s (%u)\n", sorted.size(),
                  sorted[0].first.c_str(), sorted[0].second);
    text += sorted[round].first + "\n";
  }
  std::printf("%llu\n", static_cast<unsigned long long>(check));
}
