// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The options of Node's class WASI, read from a JavaScript object.

#pragma once

#include "Addon.h"
#include <cstdlib>
#include <cstring>

namespace moat::node {

/// Strings that live until the options have been read.
class Strings {
public:
  ~Strings() {
    while (first) {
      Node *next = first->next;
      free(first);
      first = next;
    }
  }
  /// The text of a value, turned into a string, behind \p name and `=` if there
  /// is one; null: it cannot be.
  const char *add(napi_env env, napi_value value, napi_value name = nullptr) {
    napi_value string;
    size_t size, nameSize = 0;
    if (napi_coerce_to_string(env, value, &string) != napi_ok ||
        napi_get_value_string_utf8(env, string, nullptr, 0, &size) != napi_ok ||
        (name && napi_get_value_string_utf8(env, name, nullptr, 0, &nameSize) !=
                     napi_ok))
      return nullptr;
    auto *node =
        static_cast<Node *>(malloc(sizeof(Node) + nameSize + 1 + size));
    if (!node)
      return nullptr;
    node->next = first;
    first = node;
    char *at = node->text;
    if (name) {
      napi_get_value_string_utf8(env, name, at, nameSize + 1, &nameSize);
      at += nameSize;
      *at++ = '=';
    }
    napi_get_value_string_utf8(env, string, at, size + 1, &size);
    hasNul |= strlen(node->text) != size_t(at - node->text) + size;
    return node->text;
  }

  bool hasNul = false; ///< one of them: what is behind it would be lost

private:
  struct Node {
    Node *next;
    char text[1];
  };
  Node *first = nullptr;
};

constexpr uint32_t mostOptions = 1024;

struct Options {
  moat_wasi_options wasi = MOAT_WASI_DEFAULTS;
  const char *args[mostOptions];
  const char *env[mostOptions];
  moat_preopen preopens[mostOptions];
  Strings strings;
};

/// False: thrown.
bool readOptions(napi_env env, napi_value object, Options &options);

} // namespace moat::node
