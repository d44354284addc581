// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// One function body from its bytes to LLVM IR: locals, the walk over the
// instructions, the dispatch to the families, and dead code.

#include "Lower/FunctionLowering.h"

using namespace moat;

FunctionLowering::FunctionLowering(ModuleLowering &lowering,
                                   llvm::Function *function)
    : m(lowering), function(function), b(lowering.context) {}

void moat::lowerFunction(ModuleLowering &lowering, uint32_t functionIndex,
                         llvm::Function *function) {
  FunctionLowering(lowering, function).lowerBody(functionIndex);
}

llvm::Value *moat::lowerConstantExpression(ModuleLowering &lowering, Builder &b,
                                           Range expression) {
  if (llvm::Constant *constant = lowering.constantValue(expression))
    return constant;
  llvm::BasicBlock *block = b.GetInsertBlock();
  llvm::Value *value = FunctionLowering(lowering, block->getParent())
                           .lowerExpression(expression, block);
  b.SetInsertPoint(block);
  return value;
}

void FunctionLowering::lowerBody(uint32_t functionIndex) {
  type = &m.module.funcType(functionIndex);
  FunctionBody body =
      llvm::cantFail(readFunctionBody(m.module.functions[functionIndex]));
  if (functionIndex < m.module.branchHints.size())
    hints = m.module.branchHints[functionIndex];
  bodyOffset = m.module.functions[functionIndex].body.offset;
  b.SetInsertPoint(createBlock());
  createLocals(*type, body);
  if (m.summary.hasExceptions &&
      m.callingConvention == llvm::CallingConv::Tail) {
    savedStack = b.CreateAlloca(m.ptr);
    b.CreateStore(b.CreateStackSave(), savedStack, /*isVolatile=*/true);
  }

  Frame &outermost = frames.emplace_back();
  outermost.kind = Frame::Function;
  lowerCode(body.code);
  if (isReachable)
    m.emitReturn(b, *type, operands);
}

llvm::Value *FunctionLowering::lowerExpression(Range expression,
                                               llvm::BasicBlock *&block) {
  isConstantExpression = true;
  b.SetInsertPoint(block);
  InstructionReader reader(expression);
  Instruction instruction;
  for (reader.readValidated(instruction); instruction.opcode != Opcode::End;
       reader.readValidated(instruction))
    lowerInstruction(instruction);
  block = b.GetInsertBlock();
  return pop();
}

/// Parameters and declared locals become slots; locals begin as zero or null
/// (Core 3.0, 4.4.10, default values).
void FunctionLowering::createLocals(const FuncType &type,
                                    const FunctionBody &body) {
  llvm::Argument *argument = function->arg_begin() + (m.isProcess() ? 0 : 1);
  for (ValType param : type.params) {
    localTypes.push_back(param);
    locals.push_back(b.CreateAlloca(m.type(param)));
  }
  for (const LocalRun &run : body.locals)
    for (uint32_t i = 0; i < run.count; ++i) {
      localTypes.push_back(run.type);
      locals.push_back(b.CreateAlloca(m.type(run.type)));
    }
  for (size_t i = 0; i < locals.size(); ++i) {
    bool isParam = i < type.params.size();
    b.CreateStore(isParam ? static_cast<llvm::Value *>(argument++)
                          : zero(localTypes[i]),
                  locals[i]);
  }
}

void FunctionLowering::lowerCode(Range code) {
  InstructionReader reader(code);
  Instruction instruction;
  while (!reader.atEnd()) {
    if (!isReachable) {
      skipUnreachable(reader);
      continue;
    }
    reader.readValidated(instruction);
    lowerInstruction(instruction);
  }
}

/// Passes over the rest of the innermost block, up to its `else` or `end`,
/// which is then lowered: it may make code reachable again.
void FunctionLowering::skipUnreachable(InstructionReader &reader) {
  Instruction instruction;
  for (uint32_t depth = 0;;) {
    reader.readValidated(instruction);
    switch (instruction.opcode) {
    case Opcode::Block:
    case Opcode::Loop:
    case Opcode::If:
    case Opcode::TryTable:
    case Opcode::Try:
      ++depth;
      break;
    case Opcode::Else:
      if (depth == 0)
        return lowerElse(instruction);
      break;
    case Opcode::Catch:
      if (depth == 0)
        return lowerCatch(instruction);
      break;
    case Opcode::CatchAll:
      if (depth == 0)
        return lowerCatchAll(instruction);
      break;
    case Opcode::Delegate:
      if (depth-- == 0)
        return lowerDelegate(instruction);
      break;
    case Opcode::End:
      if (depth-- == 0)
        return lowerEnd(instruction);
      break;
    default:
      break;
    }
  }
}

void FunctionLowering::lowerInstruction(const Instruction &instruction) {
  switch (instruction.opcode) {
#define OP(name, text, prefix, sub, immediates, signature, feature, family)    \
  MOAT_FAMILY_##family(case Opcode::name : return lower##name(instruction);)
#include "Wasm/Opcodes.def"
  default:
    llvm_unreachable(
        "an instruction of a feature that is not built was validated");
  }
}

FunctionLowering::Values FunctionLowering::popMany(size_t count) {
  Values values(operands.end() - count, operands.end());
  operands.truncate(operands.size() - count);
  return values;
}

llvm::Value *FunctionLowering::zero(ValType type) const {
  return llvm::Constant::getNullValue(m.type(type));
}

llvm::BasicBlock *FunctionLowering::createBlock() {
  return llvm::BasicBlock::Create(m.context, "", function);
}
