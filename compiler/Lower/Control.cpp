// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Control instructions (Core 3.0, 4.6.2 and 4.6.11): blocks, branches, calls.
//
// A label's basic block and the phis for the values that branches pass it are
// made when the first branch asks for them; a block that nobody branches out of
// leaves no trace.

#include "Lower/FunctionLowering.h"
#include "llvm/IR/MDBuilder.h"

using namespace moat;

ArrayRef<ValType> FunctionLowering::parameters(const Frame &frame) const {
  if (frame.type.kind != BlockType::Index)
    return {};
  return m.module.types[frame.type.typeIndex].func.params;
}

ArrayRef<ValType> FunctionLowering::results(const Frame &frame) const {
  if (frame.kind == Frame::Function)
    return type->results;
  switch (frame.type.kind) {
  case BlockType::Empty:
    return {};
  case BlockType::Value:
    return frame.type.value;
  case BlockType::Index:
    return m.module.types[frame.type.typeIndex].func.results;
  }
  llvm_unreachable("covered switch");
}

/// What a branch to the frame's label passes: a loop's parameters, else the
/// results.
ArrayRef<ValType> FunctionLowering::labelTypes(const Frame &frame) const {
  return frame.kind == Frame::Loop ? parameters(frame) : results(frame);
}

void FunctionLowering::openFrame(Frame::Kind kind, const BlockType &type) {
  Frame &frame = frames.emplace_back();
  frame.kind = kind;
  frame.type = type;
  frame.height = operands.size() - parameters(frame).size();
}

/// The basic block of a frame's label, with a phi for each value that is passed
/// to it.
llvm::BasicBlock *FunctionLowering::labelTarget(Frame &frame) {
  if (frame.target)
    return frame.target;
  frame.target = createBlock();
  Builder phis(frame.target);
  for (ValType type : labelTypes(frame)) {
    frame.phis.push_back(phis.CreatePHI(m.type(type), 2));
    noteType(frame.phis.back(), type);
  }
  return frame.target;
}

/// Adds \p values as what the current block passes to the label.
void FunctionLowering::passTo(Frame &frame, ArrayRef<llvm::Value *> values) {
  for (auto [phi, value] : llvm::zip_equal(frame.phis, values))
    phi->addIncoming(value, b.GetInsertBlock());
}

/// Branches with the topmost operands, which stay on the stack.
void FunctionLowering::branchTo(Frame &frame) {
  llvm::BasicBlock *target = labelTarget(frame);
  b.CreateBr(target);
  passTo(frame, ArrayRef(operands).take_back(frame.phis.size()));
}

/// What the producer said of an `if` or `br_if` (branch-hinting.md), or null.
llvm::MDNode *
FunctionLowering::branchWeights(const Instruction &instruction) const {
  const BranchHint *hint =
      llvm::partition_point(hints, [&](const BranchHint &each) {
        return bodyOffset + each.bodyOffset < instruction.offset;
      });
  if (hint == hints.end() ||
      bodyOffset + hint->bodyOffset != instruction.offset)
    return nullptr;
  llvm::MDBuilder metadata(m.context);
  return hint->isLikely ? metadata.createLikelyBranchWeights()
                        : metadata.createUnlikelyBranchWeights();
}

void FunctionLowering::lowerUnreachable(const Instruction &) {
  m.trap(b, TrapKind::Unreachable);
  terminate();
}

void FunctionLowering::lowerNop(const Instruction &) {}

void FunctionLowering::lowerBlock(const Instruction &instruction) {
  openFrame(Frame::Block, instruction.blockType);
}

void FunctionLowering::lowerLoop(const Instruction &instruction) {
  openFrame(Frame::Loop, instruction.blockType);
  Frame &frame = frames.back();
  branchTo(frame);
  b.SetInsertPoint(frame.target);
  operands.truncate(frame.height);
  operands.append(frame.phis.begin(), frame.phis.end());
}

void FunctionLowering::lowerIf(const Instruction &instruction) {
  llvm::Value *condition = truth(pop());
  openFrame(Frame::If, instruction.blockType);
  Frame &frame = frames.back();
  llvm::BasicBlock *then = createBlock();
  frame.otherwise = createBlock();
  frame.otherwiseValues.assign(operands.begin() + frame.height, operands.end());
  b.CreateCondBr(condition, then, frame.otherwise, branchWeights(instruction));
  b.SetInsertPoint(then);
}

void FunctionLowering::startElse() {
  Frame &frame = frames.back();
  if (isReachable)
    branchTo(frame);
  b.SetInsertPoint(frame.otherwise);
  operands.truncate(frame.height);
  operands.append(frame.otherwiseValues.begin(), frame.otherwiseValues.end());
  frame.kind = Frame::Else;
  isReachable = true;
}

void FunctionLowering::lowerElse(const Instruction &) { startElse(); }

void FunctionLowering::lowerEnd(const Instruction &) {
  if (frames.back().kind ==
      Frame::If) // `if` without `else`: the parameters are the results
    startElse();
  if (frames.back().kind == Frame::TryTable)
    lowerCatches();
  else if (frames.back().kind == Frame::Try ||
           frames.back().kind == Frame::Clause)
    lowerUnmatched();
  closeFrame();
}

/// At `end`: what follows is reachable if the block falls through or if
/// somebody branches to its label.
void FunctionLowering::closeFrame() {
  Frame &frame = frames.back();
  if (frame.kind != Frame::Loop && frame.target) {
    if (isReachable)
      branchTo(frame);
    b.SetInsertPoint(frame.target);
    operands.truncate(frame.height);
    operands.append(frame.phis.begin(), frame.phis.end());
    isReachable = true;
  }
  if (!isReachable)
    operands.truncate(frame.height);
  frames.pop_back();
}

void FunctionLowering::lowerBr(const Instruction &instruction) {
  branchTo(frameAt(instruction.index));
  terminate();
}

/// Branches with the topmost operands, which stay on the stack, if \p condition
/// holds.
void FunctionLowering::branchIf(llvm::Value *condition, Frame &frame,
                                llvm::MDNode *weights) {
  llvm::BasicBlock *taken = labelTarget(frame);
  llvm::BasicBlock *next = createBlock();
  b.CreateCondBr(condition, taken, next, weights);
  passTo(frame, ArrayRef(operands).take_back(frame.phis.size()));
  b.SetInsertPoint(next);
}

void FunctionLowering::lowerBrIf(const Instruction &instruction) {
  llvm::Value *condition = truth(pop());
  branchIf(condition, frameAt(instruction.index), branchWeights(instruction));
}

/// A switch. A label that is passed values is reached through a block of its
/// own, so that its phis have one incoming value however many cases lead there.
void FunctionLowering::lowerBrTable(const Instruction &instruction) {
  llvm::Value *index = pop();
  llvm::BasicBlock *origin = b.GetInsertBlock();
  llvm::DenseMap<uint32_t, llvm::BasicBlock *> entries;
  auto entry = [&](uint32_t label) {
    auto [place, isNew] = entries.try_emplace(label);
    if (!isNew)
      return place->second;
    Frame &frame = frameAt(label);
    llvm::BasicBlock *target = labelTarget(frame);
    if (!frame.phis.empty()) {
      target = createBlock();
      b.SetInsertPoint(target);
      branchTo(frame);
    }
    return place->second = target;
  };
  ArrayRef<uint32_t> cases = instruction.labels.drop_back();
  llvm::BasicBlock *fallback = entry(instruction.labels.back());
  SmallVector<llvm::BasicBlock *> targets;
  for (uint32_t label : cases)
    targets.push_back(entry(label));
  b.SetInsertPoint(origin);
  llvm::SwitchInst *branch = b.CreateSwitch(index, fallback, cases.size());
  for (auto [value, target] : llvm::enumerate(targets))
    if (target != fallback)
      branch->addCase(b.getInt32(value), target);
  terminate();
}

void FunctionLowering::lowerReturn(const Instruction &) {
  m.emitReturn(b, *type, ArrayRef(operands).take_back(type->results.size()));
  terminate();
}

void FunctionLowering::lowerCall(const Callee &callee, const FuncType &type) {
  Values arguments = popMany(type.params.size());
  Values results = m.call(b, callee, type, arguments, nullptr,
                          m.canThrow(callee) ? landingPad() : nullptr);
  for (auto [value, resultType] : llvm::zip_equal(results, type.results))
    noteType(value, resultType);
  operands.append(results);
}

void FunctionLowering::lowerCall(const Instruction &instruction) {
  lowerCall(m.places->callee(b, instruction.index),
            m.module.funcType(instruction.index));
}

/// Core 3.0, 4.6.11, call_indirect: the element must exist, be a function, and
/// be of a type that matches the expected one.
Callee FunctionLowering::indirectCallee(const Instruction &instruction) {
  uint32_t table = instruction.index2;
  llvm::Value *index = toAddress(pop(), tableIs64(table));
  return m.places->indirectCallee(b, table, index, instruction.index);
}

/// A function that is one of few is called by its name, so that it can be
/// inlined.
void FunctionLowering::lowerCallIndirect(const Instruction &instruction) {
  Callee callee = indirectCallee(instruction);
  const FuncType &type = m.module.types[instruction.index].func;
  llvm::Value *code = callee.function.getCallee();
  ArrayRef<uint32_t> few;
  if (m.options.optimizing && !llvm::isa<llvm::Function>(code))
    few = m.places->fewTargets(instruction.index2, instruction.index);
  if (few.empty())
    return lowerCall(callee, type);

  Values arguments = popMany(type.params.size());
  llvm::BasicBlock *end = createBlock();
  SmallVector<std::pair<llvm::BasicBlock *, Values>, 4> outcomes;
  auto callNow = [&](const Callee &called) {
    Values results = m.call(b, called, type, arguments, nullptr,
                            m.canThrow(called) ? landingPad() : nullptr);
    outcomes.push_back({b.GetInsertBlock(), results});
    b.CreateBr(end);
  };
  for (uint32_t function : few) {
    Callee known = m.places->callee(b, function);
    llvm::BasicBlock *isKnown = createBlock(), *next = createBlock();
    b.CreateCondBr(b.CreateICmpEQ(code, known.function.getCallee()), isKnown,
                   next);
    b.SetInsertPoint(isKnown);
    callNow(known);
    b.SetInsertPoint(next);
  }
  // What is left traps by being called.
  callNow(callee);
  b.SetInsertPoint(end);
  for (auto [i, resultType] : llvm::enumerate(type.results)) {
    llvm::PHINode *result =
        b.CreatePHI(outcomes[0].second[i]->getType(), outcomes.size());
    for (const auto &[block, results] : outcomes)
      result->addIncoming(results[i], block);
    noteType(result, resultType);
    operands.push_back(result);
  }
}
