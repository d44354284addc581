/* A blur over 3 by 3 points. */

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

enum { most = 1 << 20 };
static uint8_t picture[most], blurred[most];

/* Where a picture of that many points goes; null: too many. */
void *EXPORT(reserve)(uint32_t points) { return points <= most ? picture : 0; }

void *EXPORT(blur)(uint32_t width, uint32_t height) {
  for (uint32_t y = 0; y < height; ++y)
    for (uint32_t x = 0; x < width; ++x) {
      uint32_t sum = 0, count = 0;
      for (uint32_t v = y ? y - 1 : 0; v <= y + 1 && v < height; ++v)
        for (uint32_t u = x ? x - 1 : 0; u <= x + 1 && u < width; ++u, ++count)
          sum += picture[v * width + u];
      blurred[y * width + x] = (uint8_t)(sum / count);
    }
  return blurred;
}
