// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The rules of structures, arrays and casts (Core 3.0, 3.4.6 Reference
// Instructions and 3.4.7 Aggregate Reference Instructions).

#include "Validate/Code.h"
#include "Validate/Matching.h"
#include "Wasm/Limits.h"

using namespace moat;

void CodeValidator::validateAggregate(const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::StructNew:
  case Opcode::StructNewDefault:
    return validateStructNew(instruction);
  case Opcode::StructGet:
  case Opcode::StructGetS:
  case Opcode::StructGetU:
    return validateStructGet(instruction);
  case Opcode::StructSet:
    return validateStructSet(instruction);
  case Opcode::ArrayNew:
  case Opcode::ArrayNewDefault:
    return validateArrayNew(instruction);
  case Opcode::ArrayNewFixed:
    return validateArrayNewFixed(instruction);
  case Opcode::ArrayNewData:
  case Opcode::ArrayNewElem:
  case Opcode::ArrayInitData:
  case Opcode::ArrayInitElem:
    return validateArrayFromSegment(instruction);
  case Opcode::ArrayGet:
  case Opcode::ArrayGetS:
  case Opcode::ArrayGetU:
    return validateArrayGet(instruction);
  case Opcode::ArraySet:
  case Opcode::ArrayFill:
    return validateArrayWrite(instruction);
  case Opcode::ArrayCopy:
    return validateArrayCopy(instruction);
  case Opcode::RefTest:
  case Opcode::RefTestNull:
    return validateCast(instruction.type, ValType::I32);
  case Opcode::RefCast:
  case Opcode::RefCastNull:
    return validateCast(instruction.type, instruction.type);
  case Opcode::AnyConvertExtern:
    return validateConvert(AbstractHeap::Extern, AbstractHeap::Any);
  case Opcode::ExternConvertAny:
    return validateConvert(AbstractHeap::Any, AbstractHeap::Extern);
  default:
    llvm_unreachable("an opcode with a special signature and no rule");
  }
}

/// The type at an index that is known to exist, if it is of this kind.
const SubType *CodeValidator::typeAt(uint32_t index, SubType::Kind kind,
                                     const char *what) {
  if (module.types[index].kind == kind)
    return &module.types[index];
  fail("type mismatch: type " + Twine(index) + " is not " + what);
  return nullptr;
}

const FieldType *CodeValidator::fieldAt(const Instruction &instruction,
                                        const SubType &type) {
  checkIndex(instruction.index2, type.fields.size(), "field");
  return failed() ? nullptr : &type.fields[instruction.index2];
}

static ValType reference(uint32_t typeIndex, bool nullable) {
  return ValType::ref(HeapType::concrete(typeIndex), nullable);
}

void CodeValidator::validateStructNew(const Instruction &instruction) {
  const SubType *type =
      typeAt(instruction.index, SubType::Struct, "a structure");
  if (!type)
    return;
  bool isDefault = instruction.opcode == Opcode::StructNewDefault;
  for (const FieldType &field : llvm::reverse(type->fields)) {
    if (!isDefault)
      pop(field.type);
    else if (!field.type.isDefaultable())
      fail("type mismatch: " + toString(field.type) + " has no default value");
  }
  push(reference(instruction.index, false));
}

/// A packed field is read with a sign or without one, another one plainly.
void CodeValidator::checkPacking(const FieldType &field, Opcode opcode) {
  bool isPlain = opcode == Opcode::StructGet || opcode == Opcode::ArrayGet;
  bool isPacked = field.packed != FieldType::Unpacked;
  if (isPlain && isPacked)
    fail("type mismatch: a packed field is read with _s or _u");
  if (!isPlain && !isPacked)
    fail("type mismatch: only a packed field is read with _s or _u");
}

void CodeValidator::validateStructGet(const Instruction &instruction) {
  const SubType *type =
      typeAt(instruction.index, SubType::Struct, "a structure");
  const FieldType *field = type ? fieldAt(instruction, *type) : nullptr;
  if (!field)
    return;
  checkPacking(*field, instruction.opcode);
  pop(reference(instruction.index, true));
  push(field->type);
}

void CodeValidator::validateStructSet(const Instruction &instruction) {
  const SubType *type =
      typeAt(instruction.index, SubType::Struct, "a structure");
  const FieldType *field = type ? fieldAt(instruction, *type) : nullptr;
  if (!field)
    return;
  if (!field->isMutable)
    fail("immutable field");
  pop(field->type);
  pop(reference(instruction.index, true));
}

void CodeValidator::validateArrayNew(const Instruction &instruction) {
  const SubType *type = typeAt(instruction.index, SubType::Array, "an array");
  if (!type)
    return;
  ValType element = type->fields.front().type;
  pop(ValType::I32);
  if (instruction.opcode == Opcode::ArrayNew)
    pop(element);
  else if (!element.isDefaultable())
    fail("type mismatch: " + toString(element) + " has no default value");
  push(reference(instruction.index, false));
}

void CodeValidator::validateArrayNewFixed(const Instruction &instruction) {
  const SubType *type = typeAt(instruction.index, SubType::Array, "an array");
  if (!type)
    return;
  if (instruction.index2 > limits::arrayNewFixed)
    return fail("array.new_fixed of more than " + Twine(limits::arrayNewFixed) +
                " elements is not supported");
  for (uint32_t i = 0; i < instruction.index2; ++i)
    pop(type->fields.front().type);
  push(reference(instruction.index, false));
}

/// array.new_data, array.new_elem: an offset and a length; array.init_data,
/// array.init_elem: an array and an index in front of them.
void CodeValidator::validateArrayFromSegment(const Instruction &instruction) {
  const SubType *type = typeAt(instruction.index, SubType::Array, "an array");
  if (!type)
    return;
  const FieldType &element = type->fields.front();
  bool isInit = instruction.opcode == Opcode::ArrayInitData ||
                instruction.opcode == Opcode::ArrayInitElem;
  bool isData = instruction.opcode == Opcode::ArrayNewData ||
                instruction.opcode == Opcode::ArrayInitData;
  if (isInit && !element.isMutable)
    return fail("immutable array");
  if (isData && element.type.isRef())
    return fail("array type is not numeric or vector");
  if (!isData) {
    ValType segment = module.elements[instruction.index2].type;
    if (element.packed != FieldType::Unpacked ||
        !matches(module, segment, element.type))
      return mismatch(element.type, segment);
  }
  pop(ValType::I32);
  pop(ValType::I32);
  if (!isInit)
    return push(reference(instruction.index, false));
  pop(ValType::I32);
  pop(reference(instruction.index, true));
}

void CodeValidator::validateArrayGet(const Instruction &instruction) {
  const SubType *type = typeAt(instruction.index, SubType::Array, "an array");
  if (!type)
    return;
  checkPacking(type->fields.front(), instruction.opcode);
  pop(ValType::I32);
  pop(reference(instruction.index, true));
  push(type->fields.front().type);
}

/// array.set, and array.fill, which has a length as well.
void CodeValidator::validateArrayWrite(const Instruction &instruction) {
  const SubType *type = typeAt(instruction.index, SubType::Array, "an array");
  if (!type)
    return;
  if (!type->fields.front().isMutable)
    fail("immutable array");
  if (instruction.opcode == Opcode::ArrayFill)
    pop(ValType::I32);
  pop(type->fields.front().type);
  pop(ValType::I32);
  pop(reference(instruction.index, true));
}

void CodeValidator::validateArrayCopy(const Instruction &instruction) {
  const SubType *target = typeAt(instruction.index, SubType::Array, "an array");
  const SubType *source =
      typeAt(instruction.index2, SubType::Array, "an array");
  if (!target || !source)
    return;
  if (!target->fields.front().isMutable)
    fail("immutable array");
  if (!matchesStorage(module, source->fields.front(), target->fields.front()))
    fail("array types do not match");
  pop(ValType::I32);
  pop(ValType::I32);
  pop(reference(instruction.index2, true));
  pop(ValType::I32);
  pop(reference(instruction.index, true));
}

/// The greatest type of a reference's hierarchy.
static AbstractHeap topOf(const Module &module, HeapType heap) {
  for (AbstractHeap top :
       {AbstractHeap::Func, AbstractHeap::Extern, AbstractHeap::Exn})
    if (matches(module, heap, top))
      return top;
  return AbstractHeap::Any;
}

/// ref.test and ref.cast: the operand is of any type of the target's hierarchy.
void CodeValidator::validateCast(ValType target, ValType result) {
  pop(ValType::ref(topOf(module, target.heap), true));
  push(result);
}

/// Core 3.0, 3.4.9 External Reference Instructions, any.convert_extern and
/// extern.convert_any: null stays null, so what is not null stays so.
void CodeValidator::validateConvert(AbstractHeap from, AbstractHeap to) {
  ValType type = popRef();
  if (type.isRef() && !matches(module, type.heap, from))
    return mismatch(ValType::ref(from, true), type);
  push(ValType::ref(to, type.nullable));
}
