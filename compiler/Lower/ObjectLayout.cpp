// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The layout of objects. It depends on nothing but the type, so that all
// modules of a store agree on it.

#include "Lower/ObjectLayout.h"
#include "moat/abi/Layout.h"
#include "llvm/Support/MathExtras.h"

using namespace moat;

uint32_t moat::storageBytes(const FieldType &field) {
  switch (field.packed) {
  case FieldType::I8:
    return 1;
  case FieldType::I16:
    return 2;
  case FieldType::Unpacked:
    break;
  }
  switch (field.type.kind) {
  case ValType::I32:
  case ValType::F32:
    return 4;
  case ValType::I64:
  case ValType::F64:
  case ValType::Ref:
    return 8;
  case ValType::V128:
    return 16;
  case ValType::Bottom:
    break;
  }
  llvm_unreachable("a field of no type");
}

bool moat::isFollowed(const Module &module, ValType type) {
  if (!type.isRef())
    return false;
  if (type.heap.isConcrete())
    return module.types[type.heap.typeIndex()].kind != SubType::Func;
  switch (type.heap.abstract()) {
  case AbstractHeap::Extern:
  case AbstractHeap::Any:
  case AbstractHeap::Eq:
  case AbstractHeap::Struct:
  case AbstractHeap::Array:
  case AbstractHeap::Exn:
    return true;
  case AbstractHeap::I31: // holds no address
  case AbstractHeap::None:
  case AbstractHeap::NoExtern:
  case AbstractHeap::Func:
  case AbstractHeap::NoFunc:
  case AbstractHeap::NoExn:
    return false;
  }
  llvm_unreachable("covered switch");
}

ObjectLayout moat::layoutOf(const Module &module, const SubType &type) {
  ObjectLayout layout;
  if (type.kind == SubType::Array) {
    layout.sizeBytes = abi::arrayElementsOffset;
    layout.elementLog2 = llvm::Log2_32(storageBytes(type.fields[0]));
    layout.hasFollowedElements = isFollowed(module, type.fields[0].type);
    return layout;
  }
  uint64_t position = abi::structFieldsOffset;
  for (const FieldType &field : type.fields) {
    uint32_t bytes = storageBytes(field);
    position = llvm::alignTo(position, bytes);
    layout.offsets.push_back(position);
    if (isFollowed(module, field.type))
      layout.references.push_back(position);
    position += bytes;
  }
  layout.sizeBytes = llvm::alignTo(position, abi::cellBytes);
  return layout;
}
