// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How types read in messages and dumps: as in the text format (Core 3.0, 6.4
// Types).

#include "Wasm/Types.h"

using namespace moat;

static const char *heapName(AbstractHeap heap) {
  switch (heap) {
  case AbstractHeap::Func:
    return "func";
  case AbstractHeap::Extern:
    return "extern";
  case AbstractHeap::Any:
    return "any";
  case AbstractHeap::Eq:
    return "eq";
  case AbstractHeap::I31:
    return "i31";
  case AbstractHeap::Struct:
    return "struct";
  case AbstractHeap::Array:
    return "array";
  case AbstractHeap::Exn:
    return "exn";
  case AbstractHeap::None:
    return "none";
  case AbstractHeap::NoFunc:
    return "nofunc";
  case AbstractHeap::NoExtern:
    return "noextern";
  case AbstractHeap::NoExn:
    return "noexn";
  }
  llvm_unreachable("an abstract heap type without a name");
}

/// The short form of a nullable reference to an abstract heap type: `funcref`.
static std::string shortRefName(AbstractHeap heap) {
  switch (heap) {
  case AbstractHeap::None:
    return "nullref";
  case AbstractHeap::NoFunc:
    return "nullfuncref";
  case AbstractHeap::NoExtern:
    return "nullexternref";
  case AbstractHeap::NoExn:
    return "nullexnref";
  default:
    return std::string(heapName(heap)) + "ref";
  }
}

std::string moat::toString(HeapType type) {
  if (type.isConcrete())
    return std::to_string(type.typeIndex());
  return heapName(type.abstract());
}

std::string moat::toString(ValType type) {
  switch (type.kind) {
  case ValType::I32:
    return "i32";
  case ValType::I64:
    return "i64";
  case ValType::F32:
    return "f32";
  case ValType::F64:
    return "f64";
  case ValType::V128:
    return "v128";
  case ValType::Bottom:
    return "any type";
  case ValType::Ref:
    break;
  }
  if (type.nullable && !type.heap.isConcrete())
    return shortRefName(type.heap.abstract());
  return std::string(type.nullable ? "(ref null " : "(ref ") +
         toString(type.heap) + ")";
}

/// ` (param i32 i64)`, or nothing.
static void appendGroup(std::string &text, const char *keyword,
                        const std::vector<ValType> &types) {
  if (types.empty())
    return;
  text += " (";
  text += keyword;
  for (ValType type : types)
    text += " " + toString(type);
  text += ")";
}

std::string moat::toString(const FuncType &type) {
  std::string text = "(func";
  appendGroup(text, "param", type.params);
  appendGroup(text, "result", type.results);
  return text + ")";
}
