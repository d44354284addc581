// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The function name table: for backtraces, in a loadable section, so that it
// survives stripping. Every row is tied to its function's section: the linker
// drops both together. Nothing refers to a row, so no pass that removes unused
// globals may run after this.

#include "Lower/ModuleLowering.h"

using namespace moat;

/// The index that symbol::function put into a name, or none.
static std::optional<uint32_t> functionIndexOf(StringRef name) {
  uint32_t index;
  if (!name.consume_front("w") || name.consumeInteger(10, index))
    return std::nullopt;
  if (!name.empty() && !name.starts_with("."))
    return std::nullopt;
  return index;
}

static bool isEntryCall(const llvm::Instruction &instruction) {
  return instruction.getMetadata(symbol::entryOf);
}

/// The function that the frame of \p function stands for: itself, or the one
/// that was inlined into this entry of it.
static std::optional<uint32_t> indexOf(const llvm::Function &function) {
  uint32_t index;
  if (function.getFnAttribute(symbol::entryOf)
          .getValueAsString()
          .getAsInteger(10, index))
    return functionIndexOf(function.getName());
  for (const llvm::BasicBlock &block : function)
    if (llvm::any_of(block, isEntryCall))
      return std::nullopt;
  return index;
}

void moat::addFunctionNames(llvm::Module &ir, const Module &module) {
  llvm::LLVMContext &context = ir.getContext();
  auto *i32 = llvm::Type::getInt32Ty(context);
  auto *i64 = llvm::Type::getInt64Ty(context);
  auto *row = llvm::StructType::get(context, {i32, i32, i32});

  for (llvm::Function &function : ir) {
    std::optional<uint32_t> index = indexOf(function);
    if (!index || function.isDeclaration() ||
        function.hasAvailableExternallyLinkage())
      continue;
    auto *text = llvm::ConstantDataArray::getString(
        context, module.functionName(*index).take_front(1000));
    auto *name = new llvm::GlobalVariable(
        ir, text->getType(), true, llvm::GlobalValue::PrivateLinkage, text);
    name->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    name->setAlignment(llvm::Align(1));

    auto *entry = new llvm::GlobalVariable(
        ir, row, true, llvm::GlobalValue::PrivateLinkage, nullptr);
    auto relative = [&](llvm::Constant *to, unsigned field) {
      llvm::Constant *place = llvm::ConstantExpr::getGetElementPtr(
          i32, entry, llvm::ConstantInt::get(i64, field));
      return llvm::ConstantExpr::getTrunc(
          llvm::ConstantExpr::getSub(
              llvm::ConstantExpr::getPtrToInt(to, i64),
              llvm::ConstantExpr::getPtrToInt(place, i64)),
          i32);
    };
    entry->setInitializer(llvm::ConstantStruct::get(
        row, {relative(&function, 0), relative(name, 1),
              llvm::ConstantInt::get(i32, *index)}));
    entry->setSection("moat_functions");
    entry->setAlignment(llvm::Align(4));
    entry->setMetadata(
        llvm::LLVMContext::MD_associated,
        llvm::MDNode::get(context, llvm::ValueAsMetadata::get(&function)));
  }
}
