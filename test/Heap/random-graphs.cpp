// Random graphs of structures and arrays, changed at random, against a model: what can be
// reached keeps its contents, and the rest is not counted as alive. In an ordinary heap, in
// one that collects at every allocation and overwrites what is free, and with a mark stack of
// two entries.
//
// RUN: %clangxx-heap %s %library -o %t && %t | FileCheck %s
// CHECK: ordinary: as in the model
// CHECK-NEXT: stressed: as in the model
// CHECK-NEXT: little mark stack: as in the model

#include "Guest.h"
#include <random>

/// Structures have `id` behind their references, arrays of references none.
struct Node {
  void *object;
  bool isArray;
  uint64_t bytes;
  std::vector<int> children; // -1: null
  bool isReached;
};

class Model {
public:
  Model(unsigned seed, const HeapOptions &options) : guest(options), random(seed) {
    for (uint32_t i = 0; i < 8; ++i)
      types.push_back(new StructType(i, 8 + 24 * (i % 3)));
    guest.roots.resize(rootCount);
    rootNodes.assign(rootCount, -1);
  }
  ~Model() {
    for (StructType *type : types)
      delete type;
  }

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; ++i) {
      step();
      if (i % 1000 == 999)
        check();
    }
  }

  Guest guest;

private:
  static constexpr unsigned rootCount = 24;
  std::mt19937 random;
  std::vector<StructType *> types;
  ArrayType references{3, true}, bytes{0, false};
  std::vector<Node> nodes;
  std::vector<int> rootNodes;

  unsigned below(unsigned limit) { return static_cast<unsigned>(random() % limit); }

  void *&slot(Node &node, unsigned index) {
    return node.isArray ? Guest::element(node.object, index) : Guest::field(node.object, index);
  }

  /// A node that is reachable, by a random way from a root, or -1.
  int pick() {
    int at = rootNodes[below(rootCount)];
    for (unsigned i = below(12); at >= 0 && i; --i) {
      Node &node = nodes[static_cast<size_t>(at)];
      if (node.children.empty())
        break;
      int next = node.children[below(static_cast<unsigned>(node.children.size()))];
      if (next < 0)
        break;
      at = next;
    }
    return at;
  }

  int make() {
    Node node = {};
    unsigned kind = below(100);
    if (kind < 80) {
      StructType &type = *types[below(static_cast<unsigned>(types.size()))];
      node.object = guest.makeStruct(type);
      node.bytes = type.identity.sizeBytes;
      node.children.assign(type.offsets.size(), -1);
      uint64_t id = nodes.size();
      memcpy(static_cast<char *>(node.object) + 8 + 8 * type.offsets.size(), &id, sizeof id);
    } else if (kind < 95) {
      // No array fills its cell: a root to what is behind it would keep it.
      uint32_t length = (kind < 94 ? below(40) : below(9000)) | 1;
      node.object = guest.makeArray(references, length);
      node.bytes = 16 + 8 * uint64_t(length);
      node.isArray = true;
      node.children.assign(length, -1);
    } else {
      uint32_t length = (kind < 99 ? below(3000) : below(300000)) | 1;
      node.object = guest.makeArray(bytes, length);
      memset(static_cast<char *>(node.object) + 16, 0x5a, length);
      node.bytes = 16 + length;
      node.isArray = true;
    }
    nodes.push_back(node);
    return static_cast<int>(nodes.size()) - 1;
  }

  /// Puts a node, new or not, or null, somewhere.
  void step() {
    int value = below(10) < 6 ? make() : below(3) ? pick() : -1;
    void *object = value < 0 ? nullptr : nodes[static_cast<size_t>(value)].object;
    if (below(4) == 0) {
      unsigned root = below(rootCount);
      guest.roots[root] = object;
      rootNodes[root] = value;
      return;
    }
    int holder = pick();
    if (holder < 0)
      return;
    Node &node = nodes[static_cast<size_t>(holder)];
    if (node.children.empty())
      return;
    unsigned index = below(static_cast<unsigned>(node.children.size()));
    // Also as the host sees it.
    uint64_t bit = below(8) ? 0 : abi::hostReferenceBit;
    slot(node, index) =
        object ? reinterpret_cast<void *>(reinterpret_cast<uint64_t>(object) | bit) : nullptr;
    node.children[index] = value;
  }

  void checkContents(Node &node, size_t id) {
    for (unsigned i = 0; i < node.children.size(); ++i) {
      uint64_t found =
          reinterpret_cast<uint64_t>(slot(node, i)) & ~uint64_t(abi::hostReferenceBit);
      int child = node.children[i];
      void *wanted = child < 0 ? nullptr : nodes[static_cast<size_t>(child)].object;
      EXPECT(found == reinterpret_cast<uint64_t>(wanted));
    }
    auto *type = *static_cast<const abi::TypeIdentity **>(node.object);
    if (!node.isArray) {
      uint64_t found;
      memcpy(&found, static_cast<char *>(node.object) + 8 + 8 * node.children.size(),
             sizeof found);
      EXPECT(type->kind == abi::TypeKind::Struct && found == id);
    } else if (type == &bytes.identity) {
      for (uint64_t i = 16; i < node.bytes; ++i)
        EXPECT(static_cast<char *>(node.object)[i] == 0x5a);
    } else {
      EXPECT(type == &references.identity);
    }
  }

  void check() {
    guest.heap->collect();
    for (Node &node : nodes)
      node.isReached = false;
    std::vector<int> left;
    for (int root : rootNodes)
      if (root >= 0)
        left.push_back(root);
    uint64_t least = 0, most = 0;
    while (!left.empty()) {
      size_t at = static_cast<size_t>(left.back());
      left.pop_back();
      Node &node = nodes[at];
      if (node.isReached)
        continue;
      node.isReached = true;
      checkContents(node, at);
      least += (node.bytes + 15) & ~uint64_t(15);
      uint64_t cell = (node.bytes + 15) / 16 * 16;
      most += node.bytes <= 512     ? cell
              : node.bytes <= 32768 ? cell * 3 / 2
                                    : cell + 65536;
      for (int child : node.children)
        if (child >= 0)
          left.push_back(child);
    }
    uint64_t alive = guest.heap->statistics().liveBytes;
    EXPECT(alive >= least && alive <= most);
  }
};

int main() {
  for (unsigned seed = 1; seed <= 4; ++seed)
    Model(seed, {}).run(40000);
  printf("ordinary: as in the model\n");
  HeapOptions stressed;
  stressed.isStressed = true;
  Model(5, stressed).run(2000);
  printf("stressed: as in the model\n");
  HeapOptions little;
  little.markStackEntries = 2;
  Model model(6, little);
  model.run(20000);
  EXPECT(model.guest.heap->statistics().rescanCount > 0);
  printf("little mark stack: as in the model\n");
}
