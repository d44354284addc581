// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the functions of a partition share: types, declarations, calls by the
// wasm calling convention, and accesses to the structures of the ABI.
//
// The calling convention of wasm functions is `tailcc` wherever a caller
// through a table cannot know whether its callee tail-calls: in the instance
// model, whose tables mix functions of separately compiled modules, and in
// programs that have tail calls. Functions that no reference is to and no tail
// call concerns have C's, and all of a program without any
// (compiler/README.md has the figures). The first two results are returned in
// registers; further ones are left in abi::Context::results, never in a slot of
// the caller's frame, which a tail call would have to keep. Calls are marked
// `notail`: LLVM would turn one in tail position into a jump, and a runaway
// recursion into a loop.

#include "Lower/ModuleLowering.h"
#include "Decode/Instructions.h"
#include "Wasm/Access.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include <functional>

using namespace moat;

/// Results that are returned in registers.
static constexpr size_t registerResults = 2;

ModuleLowering::ModuleLowering(const Module &module,
                               const ModuleSummary &summary,
                               ArrayRef<Partition> partitions, uint32_t index,
                               const LowerOptions &options,
                               llvm::LLVMContext &context,
                               const llvm::TargetMachine &target)
    : module(module), summary(summary), partitions(partitions),
      part(partitions[index]), options(options), vectors(target),
      context(context), ownedIr(std::make_unique<llvm::Module>(
                            "moat." + std::to_string(index), context)),
      ir(*ownedIr), i8(llvm::Type::getInt8Ty(context)),
      i32(llvm::Type::getInt32Ty(context)),
      i64(llvm::Type::getInt64Ty(context)),
      ptr(llvm::PointerType::get(context, 0)),
      callingConvention(options.model == CodeModel::Process &&
                                !summary.hasTailCalls
                            ? llvm::CallingConv::C
                            : llvm::CallingConv::Tail),
      declared(module.functions.size()), layouts(module.types.size()),
      hasSubtypes(module.types.size()) {
  ir.setDataLayout(target.createDataLayout());
  ir.setTargetTriple(target.getTargetTriple());
  numberEscaping();
  places = isProcess() ? makeProcessPlaces(*this) : makeInstancePlaces(*this);

  tagRoot = llvm::MDBuilder(context).createTBAARoot("moat");
  static constexpr const char *regionNames[] = {
      guestMemoryName.data(), "structure",   "allocation",
      "object header",        "array length"};
  for (auto [tag, name] : llvm::zip(regionTags, regionNames))
    tag = makeTag(name);
  llvm::MDBuilder metadata(context);
  llvm::MDNode *guarded = metadata.createTBAAScalarTypeNode(
      guardedMemoryName, llvm::cast<llvm::MDNode>(
                             regionTags[size_t(Region::Guest)]->getOperand(0)));
  regionTags[size_t(Region::Guarded)] =
      metadata.createTBAAStructTagNode(guarded, guarded, 0);
  for (const SubType &each : module.types)
    if (each.supertype)
      hasSubtypes[module.types[*each.supertype].canonical] = true;
}

llvm::MDNode *ModuleLowering::makeTag(StringRef name) {
  llvm::MDBuilder metadata(context);
  llvm::MDNode *type = metadata.createTBAAScalarTypeNode(name, tagRoot);
  return metadata.createTBAAStructTagNode(type, type, 0);
}

ModuleLowering::~ModuleLowering() = default;

std::unique_ptr<llvm::Module>
moat::lower(const Module &module, const ModuleSummary &summary,
            ArrayRef<Partition> partitions, uint32_t index,
            const LowerOptions &options, llvm::LLVMContext &context,
            const llvm::TargetMachine &target) {
  return ModuleLowering(module, summary, partitions, index, options, context,
                        target)
      .run();
}

std::unique_ptr<llvm::Module> ModuleLowering::run() {
  defineFunctions();
  if (options.optimizing)
    defineInlineCandidates();
  if (isMain())
    defineModule(*this);
  return std::move(ownedIr);
}

/// Numbers the defined functions that need a reference: those that the module
/// can make one of, and, for a host to find them, those that are exported.
void ModuleLowering::numberEscaping() {
  escaping.assign(module.functions.size(), UINT32_MAX);
  for (uint32_t i = module.importedFunctionCount; i < module.functions.size();
       ++i) {
    const FunctionSummary &facts = summary.functions[i];
    if (facts.escapes || (!isProcess() && facts.isExported))
      escaping[i] = escapingCount++;
  }
}

uint32_t ModuleLowering::descriptorIndex(uint32_t functionIndex) const {
  if (functionIndex < module.importedFunctionCount)
    return functionIndex;
  uint32_t position = escaping[functionIndex];
  return position == UINT32_MAX ? UINT32_MAX
                                : module.importedFunctionCount + position;
}

void ModuleLowering::defineFunctions() {
  for (uint32_t i = part.begin; i < part.end; ++i)
    if (!module.functions[i].import)
      lowerFunction(*this, i, function(i));
}

/// Small functions of other partitions that this one calls are lowered here
/// again, for inlining only. Their own callees are not, so that the work stays
/// bounded.
void ModuleLowering::defineInlineCandidates() {
  constexpr uint64_t maxBodyBytes = 48;
  for (uint32_t i = module.importedFunctionCount; i < module.functions.size();
       ++i) {
    llvm::Function *callee = declared[i];
    if (contains(i) || !callee ||
        module.functions[i].body.bytes.size() > maxBodyBytes)
      continue;
    if (!callee->empty())
      continue;
    callee->setLinkage(llvm::Function::AvailableExternallyLinkage);
    lowerFunction(*this, i, callee);
  }
}

llvm::Type *ModuleLowering::type(ValType type) const {
  switch (type.kind) {
  case ValType::I32:
    return i32;
  case ValType::I64:
    return i64;
  case ValType::F32:
    return llvm::Type::getFloatTy(context);
  case ValType::F64:
    return llvm::Type::getDoubleTy(context);
  case ValType::V128: // see Vector.cpp
    return llvm::FixedVectorType::get(i8, 16);
  case ValType::Ref:
    return ptr;
  case ValType::Bottom:
    break;
  }
  llvm_unreachable("the type of an operand of unreachable code");
}

llvm::FunctionType *ModuleLowering::functionType(const FuncType &type) const {
  SmallVector<llvm::Type *, 8> parameters;
  if (!isProcess())
    parameters.push_back(ptr);
  for (ValType param : type.params)
    parameters.push_back(this->type(param));
  llvm::Type *result = llvm::Type::getVoidTy(context);
  if (type.results.size() == 1)
    result = this->type(type.results[0]);
  else if (type.results.size() >= registerResults)
    result = llvm::StructType::get(
        context, {this->type(type.results[0]), this->type(type.results[1])});
  return llvm::FunctionType::get(result, parameters, false);
}

llvm::FunctionType *ModuleLowering::entryType(const FuncType &type) const {
  SmallVector<llvm::Type *, 8> parameters{ptr};
  if (type.results.size() > 1)
    parameters.push_back(ptr);
  for (ValType param : type.params)
    parameters.push_back(this->type(param));
  llvm::Type *result = type.results.size() == 1
                           ? this->type(type.results[0])
                           : llvm::Type::getVoidTy(context);
  return llvm::FunctionType::get(result, parameters, false);
}

std::string symbol::function(const Module &module, uint32_t index) {
  std::string name = "w" + std::to_string(index);
  StringRef given = module.functionName(index);
  if (!given.empty())
    name += "." + given.take_front(200).str();
  return name;
}

llvm::Function *
ModuleLowering::createFunction(llvm::FunctionType *type, const Twine &name,
                               llvm::GlobalValue::LinkageTypes linkage) {
  auto *function = llvm::Function::Create(type, linkage, name, ir);
  function->setCallingConv(callingConvention);
  if (!function->hasLocalLinkage()) {
    function->setVisibility(llvm::GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
  }
  if (!summary.hasExceptions)
    function->setDoesNotThrow();
  else if (callingConvention == llvm::CallingConv::Tail)
    function->addFnAttr("frame-pointer",
                        "all"); // see FunctionLowering::savedStack
  // A trap can be at any instruction, and its backtrace needs the frame's
  // layout there.
  function->setUWTableKind(llvm::UWTableKind::Async);
  function->addFnAttr("probe-stack", "inline-asm");
  function->addFnAttr("stack-probe-size", std::to_string(abi::stackProbeBytes));
  for (llvm::Argument &argument : function->args())
    argument.addAttr(llvm::Attribute::NoUndef);
  return function;
}

/// What the summary of the whole module knows, for callers in other partitions.
void ModuleLowering::setAttributes(llvm::Function *function,
                                   uint32_t functionIndex) const {
  const FunctionSummary &facts = summary.functions[functionIndex];
  if (!facts.callsOut) // nor throws: those are counted with it
    function->setDoesNotThrow();
  if (!summary.hasExceptions)
    function->addFnAttr(llvm::Attribute::NoFree);
  if (facts.isOversized) {
    function->addFnAttr(llvm::Attribute::OptimizeNone);
    function->addFnAttr(llvm::Attribute::NoInline);
    return;
  }
  if (!options.optimizing || options.strictTraps || summary.hasOversized)
    return; // see LowerOptions::optimizing
  if (facts.callsOut || facts.writesMemory || facts.writesGlobals)
    return;
  // A trap shows memory as it is, so a function that may trap reads it.
  if (facts.readsMemory || facts.readsGlobals || facts.mayTrap)
    function->setMemoryEffects(llvm::MemoryEffects::readOnly());
  else
    function->setMemoryEffects(llvm::MemoryEffects::none());
}

void ModuleLowering::setTouchedGlobals(llvm::Function *function, GlobalSet read,
                                       GlobalSet written) const {
  if (!options.optimizing || options.strictTraps ||
      (read & written) == allGlobals)
    return;
  llvm::MDBuilder metadata(context);
  auto number = [&](GlobalSet set) {
    return metadata.createConstant(llvm::ConstantInt::get(i64, set));
  };
  function->setMetadata(
      touchedGlobals,
      llvm::MDNode::get(context, {number(read), number(written)}));
}

/// Nobody sees the globals of a program after a trap, and the runtime does not
/// call back. Everywhere else, what may trap reads them, and an import may
/// change them.
void ModuleLowering::setTouchedGlobals(llvm::Function *function,
                                       uint32_t functionIndex) const {
  const FunctionSummary &facts = summary.functions[functionIndex];
  bool isAlone = isProcess() && !options.exportAll && summary.isClosed;
  if (facts.callsOut && !isAlone)
    return;
  setTouchedGlobals(function,
                    facts.mayTrap && !isAlone ? allGlobals : facts.globalsRead,
                    facts.globalsWritten);
}

llvm::Function *ModuleLowering::function(uint32_t functionIndex) {
  assert(!module.functions[functionIndex].import &&
         "an import has no function of its own");
  llvm::Function *&known = declared[functionIndex];
  if (known)
    return known;
  bool isInternal = isOnlyPartition();
  known = createFunction(functionType(module.funcType(functionIndex)),
                         symbol::function(module, functionIndex),
                         isInternal ? llvm::Function::InternalLinkage
                                    : llvm::Function::ExternalLinkage);
  known->setCallingConv(conventionOfFunction(functionIndex));
  setAttributes(known, functionIndex);
  setTouchedGlobals(known, functionIndex);
  return known;
}

/// C's, wherever all that call it know it.
llvm::CallingConv::ID
ModuleLowering::conventionOfFunction(uint32_t functionIndex) const {
  const FunctionSummary &facts = summary.functions[functionIndex];
  return facts.escapes || facts.isTailCalled || facts.hasTailCall
             ? callingConvention
             : llvm::CallingConv::C;
}

/// Exports that no reference of the module is to are called by other modules
/// through a function of its own.
llvm::Function *ModuleLowering::referenced(uint32_t functionIndex) {
  llvm::Function *target = function(functionIndex);
  if (target->getCallingConv() == callingConvention)
    return target;
  const FuncType &type = module.funcType(functionIndex);
  llvm::Function *thunk = createFunction(functionType(type), "moat_referenced",
                                         llvm::Function::InternalLinkage);
  Builder b(llvm::BasicBlock::Create(context, "", thunk));
  SmallVector<llvm::Value *, 8> arguments;
  for (llvm::Argument &argument : thunk->args())
    arguments.push_back(&argument);
  llvm::CallInst *call = b.CreateCall(target, arguments);
  call->setIsNoInline(); // backtraces name the function
  if (call->getType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
  return thunk;
}

llvm::Value *ModuleLowering::resultSlot(Builder &b, llvm::Value *context,
                                        uint32_t index) {
  return b.CreateConstGEP1_64(i8, context,
                              offsetof(abi::Context, results) +
                                  sizeof(abi::Value) * index);
}

SmallVector<llvm::Value *, 4>
ModuleLowering::call(Builder &b, const Callee &callee, const FuncType &type,
                     ArrayRef<llvm::Value *> arguments, llvm::Value *context,
                     llvm::BasicBlock *landingPad) {
  SmallVector<llvm::Value *, 8> all;
  if (callee.instance)
    all.push_back(callee.instance);
  all.append(arguments.begin(), arguments.end());
  llvm::CallBase *call;
  if (landingPad) {
    llvm::BasicBlock *next = llvm::BasicBlock::Create(
        this->context, "", b.GetInsertBlock()->getParent());
    call = b.CreateInvoke(callee.function, next, landingPad, all);
    b.SetInsertPoint(next);
  } else {
    llvm::CallInst *plain = b.CreateCall(callee.function, all);
    plain->setTailCallKind(llvm::CallInst::TCK_NoTail);
    call = plain;
    if (!canThrow(callee))
      call->setDoesNotThrow();
  }
  llvm::FunctionCallee function = callee.function;
  auto *known = llvm::dyn_cast<llvm::Function>(function.getCallee());
  call->setCallingConv(known ? known->getCallingConv() : callingConvention);

  SmallVector<llvm::Value *, 4> results;
  if (type.results.size() == 1)
    results.push_back(call);
  else if (type.results.size() >= registerResults)
    for (unsigned i = 0; i < registerResults; ++i)
      results.push_back(b.CreateExtractValue(call, i));
  if (type.results.size() > registerResults && !context)
    context = places->context(b);
  for (size_t i = registerResults; i < type.results.size(); ++i)
    results.push_back(loadField(b, this->type(type.results[i]),
                                resultSlot(b, context, i), 0));
  return results;
}

bool ModuleLowering::canThrow(Callee callee) const {
  auto *known = llvm::dyn_cast<llvm::Function>(callee.function.getCallee());
  return summary.hasExceptions && !(known && known->doesNotThrow());
}

Callee ModuleLowering::referenceCallee(Builder &b, llvm::Value *reference,
                                       const FuncType &type) {
  llvm::Value *code =
      loadField(b, ptr, reference, offsetof(abi::FuncRef, code), true);
  if (isProcess())
    return {{functionType(type), code}, nullptr};
  return {{functionType(type), code},
          loadField(b, ptr, reference, offsetof(abi::FuncRef, instance), true)};
}

void ModuleLowering::emitReturn(Builder &b, const FuncType &type,
                                ArrayRef<llvm::Value *> results) {
  for (size_t i = registerResults; i < type.results.size(); ++i)
    storeField(b, results[i], resultSlot(b, places->context(b), i), 0);
  if (results.empty())
    b.CreateRetVoid();
  else if (results.size() == 1)
    b.CreateRet(results[0]);
  else
    b.CreateAggregateRet(results.data(), registerResults);
}

void ModuleLowering::setRegion(llvm::Instruction *access, Region region) {
  if (!options.optimizing)
    return;
  access->setMetadata(llvm::LLVMContext::MD_tbaa, regionTags[size_t(region)]);
}

/// To LLVM, a part of what is a structure.
void ModuleLowering::setGlobal(llvm::Instruction *access,
                               uint32_t globalIndex) {
  auto bit = summary.globalBits[globalIndex];
  if (!options.optimizing || !bit)
    return;
  llvm::MDBuilder metadata(context);
  auto *structure = llvm::cast<llvm::MDNode>(
      regionTags[size_t(Region::Structure)]->getOperand(0));
  llvm::MDNode *type = metadata.createTBAAScalarTypeNode(
      (globalName + Twine(unsigned(*bit))).str(), structure);
  access->setMetadata(llvm::LLVMContext::MD_tbaa,
                      metadata.createTBAAStructTagNode(type, type, 0));
}

/// A field is the same one in all subtypes of the type that adds it.
void ModuleLowering::setField(llvm::Instruction *access, uint32_t typeIndex,
                              uint32_t field) {
  if (!options.optimizing)
    return;
  const SubType *type = &module.types[typeIndex];
  while (type->supertype &&
         field < module.types[*type->supertype].fields.size())
    type = &module.types[*type->supertype];
  llvm::MDNode *&tag = fieldTags[{type->canonical, field}];
  if (!tag)
    tag = makeTag("field " + std::to_string(type->canonical) + "." +
                  std::to_string(field));
  access->setMetadata(llvm::LLVMContext::MD_tbaa, tag);
}

const ObjectLayout &ModuleLowering::objectLayout(uint32_t typeIndex) {
  std::unique_ptr<ObjectLayout> &layout = layouts[typeIndex];
  if (!layout)
    layout = std::make_unique<ObjectLayout>(
        layoutOf(module, module.types[typeIndex]));
  return *layout;
}

static llvm::Value *fieldAddress(Builder &b, llvm::Value *base,
                                 uint64_t offset) {
  return offset == 0 ? base : b.CreateConstGEP1_64(b.getInt8Ty(), base, offset);
}

llvm::LoadInst *ModuleLowering::loadField(Builder &b, llvm::Type *type,
                                          llvm::Value *base, uint64_t offset,
                                          bool isInvariant) {
  llvm::LoadInst *load = b.CreateLoad(type, fieldAddress(b, base, offset));
  setRegion(load, Region::Structure);
  if (isInvariant)
    load->setMetadata(llvm::LLVMContext::MD_invariant_load,
                      llvm::MDNode::get(context, {}));
  return load;
}

llvm::StoreInst *ModuleLowering::storeField(Builder &b, llvm::Value *value,
                                            llvm::Value *base, uint64_t offset,
                                            bool isVolatile) {
  llvm::StoreInst *store =
      b.CreateStore(value, fieldAddress(b, base, offset), isVolatile);
  setRegion(store, Region::Structure);
  return store;
}

llvm::Constant *ModuleLowering::constantFunctionRef(uint32_t functionIndex) {
  if (!isProcess())
    return nullptr;
  std::string name = symbol::functionRef(functionIndex);
  if (llvm::GlobalVariable *known = ir.getNamedGlobal(name))
    return known;
  auto *type = llvm::StructType::get(context, {ptr, ptr, ptr, ptr});
  auto *global = new llvm::GlobalVariable(ir, type, /*isConstant=*/true,
                                          llvm::GlobalValue::ExternalLinkage,
                                          nullptr, name);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  return global;
}

/// Initial values are evaluated in the order of the index space, since an
/// expression names earlier globals only: a chain of a million of them must not
/// become a recursion.
llvm::Constant *ModuleLowering::constantGlobal(uint32_t globalIndex) {
  while (constantGlobals.size() <= globalIndex) {
    const Global &global = module.globals[constantGlobals.size()];
    bool isFixed =
        !global.type.isMutable ||
        (isProcess() && !summary.globalIsWritten[constantGlobals.size()]);
    constantGlobals.push_back(
        global.import || !isFixed ? nullptr : constantValue(global.init));
  }
  return constantGlobals[globalIndex];
}

/// abi/Layout.h, "Objects".
llvm::Constant *ModuleLowering::constantI31(uint32_t value) {
  uint64_t word = uint64_t(uint32_t(value << 1)) | 1;
  return llvm::ConstantExpr::getIntToPtr(llvm::ConstantInt::get(i64, word),
                                         ptr);
}

/// Evaluates a constant expression (Core 3.0, 3.4.15) as far as LLVM has
/// constants for it.
llvm::Constant *ModuleLowering::constantValue(Range expression) {
  SmallVector<llvm::Constant *, 4> stack;
  auto fold = [&](auto operation) -> llvm::Constant * {
    auto *right = llvm::dyn_cast<llvm::ConstantInt>(stack.pop_back_val());
    auto *left = llvm::dyn_cast<llvm::ConstantInt>(stack.pop_back_val());
    if (!left || !right)
      return nullptr;
    return llvm::ConstantInt::get(
        left->getType(), operation(left->getValue(), right->getValue()));
  };
  InstructionReader reader(expression);
  Instruction instruction;
  for (reader.readValidated(instruction); instruction.opcode != Opcode::End;
       reader.readValidated(instruction)) {
    llvm::Constant *value = nullptr;
    switch (instruction.opcode) {
    case Opcode::I32Const:
      value = llvm::ConstantInt::get(i32, uint32_t(instruction.bits));
      break;
    case Opcode::I64Const:
      value = llvm::ConstantInt::get(i64, instruction.bits);
      break;
    case Opcode::F32Const:
      value = llvm::ConstantFP::get(
          context, llvm::APFloat(llvm::APFloat::IEEEsingle(),
                                 llvm::APInt(32, uint32_t(instruction.bits))));
      break;
    case Opcode::F64Const:
      value = llvm::ConstantFP::get(
          context, llvm::APFloat(llvm::APFloat::IEEEdouble(),
                                 llvm::APInt(64, instruction.bits)));
      break;
    case Opcode::V128Const:
      value = vectorConstant(instruction.bytes);
      break;
    case Opcode::RefNull:
      value = llvm::ConstantPointerNull::get(ptr);
      break;
    case Opcode::RefFunc:
      value = constantFunctionRef(instruction.index);
      break;
    case Opcode::RefI31:
      if (auto *number = llvm::dyn_cast<llvm::ConstantInt>(stack.back()))
        value = constantI31(uint32_t(number->getZExtValue()));
      stack.pop_back();
      break;
    case Opcode::GlobalGet:
      value = constantGlobal(instruction.index);
      break;
    case Opcode::I32Add:
    case Opcode::I64Add:
      value = fold(std::plus<llvm::APInt>());
      break;
    case Opcode::I32Sub:
    case Opcode::I64Sub:
      value = fold(std::minus<llvm::APInt>());
      break;
    case Opcode::I32Mul:
    case Opcode::I64Mul:
      value = fold(std::multiplies<llvm::APInt>());
      break;
    default:
      return nullptr;
    }
    if (!value)
      return nullptr;
    stack.push_back(value);
  }
  return stack.back();
}
