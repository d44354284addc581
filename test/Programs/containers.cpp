// The C++ library's containers, algorithms, strings and streams of strings, smart pointers,
// lambdas and virtual functions.
//
// RUN: %clangxx-wasi -std=c++20 -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clangxx-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <algorithm>
#include <bitset>
#include <cstdio>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual std::string name() const { return "shape"; }
};
struct Square : Shape {
  explicit Square(double side) : side(side) {}
  double area() const override { return side * side; }
  std::string name() const override { return "square"; }
  double side;
};
struct Circle : Shape {
  explicit Circle(double radius) : radius(radius) {}
  double area() const override { return 3 * radius * radius; }
  double radius;
};

static int liveCount = 0;
struct Counted {
  Counted() { ++liveCount; }
  Counted(const Counted &) { ++liveCount; }
  ~Counted() { --liveCount; }
};

static struct Global {
  Global() { std::printf("constructed before main\n"); }
  ~Global() { std::printf("destroyed after main\n"); }
} global;

static std::vector<int> shortestPaths(int count) {
  // Dijkstra over a graph made of arithmetic.
  std::vector<int> distance(count, 1 << 30);
  std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> open;
  open.emplace(distance[0] = 0, 0);
  while (!open.empty()) {
    auto [d, node] = open.top();
    open.pop();
    if (d != distance[node])
      continue;
    for (int k = 1; k <= 3; ++k) {
      int next = (node * k + 7 * k) % count, cost = (node ^ (13 * k)) % 19 + 1;
      if (d + cost < distance[next])
        open.emplace(distance[next] = d + cost, next);
    }
  }
  return distance;
}

int main() {
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), -500);
  std::transform(numbers.begin(), numbers.end(), numbers.begin(),
                 [](int x) { return x * 7919 % 1009; });
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::printf("%zu %d %d %d\n", numbers.size(), numbers.front(), numbers.back(),
              (int)(std::lower_bound(numbers.begin(), numbers.end(), 100) - numbers.begin()));

  std::map<std::string, std::vector<int>> groups;
  for (int i = 0; i < 60; ++i)
    groups[std::string(i % 5 + 1, 'a' + i % 7)].push_back(i);
  for (const auto &[key, values] : groups)
    std::printf("%s:%d ", key.c_str(), std::accumulate(values.begin(), values.end(), 0));
  std::printf("\n");

  std::unordered_map<int, std::string> names;
  for (int i = 0; i < 500; ++i)
    names[i * i % 1013] = std::to_string(i);
  int found = 0;
  for (int i = 0; i < 1013; ++i)
    found += names.count(i);
  std::printf("%zu %d %s\n", names.size(), found, names[169].c_str());

  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Square>(3));
  shapes.push_back(std::make_unique<Circle>(2));
  shapes.push_back(std::make_unique<Square>(1.5));
  std::sort(shapes.begin(), shapes.end(),
            [](const auto &a, const auto &b) { return a->area() < b->area(); });
  for (const auto &shape : shapes)
    std::printf("%s %.2f\n", shape->name().c_str(), shape->area());

  {
    std::list<Counted> list(10);
    auto shared = std::make_shared<std::deque<Counted>>(5);
    auto copy = shared;
    list.pop_back();
    std::printf("%d live\n", liveCount);
  }
  std::printf("%d live\n", liveCount);

  std::ostringstream stream;
  stream << "mixed " << 42 << ' ' << 2.5 << ' ' << std::hex << 255 << ' ' << true;
  std::istringstream input("10 20 thirty");
  int x = 0, y = 0;
  std::string word;
  input >> x >> y >> word;
  std::printf("%s; %d %s\n", stream.str().c_str(), x + y, word.c_str());

  std::variant<int, std::string> either = std::string("text");
  std::optional<int> nothing;
  std::printf("%zu %d %d\n", either.index(), nothing.value_or(-1), (int)std::bitset<64>(12345).count());
  std::function<int(int)> fibonacci = [&](int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  };
  std::printf("%d\n", fibonacci(20));

  std::set<int, std::greater<>> ordered = {3, 1, 4, 1, 5, 9, 2, 6};
  for (int value : ordered)
    std::printf("%d ", value);
  std::string text = "the quick brown fox";
  std::reverse(text.begin(), text.end());
  std::printf("%s %zu\n", text.c_str(), text.find("nworb"));

  long sum = 0;
  for (int distance : shortestPaths(5000))
    sum += distance == 1 << 30 ? -1 : distance;
  std::printf("%ld\n", sum);
  std::string permutation = "abcdef";
  int permutations = 1;
  while (std::next_permutation(permutation.begin(), permutation.end()))
    ++permutations;
  std::printf("%d\n", permutations);
}
