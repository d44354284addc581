// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: simulated devices behind an interface, stepped by a queue of
// events: virtual calls to several classes, small objects, a binary heap.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <queue>
#include <vector>

namespace {

struct Event {
  uint64_t time;
  uint32_t device, value;
  bool operator<(const Event &other) const {
    return time != other.time ? time > other.time : device > other.device;
  }
};

class Device {
public:
  virtual ~Device() = default;
  /// \returns when it wants the next event, and what it says.
  virtual Event handle(const Event &event) = 0;
  virtual uint64_t checksum() const = 0;
};

class Counter final : public Device {
public:
  Event handle(const Event &event) override {
    count += event.value;
    return {event.time + 3, event.device, count & 7};
  }
  uint64_t checksum() const override { return count; }

private:
  uint32_t count = 0;
};

class Filter final : public Device {
public:
  Event handle(const Event &event) override {
    history[at++ & 7] = event.value;
    uint32_t sum = 0;
    for (uint32_t value : history)
      sum += value;
    total += sum;
    return {event.time + 2 + (sum & 3), event.device, sum / 8 + 1};
  }
  uint64_t checksum() const override { return total; }

private:
  uint32_t history[8] = {}, at = 0;
  uint64_t total = 0;
};

class Shifter final : public Device {
public:
  explicit Shifter(uint32_t seed) : state(seed | 1) {}
  Event handle(const Event &event) override {
    for (int i = 0; i < 4; ++i)
      state = state >> 1 ^ (-(state & 1) & 0xd0000001u);
    return {event.time + 1 + (state & 7), event.device,
            event.value ^ (state & 15)};
  }
  uint64_t checksum() const override { return state; }

private:
  uint32_t state;
};

class Logger final : public Device {
public:
  Event handle(const Event &event) override {
    values.push_back(event.value);
    if (values.size() == 64) {
      for (uint32_t value : values)
        digest = digest * 31 + value;
      values.clear();
    }
    return {event.time + 5, event.device, uint32_t(digest & 3)};
  }
  uint64_t checksum() const override { return digest; }

private:
  std::vector<uint32_t> values;
  uint64_t digest = 17;
};

} // namespace

int main() {
  std::vector<std::unique_ptr<Device>> devices;
  std::priority_queue<Event> queue;
  for (uint32_t i = 0; i < 200; ++i) {
    switch (i * 7 % 4) {
    case 0:
      devices.push_back(std::make_unique<Counter>());
      break;
    case 1:
      devices.push_back(std::make_unique<Filter>());
      break;
    case 2:
      devices.push_back(std::make_unique<Shifter>(i));
      break;
    default:
      devices.push_back(std::make_unique<Logger>());
    }
    queue.push({i, i, i & 7});
  }
  for (int step = 0; step < 5000000; ++step) {
    Event event = queue.top();
    queue.pop();
    queue.push(devices[event.device]->handle(event));
  }
  uint64_t sum = queue.top().time;
  for (const auto &device : devices)
    sum = sum * 1000003 + device->checksum();
  std::printf("%llu\n", static_cast<unsigned long long>(sum));
}
