// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where compiled code meets C: exports, imports, and calls whose type is known
// only when they are made.

#include "Lower/ModuleLowering.h"
#include "llvm/ADT/StringExtras.h"

using namespace moat;

/// A letter, a digit or an underscore stays itself, but for an underscore
/// behind another one, and the last one of a module's name; everything else
/// becomes `$` and its bytes' hexadecimal digits. So `__` stands only between
/// module and field, and no two names give the same symbol.
static std::string escaped(StringRef name, bool isModule) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    bool isPlain = llvm::isAlnum(c);
    if (c == '_')
      isPlain =
          !(i > 0 && name[i - 1] == '_') && !(isModule && i + 1 == name.size());
    if (isPlain) {
      result += c;
      continue;
    }
    result += '$';
    result += llvm::hexdigit(uint8_t(c) >> 4, /*LowerCase=*/true);
    result += llvm::hexdigit(uint8_t(c) & 15, /*LowerCase=*/true);
  }
  return result;
}

std::string moat::importSymbol(StringRef module, StringRef field) {
  return "moat_import_" + escaped(module, true) + "__" + escaped(field, false);
}

std::string moat::exportSymbol(StringRef name) {
  return "moat_export_" + escaped(name, false);
}

std::string moat::importMember(StringRef module, StringRef field) {
  std::string name = escaped(module, true) + "__" + escaped(field, false);
  return llvm::isDigit(name[0]) ? "_" + name : name;
}

std::string moat::librarySymbol(StringRef library, StringRef name) {
  std::string spelled = escaped(name, false);
  if (name.starts_with("_") && name != "_start" && name != "_initialize")
    spelled = "$5f" + spelled.substr(1);
  return (library + "_" + spelled).str();
}

/// A function of the C calling convention that the runtime or other objects
/// call or provide.
static llvm::Function *entry(ModuleLowering &m, const FuncType &type,
                             const Twine &name) {
  llvm::Function *function = m.createFunction(m.entryType(type), name,
                                              llvm::Function::ExternalLinkage);
  function->setCallingConv(llvm::CallingConv::C);
  return function;
}

/// A slot in the current frame for \p count values. Not the results area: what
/// is called may call back.
static llvm::Value *valuesSlot(ModuleLowering &m, Builder &b, size_t count) {
  auto *type = llvm::ArrayType::get(m.i64, count * sizeof(abi::Value) / 8);
  llvm::AllocaInst *slot = b.CreateAlloca(type);
  slot->setAlignment(llvm::Align(alignof(abi::Value)));
  return slot;
}

/// Process model: the function by the wasm calling convention that calls an
/// import by C's. It is where the guest's stack is checked, so it is not
/// inlined into its callers' frames.
llvm::Function *ModuleLowering::importThunk(uint32_t functionIndex) {
  llvm::Function *&thunk = declared[functionIndex];
  if (thunk)
    return thunk;
  const FuncType &type = module.funcType(functionIndex);
  const Import &import =
      module.imports[*module.functions[functionIndex].import];
  thunk = createFunction(functionType(type),
                         symbol::function(module, functionIndex),
                         llvm::Function::InternalLinkage);
  thunk->addFnAttr(llvm::Attribute::NoInline);
  thunk->setDoesNotThrow(); // C has no exceptions of ours
  setTouchedGlobals(thunk, functionIndex);
  Builder b(llvm::BasicBlock::Create(context, "", thunk));
  checkStack(b);

  std::string name = importSymbol(import.module, import.field);
  llvm::Function *target = ir.getFunction(name);
  llvm::FunctionType *targetType = entryType(type);
  llvm::FunctionCallee callee =
      target ? llvm::FunctionCallee(
                   targetType, target) // imported twice, perhaps as two types
             : llvm::FunctionCallee(entry(*this, type, name));
  SmallVector<llvm::Value *, 8> arguments{places->instance(b)};
  llvm::Value *values = nullptr;
  if (type.results.size() > 1)
    arguments.push_back(values = valuesSlot(*this, b, type.results.size()));
  for (llvm::Argument &argument : thunk->args())
    arguments.push_back(&argument);
  llvm::CallInst *call = b.CreateCall(callee, arguments);
  SmallVector<llvm::Value *, 4> results;
  if (type.results.size() == 1)
    results.push_back(call);
  for (size_t i = 0; values && i < type.results.size(); ++i)
    results.push_back(loadField(b, this->type(type.results[i]), values,
                                i * sizeof(abi::Value)));
  emitReturn(b, type, results);
  return thunk;
}

/// Instance model: what an export's entry does when it does not run on the
/// instance's stack. The runtime changes to it and calls back, with values.
static llvm::Function *defineEntryFromOutside(ModuleLowering &m,
                                              const FuncType &type,
                                              uint32_t functionIndex) {
  llvm::Function *function = m.createFunction(m.entryType(type), "moat_outside",
                                              llvm::Function::InternalLinkage);
  function->setCallingConv(llvm::CallingConv::C);
  function->addFnAttr(llvm::Attribute::NoInline);
  function->addFnAttr(llvm::Attribute::Cold);
  Builder b(llvm::BasicBlock::Create(m.context, "", function));
  bool hasResultArea = type.results.size() > 1;
  llvm::Value *values =
      valuesSlot(m, b, std::max(type.params.size(), type.results.size()));
  for (auto [i, param] : llvm::enumerate(type.params))
    m.storeField(b, function->getArg(i + (hasResultArea ? 2 : 1)), values,
                 i * sizeof(abi::Value));
  b.CreateCall(
      m.builtin(Builtin::enter_export),
      {function->getArg(0), m.places->functionRef(b, functionIndex), values});
  for (size_t i = 0; hasResultArea && i < type.results.size(); ++i)
    m.storeField(
        b,
        m.loadField(b, m.type(type.results[i]), values, i * sizeof(abi::Value)),
        function->getArg(1), i * sizeof(abi::Value));
  if (type.results.size() == 1)
    b.CreateRet(m.loadField(b, m.type(type.results[0]), values, 0));
  else
    b.CreateRetVoid();
  return function;
}

/// Goes on in another function of the same type and calling convention, C's: a
/// jump, as far as no arguments are on the stack. \p chain, if there is one, is
/// passed beside the arguments.
static void goOnIn(Builder &b, llvm::Value *callee,
                   llvm::Value *chain = nullptr) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  SmallVector<llvm::Value *, 8> arguments;
  SmallVector<llvm::Type *, 8> types;
  if (chain) {
    arguments.push_back(chain);
    types.push_back(chain->getType());
  }
  for (llvm::Argument &argument : function->args()) {
    arguments.push_back(&argument);
    types.push_back(argument.getType());
  }
  llvm::CallInst *call = b.CreateCall(
      llvm::FunctionType::get(function->getReturnType(), types, false), callee,
      arguments);
  if (chain)
    call->addParamAttr(0, llvm::Attribute::Nest);
  call->setTailCallKind(llvm::CallInst::TCK_Tail);
  call->setIsNoInline();
  if (call->getType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
}

/// Whether C passes all arguments of an entry in registers.
static bool areInRegisters(const ModuleLowering &m,
                           const llvm::FunctionType &type) {
  size_t integers = 0, others = 0;
  for (llvm::Type *param : type.params())
    ++(param->isIntOrPtrTy() ? integers : others);
  return m.vectors.isX86 && integers <= 6 && others <= 8;
}

/// Instance model: goes on in \p inside where the stack pointer lies on the
/// stack of the instance, above the part that is left for the host's functions.
/// Elsewhere the runtime finds out, and changes to it.
static void goInside(ModuleLowering &m, Builder &b, llvm::Function *inside,
                     const Export &exported) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  // Where the return address is: asking for it needs no frame.
  llvm::Value *address = b.CreatePtrToInt(
      b.CreateIntrinsic(llvm::Intrinsic::addressofreturnaddress, {m.ptr}, {}),
      m.i64);
  llvm::Value *context = m.places->context(b);
  llvm::Value *floor =
      m.loadField(b, m.i64, context, offsetof(abi::Context, stackFloor), true);
  llvm::Value *bytes =
      m.loadField(b, m.i64, context, offsetof(abi::Context, stackBytes), true);
  llvm::Value *isInside = b.CreateICmpULT(b.CreateSub(address, floor), bytes);
  auto *onStack = llvm::BasicBlock::Create(m.context, "", function);
  auto *away = llvm::BasicBlock::Create(m.context, "", function);
  b.CreateCondBr(isInside, onStack, away);
  b.SetInsertPoint(onStack);
  goOnIn(b, inside);
  b.SetInsertPoint(away);
  if (areInRegisters(m, *function->getFunctionType())) {
    auto *enter =
        llvm::cast<llvm::Function>(m.builtin(Builtin::enter_call).getCallee());
    // The dynamic linker's own code, which binds a symbol late, may not keep
    // r10.
    enter->addFnAttr(llvm::Attribute::NonLazyBind);
    if (!m.module.functions[exported.index].import)
      function->addFnAttr(symbol::mayBeInPlace, std::to_string(exported.index));
    goOnIn(b, enter, inside);
  } else {
    goOnIn(b, defineEntryFromOutside(m, m.module.funcType(exported.index),
                                     exported.index));
  }
}

/// A trap's backtrace begins, at the latest, with the function that was called
/// from outside: where the call of it in this block is inlined, the function
/// that is being built takes its name (Names.cpp).
static void keepName(ModuleLowering &m, Builder &b, uint32_t functionIndex) {
  for (llvm::Instruction &instruction : *b.GetInsertBlock()) {
    auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (!call)
      continue;
    if (m.isProcess()) {
      call->setIsNoInline();
    } else if (!m.module.functions[functionIndex].import) {
      call->getFunction()->addFnAttr(symbol::entryOf,
                                     std::to_string(functionIndex));
      call->setMetadata(symbol::entryOf, llvm::MDNode::get(m.context, {}));
    }
  }
}

/// Whether the garbage collector follows references of a type.
static bool isCollected(const Module &module, ValType type) {
  if (!type.isRef())
    return false;
  HeapType heap = type.heap;
  if (heap.isConcrete())
    return module.types[heap.typeIndex()].kind != SubType::Func;
  return heap != AbstractHeap::Func && heap != AbstractHeap::NoFunc;
}

/// Whether an export returns what the collector must not free while the host
/// may have it. Process model: entries are called by what is on the guest's
/// stack.
static bool returnsObjects(const ModuleLowering &m, const FuncType &type) {
  return !m.isProcess() && llvm::any_of(type.results, [&](ValType result) {
    return isCollected(m.module, result);
  });
}

/// The entry of an export as it is where it runs on the right stack: \p
/// function, of C's calling convention, calls it.
static void defineInside(ModuleLowering &m, const Export &exported,
                         llvm::Function *function) {
  const FuncType &type = m.module.funcType(exported.index);
  bool hasResultArea = type.results.size() > 1;
  Builder b(llvm::BasicBlock::Create(m.context, "", function));
  SmallVector<llvm::Value *, 8> arguments;
  for (unsigned i = hasResultArea ? 2 : 1; i < function->arg_size(); ++i)
    arguments.push_back(function->getArg(i));
  auto results =
      m.call(b, m.places->callee(b, exported.index), type, arguments);
  keepName(m, b, exported.index);
  if (returnsObjects(m, type))
    for (auto [result, value] : llvm::zip(type.results, results))
      if (isCollected(m.module, result))
        m.callBuiltin(b, Builtin::keep_result, {m.places->instance(b), value});
  if (results.size() == 1) {
    b.CreateRet(results[0]);
    return;
  }
  for (auto [i, result] : llvm::enumerate(results))
    m.storeField(b, result, function->getArg(1), i * sizeof(abi::Value));
  b.CreateRetVoid();
}

void moat::defineExportEntry(ModuleLowering &m, const Export &exported) {
  const FuncType &type = m.module.funcType(exported.index);
  if (m.isProcess())
    return defineInside(m, exported,
                        entry(m, type, exportSymbol(exported.name)));
  llvm::Function *function =
      entry(m, type,
            librarySymbol(m.options.library, exported.name) +
                (type.results.size() > 1 ? "__values" : ""));
  function->setVisibility(llvm::GlobalValue::ProtectedVisibility);
  Builder b(llvm::BasicBlock::Create(m.context, "", function));
  Callee callee = m.places->callee(b, exported.index);
  auto *inside = llvm::dyn_cast<llvm::Function>(callee.function.getCallee());
  if (!inside || returnsObjects(m, type) ||
      inside->getCallingConv() != llvm::CallingConv::C ||
      inside->getFunctionType() != function->getFunctionType()) {
    inside = m.createFunction(function->getFunctionType(), "moat_inside",
                              llvm::Function::InternalLinkage);
    inside->setCallingConv(llvm::CallingConv::C);
    defineInside(m, exported, inside);
  }
  goInside(m, b, inside, exported);
}

/// Calls what a reference is to; if \p functionIndex is there, that function.
static llvm::Function *defineCall(ModuleLowering &m, const FuncType &type,
                                  std::optional<uint32_t> functionIndex) {
  auto *entryType = llvm::FunctionType::get(llvm::Type::getVoidTy(m.context),
                                            {m.ptr, m.ptr}, false);
  llvm::Function *function =
      m.createFunction(entryType, "moat_call", llvm::Function::InternalLinkage);
  function->setCallingConv(llvm::CallingConv::C);
  llvm::Value *self = function->getArg(0), *values = function->getArg(1);
  Builder b(llvm::BasicBlock::Create(m.context, "", function));
  SmallVector<llvm::Value *, 8> arguments;
  for (auto [i, param] : llvm::enumerate(type.params))
    arguments.push_back(
        m.loadField(b, m.type(param), values, i * sizeof(abi::Value)));
  llvm::FunctionCallee code;
  if (functionIndex)
    code = m.function(*functionIndex);
  else
    code = {m.functionType(type),
            m.loadField(b, m.ptr, self, offsetof(abi::FuncRef, code))};
  llvm::Value *instance =
      m.loadField(b, m.ptr, self, offsetof(abi::FuncRef, instance));
  llvm::Value *context =
      m.loadField(b, m.ptr, instance, offsetof(abi::Instance, context));
  auto results = m.call(b, {code, instance}, type, arguments, context);
  if (functionIndex)
    keepName(m, b, *functionIndex);
  for (auto [i, result] : llvm::enumerate(results))
    m.storeField(b, result, values, i * sizeof(abi::Value));
  b.CreateRetVoid();
  return function;
}

llvm::Function *moat::defineCallFromC(ModuleLowering &m, const FuncType &type) {
  return defineCall(m, type, std::nullopt);
}

llvm::Function *moat::defineCallFromC(ModuleLowering &m,
                                      uint32_t functionIndex) {
  return defineCall(m, m.module.funcType(functionIndex), functionIndex);
}

/// Host functions: the arguments are in a row of values, and so are the
/// results.
llvm::Function *moat::defineHostEntry(ModuleLowering &m, const FuncType &type) {
  llvm::Function *function = m.createFunction(
      m.functionType(type), "moat_host_entry", llvm::Function::InternalLinkage);
  Builder b(llvm::BasicBlock::Create(m.context, "", function));
  m.checkStack(b);
  llvm::Value *values =
      valuesSlot(m, b, std::max(type.params.size(), type.results.size()));
  for (auto [i, param] : llvm::enumerate(type.params))
    m.storeField(b, function->getArg(i + 1), values, i * sizeof(abi::Value));
  b.CreateCall(m.builtin(Builtin::host_call), {function->getArg(0), values});
  SmallVector<llvm::Value *, 4> results;
  for (auto [i, result] : llvm::enumerate(type.results))
    results.push_back(
        m.loadField(b, m.type(result), values, i * sizeof(abi::Value)));
  m.emitReturn(b, type, results);
  return function;
}

void moat::defineInvokingMain(ModuleLowering &m, const Export &exported) {
  const FuncType &type = m.module.funcType(exported.index);
  auto *nothing = llvm::Type::getVoidTy(m.context);
  llvm::Function *call =
      m.createFunction(llvm::FunctionType::get(nothing, {m.ptr, m.ptr}, false),
                       "moat_invoked", llvm::Function::InternalLinkage);
  call->setCallingConv(llvm::CallingConv::C);
  Builder b(llvm::BasicBlock::Create(m.context, "", call));
  llvm::Value *values = call->getArg(1);
  SmallVector<llvm::Value *, 8> arguments;
  for (auto [i, param] : llvm::enumerate(type.params))
    arguments.push_back(
        m.loadField(b, m.type(param), values, i * sizeof(abi::Value)));
  auto results =
      m.call(b, m.places->callee(b, exported.index), type, arguments);
  for (auto [i, result] : llvm::enumerate(results))
    m.storeField(b, result, values, i * sizeof(abi::Value));
  b.CreateRetVoid();

  llvm::Function *main =
      m.createFunction(llvm::FunctionType::get(nothing, {m.ptr}, false),
                       "moat_main", llvm::Function::ExternalLinkage);
  main->setCallingConv(llvm::CallingConv::C);
  b.SetInsertPoint(llvm::BasicBlock::Create(m.context, "", main));
  for (const Export &each : m.module.exports)
    if (each.kind == ExternKind::Func && each.name == "_initialize" &&
        m.module.funcType(each.index) == FuncType())
      m.call(b, m.places->callee(b, each.index), m.module.funcType(each.index),
             {});
  uint32_t typeIndex = m.module.functions[exported.index].typeIndex;
  llvm::Value *descriptor = b.CreateConstGEP1_64(
      m.i8, m.ir.getNamedGlobal("moat_types"),
      m.module.types[typeIndex].canonical * sizeof(abi::TypeDescriptor));
  m.callBuiltin(
      b, Builtin::invoke_main,
      {main->getArg(0), descriptor, b.CreateGlobalString(exported.name), call});
  b.CreateRetVoid();
}
