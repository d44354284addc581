// Blurs a grey picture (PGM) from standard input to standard output.

#include "filter.h"
#include <cstdio>
#include <moat/WASI.h>

int main() {
  moat::Store store({.memory_bytes = 16 << 20, .call_time_ns = 1'000'000'000});
  moat_error error;
  filter *blur = filter__create(store, nullptr, &error);
  if (!blur)
    return std::puts(error.text), 1;

  uint32_t width, height;
  if (std::scanf("P2 %u %u 255", &width, &height) != 2 || !width || !height ||
      width > 4096 || height > 4096)
    return std::puts("not a grey picture"), 1;
  uint32_t at, result;
  moat_trap_info trap;
  if (filter_reserve__try(blur, width * height, &at, &trap) != MOAT_RETURNED || !at)
    return std::puts("too large for the filter"), 1;
  for (uint32_t i = 0; i < width * height; ++i) {
    unsigned grey = 0;
    if (std::scanf("%u", &grey) != 1)
      return std::puts("the picture ends early"), 1;
    uint8_t point = static_cast<uint8_t>(grey);
    if (!filter_memory__write(blur, at + i, &point, 1))
      return std::puts("the filter gave an address of nowhere"), 1;
  }
  if (filter_blur__try(blur, width, height, &result, &trap) != MOAT_RETURNED)
    return std::puts(store.describe(trap).c_str()), 1;

  std::vector<uint8_t> points(width * height);
  if (!filter_memory__read(blur, result, points.data(), points.size()))
    return std::puts("the filter gave an address of nowhere"), 1;
  std::printf("P2 %u %u 255\n", width, height);
  for (uint32_t i = 0; i < points.size(); ++i)
    std::printf("%u%c", points[i], i % width == width - 1 ? '\n' : ' ');
}
