// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: collect.wat's trees, with malloc and free.

#include <cstdint>
#include <cstdlib>

struct Tree {
  Tree *left, *right;
};

static Tree *make(uint32_t depth) {
  auto *tree = static_cast<Tree *>(std::malloc(sizeof(Tree)));
  if (!tree)
    std::abort();
  tree->left = depth ? make(depth - 1) : nullptr;
  tree->right = depth ? make(depth - 1) : nullptr;
  return tree;
}

static uint32_t check(const Tree *tree) {
  return tree->left ? 1 + check(tree->left) + check(tree->right) : 1;
}

static void release(Tree *tree) {
  if (!tree)
    return;
  release(tree->left);
  release(tree->right);
  std::free(tree);
}

int main() {
  constexpr uint32_t deepest = 18;
  Tree *kept = make(deepest);
  uint32_t sum = 0;
  for (uint32_t depth = 4; depth <= deepest; depth += 4)
    for (uint32_t i = 1u << (deepest - depth + 4); i != 0; --i) {
      Tree *tree = make(depth);
      sum += check(tree);
      release(tree);
    }
  sum += check(kept);
  release(kept);
  return sum != 33799103;
}
