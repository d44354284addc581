// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The rules of instructions (Core 3.0, 3.4 Instructions) and the walk over
// function bodies. An instruction whose row in Opcodes.def has a fixed
// signature needs nothing here: its immediates are checked by kind, and its
// operands by the row.

#include "Validate/Code.h"
#include "Validate/Matching.h"
#include "Validate/Validate.h"
#include "Wasm/Limits.h"

using namespace moat;

void CodeValidator::validate(const Instruction &instruction) {
  const OpcodeInfo &row = info(instruction.opcode);
  if (LLVM_UNLIKELY(!features.has(row.feature)))
    return fail(
        needsFeature("instruction " + Twine(StringRef(row.text)), row.feature));
  if (row.immediates != Immediates::None) {
    checkImmediates(instruction, row);
    if (LLVM_UNLIKELY(failed()))
      return;
  }
  if (row.signature.isSpecial)
    validateSpecial(instruction);
  else
    applySignature(row.signature);
}

// Immediates.

void CodeValidator::checkIndex(uint32_t index, size_t count, const char *what) {
  if (LLVM_UNLIKELY(index >= count))
    fail("unknown " + Twine(what) + " " + Twine(index));
}

void CodeValidator::checkLane(uint64_t lane, unsigned count) {
  if (lane >= count)
    fail("invalid lane index " + Twine(lane) + " of " + Twine(count) +
         " lanes");
}

static ValType addrType(const Limits &limits) {
  return limits.is64 ? ValType::I64 : ValType::I32;
}

/// \param position  of its index type in addrTypes; 0 stands for the other two
/// as well,
///   as long as they are not set
void CodeValidator::checkMemory(uint32_t index, unsigned position) {
  checkIndex(index, module.memories.size(), "memory");
  if (!failed())
    for (unsigned i = position; i < std::size(addrTypes); ++i)
      addrTypes[i] = addrType(module.memories[index].type.limits);
}

/// As checkMemory.
void CodeValidator::checkTable(uint32_t index, unsigned position) {
  checkIndex(index, module.tables.size(), "table");
  if (!failed())
    for (unsigned i = position; i < std::size(addrTypes); ++i)
      addrTypes[i] = addrType(module.tables[index].type.limits);
}

/// Core 3.0, 5.5.17 Modules: code that names data segments needs the data count
/// section, since it is read before them.
void CodeValidator::checkDataSegment(uint32_t index) {
  if (!module.dataCount)
    return fail("data count section required");
  checkIndex(index, *module.dataCount, "data segment");
}

void CodeValidator::checkType(ValType type) {
  if (type.isNumber())
    return;
  std::string text =
      faultOf(type, static_cast<uint32_t>(module.types.size()), features);
  if (!text.empty())
    fail(text);
}

/// Of copies between memories or tables: the number's index type is the smaller
/// one.
static ValType smallerAddr(ValType a, ValType b) {
  return a == ValType::I64 && b == ValType::I64 ? ValType::I64 : ValType::I32;
}

/// Core 3.0, 3.4.5 Memory Instructions, memory arguments; threads.md,
/// Alignment.
void CodeValidator::checkMemArg(const MemArg &memArg, const OpcodeInfo &row) {
  checkMemory(memArg.memory, 0);
  unsigned natural = accessSizeLog2(row.immediates);
  if (memArg.alignLog2 > natural)
    return fail("alignment must not be larger than natural");
  if (row.family == Family::Atomic && memArg.alignLog2 != natural)
    return fail("alignment must be natural");
  if (memArg.offset > UINT32_MAX && addrTypes[0] == ValType::I32)
    fail("offset out of range");
}

void CodeValidator::checkImmediates(const Instruction &instruction,
                                    const OpcodeInfo &row) {
  uint32_t index = instruction.index;
  uint32_t index2 = instruction.index2;
  switch (row.immediates) {
  case Immediates::None:
  case Immediates::Block:
  case Immediates::TryTable:
  case Immediates::LabelTable:
  case Immediates::I32:
  case Immediates::I64:
  case Immediates::F32:
  case Immediates::F64:
  case Immediates::V128:
  case Immediates::Fence:
    return; // nothing to check, or checked with the operands
  case Immediates::Label:
    checkLabel(index);
    return;
  case Immediates::Function:
    return checkIndex(index, module.functions.size(), "function");
  case Immediates::Type:
  case Immediates::Field:
  case Immediates::TypeLength:
    return checkIndex(index, module.types.size(), "type");
  case Immediates::TypePair:
    checkIndex(index, module.types.size(), "type");
    return checkIndex(index2, module.types.size(), "type");
  case Immediates::TypeData:
    checkIndex(index, module.types.size(), "type");
    return checkDataSegment(index2);
  case Immediates::TypeElem:
    checkIndex(index, module.types.size(), "type");
    return checkIndex(index2, module.elements.size(), "elem segment");
  case Immediates::CallIndirect:
    checkTable(index2, 0);
    if (!failed() && !matches(module, module.tables[index2].type.element,
                              ValType::funcref()))
      mismatch(ValType::funcref(), module.tables[index2].type.element);
    return checkIndex(index, module.types.size(), "type");
  case Immediates::Local:
    return checkIndex(index, locals.count(), "local");
  case Immediates::Global:
    return checkIndex(index, module.globals.size(), "global");
  case Immediates::Tag:
    return checkIndex(index, module.tags.size(), "tag");
  case Immediates::Table:
    return checkTable(index, 0);
  case Immediates::TablePair:
    checkTable(index, 0);
    checkTable(index2, 1);
    addrTypes[2] = smallerAddr(addrTypes[0], addrTypes[1]);
    if (!failed() && !matches(module, module.tables[index2].type.element,
                              module.tables[index].type.element))
      mismatch(module.tables[index].type.element,
               module.tables[index2].type.element);
    return;
  case Immediates::TableInit:
    checkTable(index2, 0);
    checkIndex(index, module.elements.size(), "elem segment");
    if (!failed() && !matches(module, module.elements[index].type,
                              module.tables[index2].type.element))
      mismatch(module.tables[index2].type.element, module.elements[index].type);
    return;
  case Immediates::Elem:
    return checkIndex(index, module.elements.size(), "elem segment");
  case Immediates::Memory:
    return checkMemory(index, 0);
  case Immediates::MemoryPair:
    checkMemory(index, 0);
    checkMemory(index2, 1);
    addrTypes[2] = smallerAddr(addrTypes[0], addrTypes[1]);
    return;
  case Immediates::MemoryInit:
    checkMemory(index2, 0);
    return checkDataSegment(index);
  case Immediates::Data:
    return checkDataSegment(index);
  case Immediates::MemArg8:
  case Immediates::MemArg16:
  case Immediates::MemArg32:
  case Immediates::MemArg64:
  case Immediates::MemArg128:
    return checkMemArg(instruction.memArg, row);
  case Immediates::MemArgLane8:
  case Immediates::MemArgLane16:
  case Immediates::MemArgLane32:
  case Immediates::MemArgLane64:
    checkMemArg(instruction.memArg, row);
    return checkLane(instruction.bits, 16 >> accessSizeLog2(row.immediates));
  case Immediates::Lane2:
    return checkLane(instruction.bits, 2);
  case Immediates::Lane4:
    return checkLane(instruction.bits, 4);
  case Immediates::Lane8:
    return checkLane(instruction.bits, 8);
  case Immediates::Lane16:
    return checkLane(instruction.bits, 16);
  case Immediates::Shuffle:
    for (uint8_t lane : instruction.bytes)
      checkLane(lane, 32);
    return;
  case Immediates::SelectTypes:
    if (instruction.types.size() != 1)
      return fail("invalid result arity");
    return checkType(instruction.types.front());
  case Immediates::HeapType:
    return checkType(instruction.type);
  case Immediates::Cast:
  case Immediates::CastNull:
    return checkType(instruction.type);
  case Immediates::BranchCast:
    checkLabel(index);
    checkType(instruction.type);
    return checkType(instruction.type2);
  }
}

bool CodeValidator::checkLabel(uint32_t label) {
  checkIndex(label, frames.size(), "label");
  return !failed();
}

// Fixed signatures.

/// The types that operands stand for; that of Addr depends on the instruction.
static constexpr ValType operandTypes[] = {
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::Bottom,
    ValType::ref(AbstractHeap::Eq, true),
    ValType::ref(AbstractHeap::Array, true),
    ValType::ref(AbstractHeap::I31, true),
    ValType::ref(AbstractHeap::I31, false),
};
static_assert(std::size(operandTypes) == static_cast<size_t>(Operand::I31) + 1);
static_assert(operandTypes[static_cast<size_t>(Operand::Addr)] ==
              ValType::Bottom);

void CodeValidator::applySignature(const Signature &signature) {
  unsigned addrCount = llvm::count(signature.params, Operand::Addr);
  for (unsigned i = signature.paramCount; i-- > 0;) {
    Operand operand = signature.params[i];
    pop(operand == Operand::Addr ? addrTypes[--addrCount]
                                 : operandTypes[static_cast<size_t>(operand)]);
  }
  for (unsigned i = 0; i < signature.resultCount; ++i) {
    Operand operand = signature.results[i];
    push(operand == Operand::Addr ? addrTypes[0]
                                  : operandTypes[static_cast<size_t>(operand)]);
  }
}

// Rules of their own.

void CodeValidator::validateSpecial(const Instruction &instruction) {
  uint32_t index = instruction.index;
  switch (instruction.opcode) {
  case Opcode::Unreachable:
    return setUnreachable();
  case Opcode::Block:
  case Opcode::Loop:
  case Opcode::If:
  case Opcode::Try:
    return validateBlock(instruction);
  case Opcode::Else:
    return validateElse();
  case Opcode::End:
    return validateEnd();
  case Opcode::Br:
    pop(labelTypes(index));
    return setUnreachable();
  case Opcode::BrIf:
    return validateBrIf(index);
  case Opcode::BrTable:
    return validateBrTable(instruction.labels);
  case Opcode::BrOnNull:
    return validateBrOnNull(index);
  case Opcode::BrOnNonNull:
    return validateBrOnNonNull(index);
  case Opcode::BrOnCast:
  case Opcode::BrOnCastFail:
    return validateBrOnCast(instruction);
  case Opcode::Return:
    pop(returnTypes());
    return setUnreachable();
  case Opcode::Call:
    return validateCall(module.funcType(index));
  case Opcode::CallIndirect:
    pop(addrTypes[0]);
    if (const FuncType *type = funcTypeAt(index))
      validateCall(*type);
    return;
  case Opcode::CallRef:
    pop(ValType::ref(HeapType::concrete(index), true));
    if (const FuncType *type = funcTypeAt(index))
      validateCall(*type);
    return;
  case Opcode::ReturnCall:
    return validateReturnCall(module.funcType(index));
  case Opcode::ReturnCallIndirect:
    pop(addrTypes[0]);
    if (const FuncType *type = funcTypeAt(index))
      validateReturnCall(*type);
    return;
  case Opcode::ReturnCallRef:
    pop(ValType::ref(HeapType::concrete(index), true));
    if (const FuncType *type = funcTypeAt(index))
      validateReturnCall(*type);
    return;
  case Opcode::TryTable:
    return validateTryTable(instruction);
  case Opcode::Throw:
    pop(module.types[module.tags[index].typeIndex].func.params);
    return setUnreachable();
  case Opcode::ThrowRef:
    pop(ValType::ref(AbstractHeap::Exn, true));
    return setUnreachable();
  case Opcode::Catch:
    return validateCatch(index);
  case Opcode::CatchAll:
    return validateCatchAll();
  case Opcode::Delegate:
    return validateDelegate(index);
  case Opcode::Rethrow:
    return validateRethrow(index);
  case Opcode::Drop:
    pop();
    return;
  case Opcode::Select:
    return validateSelect();
  case Opcode::SelectTyped:
    pop(ValType::I32);
    pop(instruction.types.front());
    pop(instruction.types.front());
    return push(instruction.types.front());
  case Opcode::LocalGet:
    return validateLocalGet(index);
  case Opcode::LocalSet:
    return validateLocalSet(index);
  case Opcode::LocalTee:
    validateLocalSet(index);
    return push(locals[index]);
  case Opcode::GlobalGet:
    return push(module.globals[index].type.type);
  case Opcode::GlobalSet:
    if (!module.globals[index].type.isMutable)
      fail("global is immutable: global " + Twine(index));
    return pop(module.globals[index].type.type);
  case Opcode::TableGet:
    pop(addrTypes[0]);
    return push(module.tables[index].type.element);
  case Opcode::TableSet:
    pop(module.tables[index].type.element);
    return pop(addrTypes[0]);
  case Opcode::TableGrow:
    pop(addrTypes[0]);
    pop(module.tables[index].type.element);
    return push(addrTypes[0]);
  case Opcode::TableFill:
    pop(addrTypes[0]);
    pop(module.tables[index].type.element);
    return pop(addrTypes[0]);
  case Opcode::RefNull:
    return push(instruction.type);
  case Opcode::RefIsNull:
    popRef();
    return push(ValType::I32);
  case Opcode::RefAsNonNull:
    return push(ValType::ref(popRef().heap, false));
  case Opcode::RefFunc:
    return validateRefFunc(index);
  default:
    return validateAggregate(instruction);
  }
}

/// The function type at an index that is known to exist.
const FuncType *CodeValidator::funcTypeAt(uint32_t typeIndex) {
  const SubType &type = module.types[typeIndex];
  if (type.kind == SubType::Func)
    return &type.func;
  fail("type mismatch: type " + Twine(typeIndex) + " is not a function type");
  return nullptr;
}

/// Core 3.0, 3.2.8 Block Types.
BlockSignature CodeValidator::blockSignature(const BlockType &blockType) {
  switch (blockType.kind) {
  case BlockType::Empty:
    return BlockSignature();
  case BlockType::Value:
    checkType(blockType.value);
    return BlockSignature(blockType.value);
  case BlockType::Index:
    break;
  }
  if (!features.has(Feature::MultiValue)) {
    fail(needsFeature("a block's type index", Feature::MultiValue));
    return BlockSignature();
  }
  checkIndex(blockType.typeIndex, module.types.size(), "type");
  if (failed())
    return BlockSignature();
  if (const FuncType *type = funcTypeAt(blockType.typeIndex))
    return BlockSignature(*type);
  return BlockSignature();
}

void CodeValidator::validateBlock(const Instruction &instruction) {
  if (instruction.opcode == Opcode::If)
    pop(ValType::I32);
  BlockSignature signature = blockSignature(instruction.blockType);
  if (failed())
    return;
  pop(signature.params());
  pushFrame(instruction.opcode, signature);
}

void CodeValidator::validateElse() {
  if (frames.back().opcode != Opcode::If)
    return fail("else without if");
  finishFrame();
  restartFrame(Opcode::Else);
  push(frames.back().signature.params());
}

void CodeValidator::validateEnd() {
  // An if without else is one whose else does nothing.
  if (frames.back().opcode == Opcode::If)
    checkMatch(frames.back().signature.params(),
               frames.back().signature.results());
  finishFrame();
  BlockSignature signature = frames.back().signature;
  frames.pop_back();
  push(signature.results());
}

void CodeValidator::validateBrIf(uint32_t label) {
  pop(ValType::I32);
  pop(labelTypes(label));
  push(labelTypes(label));
}

/// Core 3.0, 3.4.2 Control Instructions, br_table: the operands match every
/// label's types. A label that stands in the table again is not checked again.
void CodeValidator::validateBrTable(ArrayRef<uint32_t> labels) {
  pop(ValType::I32);
  if (!checkLabel(labels.back()))
    return;
  ++brTableCount;
  size_t arity = labelTypes(labels.back()).size();
  for (uint32_t label : labels) {
    if (!checkLabel(label))
      return;
    Frame &frame = frames[frames.size() - 1 - label];
    if (frame.brTable == brTableCount)
      continue;
    frame.brTable = brTableCount;
    ArrayRef<ValType> types = labelTypes(label);
    if (types.size() != arity)
      return fail("type mismatch: number of values of label " + Twine(label) +
                  ": " + Twine(types.size()) +
                  ", of the default label: " + Twine(arity));
    checkTop(types);
  }
  setUnreachable();
}

void CodeValidator::validateBrOnNull(uint32_t label) {
  ValType type = popRef();
  pop(labelTypes(label));
  push(labelTypes(label));
  push(ValType::ref(type.heap, false));
}

void CodeValidator::validateBrOnNonNull(uint32_t label) {
  ArrayRef<ValType> types = labelTypes(label);
  if (types.empty() || !types.back().isRef())
    return fail("type mismatch: the label takes no reference");
  pop(ValType::ref(types.back().heap, true));
  pop(types.drop_back());
  push(types.drop_back());
}

/// Core 3.0, 3.4.2 Control Instructions, br_on_cast and br_on_cast_fail. What
/// is left after a cast to a nullable type failed is not null.
void CodeValidator::validateBrOnCast(const Instruction &instruction) {
  ValType source = instruction.type;
  ValType target = instruction.type2;
  if (!matches(module, target, source))
    return mismatch(source, target);
  ArrayRef<ValType> types = labelTypes(instruction.index);
  if (types.empty())
    return fail("type mismatch: the label takes no reference");
  ValType rest = ValType::ref(source.heap, source.nullable && !target.nullable);
  bool branchesOnFail = instruction.opcode == Opcode::BrOnCastFail;
  ValType branching = branchesOnFail ? rest : target;
  if (!matches(module, branching, types.back()))
    return mismatch(types.back(), branching);
  pop(source);
  pop(types.drop_back());
  push(types.drop_back());
  push(branchesOnFail ? target : rest);
}

void CodeValidator::validateCall(const FuncType &type) {
  pop(type.params);
  push(type.results);
}

void CodeValidator::validateReturnCall(const FuncType &type) {
  checkMatch(type.results, returnTypes());
  pop(type.params);
  setUnreachable();
}

/// Core 3.0, 3.4.2 Control Instructions, catch clauses: their labels are
/// counted from outside of the block.
void CodeValidator::validateTryTable(const Instruction &instruction) {
  for (const Catch &clause : instruction.catches) {
    bool hasTag = clause.kind == Catch::One || clause.kind == Catch::OneRef;
    bool hasRef = clause.kind == Catch::OneRef || clause.kind == Catch::AllRef;
    if (hasTag)
      checkIndex(clause.tag, module.tags.size(), "tag");
    if (failed() || !checkLabel(clause.label))
      return;
    SmallVector<ValType, 8> types;
    if (hasTag)
      llvm::append_range(
          types, module.types[module.tags[clause.tag].typeIndex].func.params);
    if (hasRef)
      types.push_back(ValType::ref(AbstractHeap::Exn, false));
    checkMatch(types, labelTypes(clause.label));
  }
  if (!failed())
    validateBlock(instruction);
}

// exception-handling-legacy.md, Control flow operators.

void CodeValidator::validateCatch(uint32_t tag) {
  Opcode opcode = frames.back().opcode;
  if (opcode != Opcode::Try && opcode != Opcode::Catch)
    return fail("catch without try");
  finishFrame();
  restartFrame(Opcode::Catch);
  push(module.types[module.tags[tag].typeIndex].func.params);
}

void CodeValidator::validateCatchAll() {
  Opcode opcode = frames.back().opcode;
  if (opcode != Opcode::Try && opcode != Opcode::Catch)
    return fail("catch_all without try");
  finishFrame();
  restartFrame(Opcode::CatchAll);
}

/// Ends a try; its label is counted from outside of it.
void CodeValidator::validateDelegate(uint32_t label) {
  if (frames.back().opcode != Opcode::Try)
    return fail("delegate without try");
  checkIndex(label, frames.size() - 1, "label");
  validateEnd();
}

void CodeValidator::validateRethrow(uint32_t label) {
  Opcode opcode = frames[frames.size() - 1 - label].opcode;
  if (opcode != Opcode::Catch && opcode != Opcode::CatchAll)
    return fail("invalid rethrow label");
  setUnreachable();
}

/// Core 3.0, 3.4.1 Parametric Instructions, select: without a type only of
/// numbers and vectors.
void CodeValidator::validateSelect() {
  pop(ValType::I32);
  ValType second = pop();
  ValType first = pop();
  if (first.isRef() || second.isRef())
    return fail("type mismatch: select of references needs a type");
  if (first.kind == ValType::Bottom)
    return push(second);
  if (second.kind != ValType::Bottom && first != second)
    return mismatch(first, second);
  push(first);
}

void CodeValidator::validateLocalGet(uint32_t index) {
  ValType type = locals[index];
  if (LLVM_UNLIKELY(!type.isDefaultable()) && !initialized.contains(index)) {
    bool isParam = index < frames.front().signature.params().size();
    if (!isParam)
      return fail("uninitialized local " + Twine(index));
  }
  push(type);
}

void CodeValidator::validateLocalSet(uint32_t index) {
  ValType type = locals[index];
  pop(type);
  if (LLVM_UNLIKELY(!type.isDefaultable()) && initialized.insert(index).second)
    initializations.push_back(index);
}

void CodeValidator::validateRefFunc(uint32_t index) {
  if (!isConstant && (index >= module.declaredFunctions.size() ||
                      !module.declaredFunctions[index]))
    return fail("undeclared function reference to function " + Twine(index));
  push(ValType::ref(HeapType::concrete(module.functions[index].typeIndex),
                    false));
}

// Bodies.

/// The fault at \p offset of a function's body.
static Error errorIn(const Module &module, uint32_t function, uint64_t offset,
                     std::string text) {
  return llvm::make_error<InputError>(
      Location{offset, function, module.functionName(function).str()},
      std::move(text));
}

/// Adds the function to an error of the reader.
static Error inFunction(const Module &module, uint32_t function, Error error) {
  return llvm::handleErrors(std::move(error), [&](const InputError &inner) {
    return errorIn(module, function, *inner.location.offset, inner.text);
  });
}

/// Checks the local declarations' types and the number of all locals.
static std::string faultOfLocals(const Module &module,
                                 const FeatureSet &features,
                                 const FuncType &type,
                                 ArrayRef<LocalRun> runs) {
  uint32_t typeCount = static_cast<uint32_t>(module.types.size());
  size_t total = type.params.size();
  for (const LocalRun &run : runs) {
    std::string fault = faultOf(run.type, typeCount, features);
    if (!fault.empty())
      return fault;
    total += run.count;
  }
  if (total > limits::locals)
    return "too many locals: " + std::to_string(total) + ", at most " +
           std::to_string(limits::locals) + " are supported";
  return {};
}

/// Core 3.0, 3.5.6 Functions.
static Error validateFunction(const Module &module, const FeatureSet &features,
                              uint32_t index) {
  const Function &function = module.functions[index];
  const FuncType &type = module.funcType(index);
  Expected<FunctionBody> body = readFunctionBody(function);
  if (!body)
    return inFunction(module, index, body.takeError());
  std::string localsFault = faultOfLocals(module, features, type, body->locals);
  if (!localsFault.empty())
    return errorIn(module, index, function.body.offset, std::move(localsFault));

  CodeValidator validator(
      module, features, type,
      LocalTypes(type, body->locals, body->code.bytes.size()));
  InstructionReader reader(body->code);
  Instruction instruction;
  while (!validator.isFinished()) {
    if (Error error = reader.read(instruction))
      return inFunction(module, index, std::move(error));
    validator.validate(instruction);
    if (LLVM_UNLIKELY(validator.failed()))
      return errorIn(module, index, instruction.offset, validator.faultText());
  }
  if (!reader.atEnd())
    return errorIn(module, index, reader.offset(),
                   "unexpected content after the end of the function");
  return Error::success();
}

Error moat::validateFunctions(const Module &module, const FeatureSet &features,
                              uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; ++i) {
    if (module.functions[i].import)
      continue;
    if (Error error = validateFunction(module, features, i))
      return error;
  }
  return Error::success();
}
