// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Declares the runtime's helpers from Builtins.def, never by hand. A deep
// helper is called through a function that first checks how much of the guest's
// stack is left.

#include "Lower/ModuleLowering.h"

using namespace moat;

namespace {
enum Operand : uint8_t { Void, I32, I64, Ptr };
enum Depth : uint8_t { Shallow, Deep };
enum Ending : uint8_t { Returns, NoReturn };

struct BuiltinInfo {
  const char *symbol;
  Depth depth;
  Ending ending;
  Operand result;
  SmallVector<Operand, 6> parameters;
};
} // namespace

static BuiltinInfo infoOf(Builtin builtin) {
#define UNPACK(...)                                                            \
  {                                                                            \
    __VA_ARGS__                                                                \
  }
  switch (builtin) {
#define BUILTIN(name, stack, attributes, result, parameters)                   \
  case Builtin::name:                                                          \
    return {"moat_" #name, stack, attributes, result, UNPACK parameters};
#include "moat/abi/Builtins.def"
  }
#undef UNPACK
  llvm_unreachable("covered switch");
}

static llvm::Type *operandType(const ModuleLowering &m, Operand operand) {
  switch (operand) {
  case Void:
    return llvm::Type::getVoidTy(m.context);
  case I32:
    return m.i32;
  case I64:
    return m.i64;
  case Ptr:
    return m.ptr;
  }
  llvm_unreachable("covered switch");
}

llvm::FunctionCallee ModuleLowering::builtin(Builtin builtin) {
  BuiltinInfo info = infoOf(builtin);
  if (llvm::Function *known = ir.getFunction(info.symbol))
    return known;
  SmallVector<llvm::Type *, 6> parameters;
  for (Operand parameter : info.parameters)
    parameters.push_back(operandType(*this, parameter));
  auto *type = llvm::FunctionType::get(operandType(*this, info.result),
                                       parameters, false);
  auto *function = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                          info.symbol, ir);
  if (isProcess()) {
    function->setVisibility(llvm::GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
  }
  if (builtin != Builtin::throw_exception && builtin != Builtin::personality)
    function->setDoesNotThrow();
  if (info.ending == NoReturn) {
    function->setDoesNotReturn();
    function->addFnAttr(llvm::Attribute::Cold);
  }
  return function;
}

/// Allocations are everywhere and rarely need the helper: their callers keep
/// what they have in registers.
static llvm::CallingConv::ID conventionOf(Builtin builtin) {
  return builtin == Builtin::gc_allocate ? llvm::CallingConv::PreserveMost
                                         : llvm::CallingConv::C;
}

/// `check.<symbol>`: checks the stack, then calls the helper; the wasm calling
/// convention's first parameter is the instance in both models, as it is the
/// helpers'.
static llvm::Function *checkedBuiltin(ModuleLowering &m, Builtin builtin,
                                      const BuiltinInfo &info,
                                      llvm::FunctionCallee target) {
  std::string name = ("check." + Twine(info.symbol)).str();
  if (llvm::Function *known = m.ir.getFunction(name))
    return known;
  llvm::Function *wrapper = m.createFunction(target.getFunctionType(), name,
                                             llvm::Function::InternalLinkage);
  wrapper->setCallingConv(conventionOf(builtin));
  wrapper->addFnAttr(llvm::Attribute::NoInline);
  wrapper->setDoesNotThrow();
  Builder b(llvm::BasicBlock::Create(m.context, "", wrapper));
  m.checkStack(b);
  SmallVector<llvm::Value *, 6> arguments;
  for (llvm::Argument &argument : wrapper->args())
    arguments.push_back(&argument);
  llvm::CallInst *call = b.CreateCall(target, arguments);
  if (call->getType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
  return wrapper;
}

llvm::CallInst *ModuleLowering::callBuiltin(Builder &b, Builtin builtin,
                                            ArrayRef<llvm::Value *> arguments) {
  BuiltinInfo info = infoOf(builtin);
  llvm::FunctionCallee target = this->builtin(builtin);
  if (info.depth != Deep)
    return b.CreateCall(target, arguments);
  llvm::CallInst *call =
      b.CreateCall(checkedBuiltin(*this, builtin, info, target), arguments);
  call->setCallingConv(conventionOf(builtin));
  return call;
}
