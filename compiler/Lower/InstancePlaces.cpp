// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where things live in a library: in arrays behind the abi::Instance that every
// function has as its first parameter. What never changes while the instance
// lives is loaded as invariant, so that LLVM keeps it in a register across
// calls.

#include "Lower/ModuleLowering.h"

using namespace moat;

namespace {
class InstancePlaces : public Places {
public:
  explicit InstancePlaces(ModuleLowering &lowering) : m(lowering) { plan(); }

  llvm::Value *instance(Builder &b) override {
    return b.GetInsertBlock()->getParent()->getArg(0);
  }
  llvm::Value *context(Builder &b) override {
    return m.loadField(b, m.ptr, instance(b), offsetof(abi::Instance, context),
                       true);
  }
  llvm::Value *memoryBase(Builder &b, uint32_t index) override;
  llvm::Value *memory(Builder &b, uint32_t index) override {
    return pointer(b, m.layout.memories, index);
  }
  llvm::Value *table(Builder &b, uint32_t index) override {
    return pointer(b, m.layout.tables, index);
  }
  llvm::Value *tableElements(Builder &b, uint32_t index) override {
    return m.loadField(b, m.ptr, table(b, index),
                       offsetof(abi::Table, elements));
  }
  llvm::Value *tableSize(Builder &b, uint32_t index) override {
    return m.loadField(b, m.i64, table(b, index), offsetof(abi::Table, size));
  }
  llvm::Value *global(Builder &b, uint32_t index) override;
  llvm::Value *typeIdentity(Builder &b, uint32_t typeIndex) override {
    return pointer(b, m.layout.types, m.module.types[typeIndex].canonical);
  }
  llvm::Value *functionRef(Builder &b, uint32_t functionIndex) override;
  Callee callee(Builder &b, uint32_t functionIndex) override;
  llvm::Value *tag(Builder &b, uint32_t tagIndex) override {
    return pointer(b, m.layout.tags, tagIndex);
  }
  Callee indirectCallee(Builder &b, uint32_t table, llvm::Value *index,
                        uint32_t typeIndex) override;
  llvm::Value *elementSegment(Builder &b, uint32_t index) override {
    return at(b, m.layout.elements + index * sizeof(abi::ElementSegment));
  }
  llvm::Value *dataSegment(Builder &b, uint32_t index) override {
    return at(b, m.layout.datas + index * sizeof(abi::DataSegment));
  }
  void defineStorage(ArrayRef<llvm::Constant *>) override {}
  std::pair<llvm::Constant *, llvm::Constant *> processArrays() override {
    llvm::Constant *null = llvm::ConstantPointerNull::get(m.ptr);
    return {null, null};
  }
  SmallVector<llvm::Constant *> processRoots() override { return {}; }
  bool isTableConstant(uint32_t) const override { return false; }

private:
  void plan();
  llvm::Value *at(Builder &b, uint64_t offset) {
    return b.CreateConstGEP1_64(m.i8, instance(b), offset);
  }
  /// Element \p index of the array of pointers at \p arrayOffset.
  llvm::Value *pointer(Builder &b, uint64_t arrayOffset, uint32_t index) {
    return m.loadField(b, m.ptr, instance(b),
                       arrayOffset + index * sizeof(void *), true);
  }

  ModuleLowering &m;
};
} // namespace

std::unique_ptr<Places> moat::makeInstancePlaces(ModuleLowering &lowering) {
  return std::make_unique<InstancePlaces>(lowering);
}

/// Lays the arrays out behind the header, in the order of
/// abi::ModuleDescriptor.
void InstancePlaces::plan() {
  const Module &module = m.module;
  uint32_t position = sizeof(abi::Instance);
  auto place = [&](size_t count, size_t elementBytes) {
    uint32_t offset = position;
    position += count * elementBytes;
    return offset;
  };
  InstanceLayout &layout = m.layout;
  layout.memoryBases = place(module.memories.size(), sizeof(uint8_t *));
  layout.memories = place(module.memories.size(), sizeof(abi::Memory *));
  layout.tables = place(module.tables.size(), sizeof(abi::Table *));
  layout.globals = place(module.importedGlobalCount, sizeof(abi::Value *));
  position = llvm::alignTo(position, alignof(abi::Value));
  layout.globalCells = place(module.globals.size() - module.importedGlobalCount,
                             sizeof(abi::Value));
  layout.functionImports =
      place(module.importedFunctionCount, sizeof(abi::FunctionImport));
  layout.functionRefs = place(m.escapingCount, sizeof(abi::FuncRef));
  layout.types = place(module.types.size(), sizeof(void *));
  layout.elements = place(module.elements.size(), sizeof(abi::ElementSegment));
  layout.datas = place(module.datas.size(), sizeof(abi::DataSegment));
  layout.tags = place(module.tags.size(), sizeof(void *));
  layout.sizeBytes = llvm::alignTo(position, alignof(abi::Value));
}

llvm::Value *InstancePlaces::memoryBase(Builder &b, uint32_t index) {
  // A memory whose accesses are checked may move when it grows.
  if (m.options.bounds == BoundsChecks::Checked)
    return m.loadField(b, m.ptr, memory(b, index), offsetof(abi::Memory, base));
  return pointer(b, m.layout.memoryBases, index);
}

llvm::Value *InstancePlaces::global(Builder &b, uint32_t index) {
  if (m.module.globals[index].import)
    return pointer(b, m.layout.globals, index);
  return at(b, m.layout.globalCells +
                   (index - m.module.importedGlobalCount) * sizeof(abi::Value));
}

llvm::Value *InstancePlaces::functionRef(Builder &b, uint32_t functionIndex) {
  if (m.module.functions[functionIndex].import)
    return m.loadField(b, m.ptr, instance(b),
                       m.layout.functionImports +
                           functionIndex * sizeof(abi::FunctionImport) +
                           offsetof(abi::FunctionImport, ref),
                       true);
  return at(b, m.layout.functionRefs +
                   m.escapingIndex(functionIndex) * sizeof(abi::FuncRef));
}

Callee InstancePlaces::callee(Builder &b, uint32_t functionIndex) {
  if (!m.module.functions[functionIndex].import)
    return {m.function(functionIndex), instance(b)};
  uint64_t offset =
      m.layout.functionImports + functionIndex * sizeof(abi::FunctionImport);
  llvm::FunctionType *type = m.functionType(m.module.funcType(functionIndex));
  llvm::Value *code = m.loadField(b, m.ptr, instance(b), offset, true);
  llvm::Value *target =
      m.loadField(b, m.ptr, instance(b),
                  offset + offsetof(abi::FunctionImport, instance), true);
  return {{type, code}, target};
}

Callee InstancePlaces::indirectCallee(Builder &b, uint32_t table,
                                      llvm::Value *index, uint32_t typeIndex) {
  m.trapIf(b, b.CreateICmpUGE(index, tableSize(b, table)),
           TrapKind::UndefinedElement);
  llvm::Value *place = b.CreateGEP(m.ptr, tableElements(b, table), index);
  llvm::Value *reference = m.loadField(b, m.ptr, place, 0);
  m.trapIf(b, b.CreateIsNull(reference), TrapKind::UninitializedElement);
  llvm::Value *type =
      m.loadField(b, m.ptr, reference, offsetof(abi::FuncRef, type), true);
  m.trapIf(b, b.CreateNot(m.isSubtype(b, type, typeIndex)),
           TrapKind::IndirectCallType);
  return m.referenceCallee(b, reference, m.module.types[typeIndex].func);
}
