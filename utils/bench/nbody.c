// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: a swarm of bodies under gravity, in double precision. Scalar
// arithmetic with divisions and square roots, on a few structures that stay in
// the cache.

#include <math.h>
#include <stdio.h>

enum { bodies = 6, steps = 5000000 };

struct Body {
  double position[3], velocity[3], mass;
};

static struct Body system_[bodies];

static void makeSystem(void) {
  for (int i = 0; i < bodies; ++i) {
    double radius = i * 1.75, phase = i * 2.4;
    struct Body body = {{radius * cos(phase), radius * sin(phase), 0.1 * i},
                        {i ? -0.9 * sin(phase) / sqrt(radius) : 0,
                         i ? 0.9 * cos(phase) / sqrt(radius) : 0, 0},
                        i ? 0.0005 * i : 1.0};
    system_[i] = body;
  }
}

static void advance(struct Body *body, double time) {
  for (int i = 0; i < bodies; ++i)
    for (int j = i + 1; j < bodies; ++j) {
      double d[3], squared = 0;
      for (int k = 0; k < 3; ++k) {
        d[k] = body[i].position[k] - body[j].position[k];
        squared += d[k] * d[k];
      }
      double pull = time / (squared * sqrt(squared));
      for (int k = 0; k < 3; ++k) {
        body[i].velocity[k] -= d[k] * body[j].mass * pull;
        body[j].velocity[k] += d[k] * body[i].mass * pull;
      }
    }
  for (int i = 0; i < bodies; ++i)
    for (int k = 0; k < 3; ++k)
      body[i].position[k] += time * body[i].velocity[k];
}

static double energy(const struct Body *body) {
  double sum = 0;
  for (int i = 0; i < bodies; ++i) {
    double squared = 0;
    for (int k = 0; k < 3; ++k)
      squared += body[i].velocity[k] * body[i].velocity[k];
    sum += 0.5 * body[i].mass * squared;
    for (int j = i + 1; j < bodies; ++j) {
      double distance = 0;
      for (int k = 0; k < 3; ++k) {
        double d = body[i].position[k] - body[j].position[k];
        distance += d * d;
      }
      sum -= body[i].mass * body[j].mass / sqrt(distance);
    }
  }
  return sum;
}

int main(void) {
  makeSystem();
  printf("%.9f\n", energy(system_));
  for (int i = 0; i < steps; ++i)
    advance(system_, 0.001);
  printf("%.9f\n", energy(system_));
  return 0;
}
