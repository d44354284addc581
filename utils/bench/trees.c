// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: many short-lived binary trees beside one that stays. malloc, free,
// recursion and pointers: each side brings the allocator of its own libc.

#include <stdio.h>
#include <stdlib.h>

enum { depth = 17, shallowest = 4 };

struct Node {
  struct Node *left, *right;
};

static struct Node *grow(int levels) {
  struct Node *node = malloc(sizeof *node);
  if (!node)
    abort();
  node->left = levels ? grow(levels - 1) : NULL;
  node->right = levels ? grow(levels - 1) : NULL;
  return node;
}

static int countNodes(const struct Node *node) {
  return node ? 1 + countNodes(node->left) + countNodes(node->right) : 0;
}

static void fell(struct Node *node) {
  if (!node)
    return;
  fell(node->left);
  fell(node->right);
  free(node);
}

int main(void) {
  struct Node *kept = grow(depth);
  for (int levels = shallowest; levels <= depth; levels += 2) {
    int trees = 1 << (depth - levels + shallowest), nodes = 0;
    for (int i = 0; i < trees; ++i) {
      struct Node *tree = grow(levels);
      nodes += countNodes(tree);
      fell(tree);
    }
    printf("%d trees of depth %d: %d nodes\n", trees, levels, nodes);
  }
  printf("kept: %d nodes\n", countNodes(kept));
  fell(kept);
  return 0;
}
