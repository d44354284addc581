// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: a picture of spheres by ray tracing, with shadows and mirrors:
// vectors of doubles in structures, square roots, recursion.

#include <math.h>
#include <stdio.h>

enum { width = 1600, height = 1200, spheres = 24, mostReflections = 4 };

typedef struct {
  double x, y, z;
} Vector;

typedef struct {
  Vector center;
  double radius, mirror;
  Vector color;
} Sphere;

static Sphere scene[spheres];
static const Vector light = {-6, 9, -7};

static Vector plus(Vector a, Vector b) {
  return (Vector){a.x + b.x, a.y + b.y, a.z + b.z};
}
static Vector minus(Vector a, Vector b) {
  return (Vector){a.x - b.x, a.y - b.y, a.z - b.z};
}
static Vector times(Vector a, double factor) {
  return (Vector){a.x * factor, a.y * factor, a.z * factor};
}
static double dot(Vector a, Vector b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
static Vector unit(Vector a) { return times(a, 1 / sqrt(dot(a, a))); }

/// \returns the nearest sphere that the ray meets, or null.
static const Sphere *meet(Vector from, Vector direction, double *distance) {
  const Sphere *nearest = NULL;
  for (int i = 0; i < spheres; ++i) {
    Vector toCenter = minus(scene[i].center, from);
    double along = dot(toCenter, direction);
    double beside = dot(toCenter, toCenter) - along * along;
    double radius2 = scene[i].radius * scene[i].radius;
    if (beside > radius2)
      continue;
    double half = sqrt(radius2 - beside);
    double at = along - half > 1e-6 ? along - half : along + half;
    if (at > 1e-6 && at < *distance) {
      *distance = at;
      nearest = &scene[i];
    }
  }
  return nearest;
}

static Vector trace(Vector from, Vector direction, int depth) {
  double distance = 1e30;
  const Sphere *sphere = meet(from, direction, &distance);
  if (!sphere) {
    double sky = 0.5 + 0.5 * direction.y;
    return (Vector){0.3 * sky, 0.4 * sky, 0.6 * sky};
  }
  Vector point = plus(from, times(direction, distance));
  Vector normal = times(minus(point, sphere->center), 1 / sphere->radius);
  Vector toLight = minus(light, point);
  double lightDistance = sqrt(dot(toLight, toLight));
  toLight = times(toLight, 1 / lightDistance);
  double bright = dot(normal, toLight);
  if (bright < 0 || meet(point, toLight, &lightDistance))
    bright = 0;
  Vector color = times(sphere->color, 0.1 + 0.9 * bright);
  if (depth < mostReflections && sphere->mirror > 0) {
    Vector mirrored =
        minus(direction, times(normal, 2 * dot(direction, normal)));
    color = plus(times(color, 1 - sphere->mirror),
                 times(trace(point, mirrored, depth + 1), sphere->mirror));
  }
  return color;
}

int main(void) {
  unsigned state = 3;
  for (int i = 0; i < spheres; ++i) {
    double random[7];
    for (int j = 0; j < 7; ++j) {
      state = state * 1664525 + 1013904223;
      random[j] = (state >> 8) / 16777216.0;
    }
    scene[i] = (Sphere){{random[0] * 8 - 4, random[1] * 6 - 3, random[2] * 6},
                        0.3 + random[3] * 0.6,
                        i % 3 ? random[4] : 0,
                        {random[4], random[5], random[6]}};
  }
  scene[0] = (Sphere){{0, -1004, 0}, 1000, 0.2, {0.5, 0.5, 0.5}};
  double sum = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      Vector direction = unit((Vector){(x - width / 2) * (2.0 / width),
                                       (height / 2 - y) * (2.0 / width), 1});
      Vector color = trace((Vector){0, 0, -8}, direction, 0);
      sum += color.x + 2 * color.y + 3 * color.z;
    }
  printf("%.6f\n", sum);
  return 0;
}
