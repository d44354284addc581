// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Constant expressions (Core 3.0, 3.4.13 Expressions): a few instructions,
// typed like any others.

#include "Validate/Code.h"
#include "Validate/Matching.h"

using namespace moat;

/// Core 3.0, 3.4.13 Expressions, but for global.get.
static bool isConstantInstruction(Opcode opcode, const FeatureSet &features) {
  switch (opcode) {
  case Opcode::End:
  case Opcode::I32Const:
  case Opcode::I64Const:
  case Opcode::F32Const:
  case Opcode::F64Const:
  case Opcode::V128Const:
  case Opcode::RefNull:
  case Opcode::RefFunc:
  case Opcode::RefI31:
  case Opcode::StructNew:
  case Opcode::StructNewDefault:
  case Opcode::ArrayNew:
  case Opcode::ArrayNewDefault:
  case Opcode::ArrayNewFixed:
  case Opcode::AnyConvertExtern:
  case Opcode::ExternConvertAny:
  case Opcode::GlobalGet:
    return true;
  case Opcode::I32Add:
  case Opcode::I32Sub:
  case Opcode::I32Mul:
  case Opcode::I64Add:
  case Opcode::I64Sub:
  case Opcode::I64Mul:
    return features.has(Feature::ExtendedConst);
  default:
    return false;
  }
}

/// What forbids an instruction here, whatever its operands; empty if nothing
/// does.
static std::string faultIn(const Module &module, const FeatureSet &features,
                           const Instruction &instruction,
                           uint32_t globalCount) {
  std::string notConstant = "constant expression required";
  if (!isConstantInstruction(instruction.opcode, features))
    return notConstant + ": " + std::string(info(instruction.opcode).text) +
           " is not constant";
  if (instruction.opcode != Opcode::GlobalGet)
    return {};
  // Before 3.0 only imported globals had a value by then.
  if (!features.has(Feature::GC))
    globalCount = std::min(globalCount, module.importedGlobalCount);
  if (instruction.index >= globalCount)
    return "unknown global " + std::to_string(instruction.index);
  if (module.globals[instruction.index].type.isMutable)
    return notConstant + ": global " + std::to_string(instruction.index) +
           " is mutable";
  return {};
}

Error moat::validateConstExpr(const Module &module, const FeatureSet &features,
                              Range expr, ValType type, uint32_t globalCount) {
  CodeValidator validator(module, features, type);
  InstructionReader reader(expr);
  Instruction instruction;
  while (!validator.isFinished()) {
    if (Error error = reader.read(instruction))
      return error;
    std::string fault = faultIn(module, features, instruction, globalCount);
    if (!fault.empty())
      return errorAt(instruction.offset, fault);
    validator.validate(instruction);
    if (validator.failed())
      return errorAt(instruction.offset, validator.faultText());
  }
  assert(reader.atEnd() && "the decoder found another end");
  return Error::success();
}
