// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The operand stack and the control stack (Core 3.0, appendix A.5 Validation
// Algorithm). Operands of a frame begin at its height; below an unreachable
// point there are as many of any type as are asked for.

#include "Validate/Code.h"
#include "Validate/Matching.h"
#include "Wasm/Limits.h"

using namespace moat;

CodeValidator::CodeValidator(const Module &module, const FeatureSet &features,
                             const FuncType &type, LocalTypes locals)
    : module(module), features(features), isConstant(false),
      locals(std::move(locals)) {
  frames.push_back(
      {.opcode = Opcode::Block, .signature = BlockSignature(type)});
}

CodeValidator::CodeValidator(const Module &module, const FeatureSet &features,
                             ValType result)
    : module(module), features(features), isConstant(true) {
  frames.push_back(
      {.opcode = Opcode::Block, .signature = BlockSignature(result)});
}

void CodeValidator::fail(const Twine &text) {
  if (!failed())
    fault = text.str();
}

LocalTypes::LocalTypes(const FuncType &type, ArrayRef<LocalRun> localRuns,
                       size_t bodySizeBytes)
    : spread(type.params) {
  size_t maxSpread = type.params.size() + bodySizeBytes;
  total = static_cast<uint32_t>(type.params.size());
  for (const LocalRun &run : localRuns) {
    total += run.count;
    size_t room = maxSpread - spread.size();
    spread.insert(spread.end(), std::min<size_t>(run.count, room), run.type);
  }
  if (spread.size() == total)
    return;
  uint32_t end = static_cast<uint32_t>(type.params.size());
  for (const LocalRun &run : localRuns) {
    end += run.count;
    runs.push_back({end, run.type});
  }
}

ValType LocalTypes::findInRuns(uint32_t index) const {
  auto isBehind = [](uint32_t index, const RunEnd &run) {
    return index < run.end;
  };
  return std::upper_bound(runs.begin(), runs.end(), index, isBehind)->type;
}

void CodeValidator::failStackLimit() {
  fail("more than " + Twine(limits::operandStack) +
       " operands on the stack are not supported");
}

void CodeValidator::push(ValType type) {
  if (LLVM_UNLIKELY(operands.size() >= limits::operandStack))
    return failStackLimit();
  operands.push_back(type);
}

void CodeValidator::push(ArrayRef<ValType> types) {
  if (LLVM_UNLIKELY(operands.size() + types.size() > limits::operandStack))
    return failStackLimit();
  operands.insert(operands.end(), types.begin(), types.end());
}

ValType CodeValidator::pop() {
  const Frame &frame = frames.back();
  if (LLVM_LIKELY(operands.size() > frame.height)) {
    ValType type = operands.back();
    operands.pop_back();
    return type;
  }
  if (!frame.isUnreachable)
    mismatchEmpty("a value");
  return ValType::Bottom;
}

void CodeValidator::pop(ValType expected) {
  const Frame &frame = frames.back();
  if (LLVM_UNLIKELY(operands.size() == frame.height)) {
    if (!frame.isUnreachable)
      mismatchEmpty(describe(expected));
    return;
  }
  ValType found = operands.back();
  operands.pop_back();
  if (LLVM_UNLIKELY(!matches(module, found, expected)))
    mismatch(expected, found);
}

void CodeValidator::pop(ArrayRef<ValType> expected) {
  checkTop(expected);
  size_t present = operands.size() - frames.back().height;
  operands.resize(operands.size() - std::min(present, expected.size()));
}

ValType CodeValidator::popRef() {
  ValType type = pop();
  if (type.kind == ValType::Bottom)
    return ValType::ref(bottomHeap, /*nullable=*/false);
  if (!type.isRef())
    fail("type mismatch: expected a reference, found " + describe(type));
  return type;
}

/// Checks what a pop of \p expected would check, and pops nothing.
void CodeValidator::checkTop(ArrayRef<ValType> expected) {
  const Frame &frame = frames.back();
  size_t present = operands.size() - frame.height;
  for (size_t i = 0; i < expected.size(); ++i) {
    ValType type = expected[expected.size() - 1 - i];
    if (i >= present) {
      if (!frame.isUnreachable)
        mismatchEmpty(describe(type));
      return;
    }
    ValType found = operands[operands.size() - 1 - i];
    if (!matches(module, found, type))
      mismatch(type, found);
  }
}

void CodeValidator::checkMatch(ArrayRef<ValType> sub, ArrayRef<ValType> super) {
  if (sub.size() != super.size())
    return fail("type mismatch: number of values: expected " +
                Twine(super.size()) + ", found " + Twine(sub.size()));
  for (size_t i = 0; i < sub.size(); ++i)
    if (!matches(module, sub[i], super[i]))
      mismatch(super[i], sub[i]);
}

void CodeValidator::mismatch(ValType expected, ValType found) {
  fail("type mismatch: expected " + describe(expected) + ", found " +
       describe(found));
}

void CodeValidator::mismatchEmpty(const Twine &expected) {
  fail("type mismatch: expected " + expected + ", but nothing is on the stack");
}

void CodeValidator::setUnreachable() {
  Frame &frame = frames.back();
  operands.resize(frame.height);
  frame.isUnreachable = true;
}

void CodeValidator::pushFrame(Opcode opcode, const BlockSignature &signature) {
  frames.push_back(
      {.opcode = opcode,
       .signature = signature,
       .height = static_cast<uint32_t>(operands.size()),
       .initHeight = static_cast<uint32_t>(initializations.size())});
  push(signature.params());
}

void CodeValidator::finishFrame() {
  const Frame &frame = frames.back();
  pop(frame.signature.results());
  if (operands.size() != frame.height)
    fail("type mismatch: values left over at the end of the block: " +
         Twine(operands.size() - frame.height));
  operands.resize(frame.height);
  // What a block has set is set no more behind it.
  while (initializations.size() > frame.initHeight) {
    initialized.erase(initializations.back());
    initializations.pop_back();
  }
}

/// Begins the next part of the innermost block, such as its `else`.
void CodeValidator::restartFrame(Opcode opcode) {
  Frame &frame = frames.back();
  frame.opcode = opcode;
  frame.isUnreachable = false;
}

ArrayRef<ValType> CodeValidator::labelTypes(uint32_t label) const {
  const Frame &frame = frames[frames.size() - 1 - label];
  if (frame.opcode == Opcode::Loop)
    return frame.signature.params();
  return frame.signature.results();
}
