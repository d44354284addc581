// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Exceptions (Core 3.0, 4.6.13 Control Instructions, throw, throw_ref,
// try_table) and their form before WebAssembly 3.0
// (exception-handling-legacy.md).
//
// Inside a try block calls are `invoke`, and lead to the block's landing pad,
// where the unwinder continues with the exception (abi::Exception *). From
// there, and from a `throw` in the block itself, code branches to the block's
// handler, which compares tags. What no clause takes goes on to the handler of
// the next try block outside, or, where there is none, to moat_throw, which
// unwinds the function. So nothing is paid where nothing is thrown.
//
// An exception lives in the garbage-collected heap.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// Of the frame whose handler takes exceptions thrown where \p depth frames are
/// open, or -1.
int FunctionLowering::handlerFrame(size_t depth) const {
  for (size_t i = depth; i-- > 0;)
    if (frames[i].kind == Frame::Try || frames[i].kind == Frame::TryTable)
      return int(i);
  return -1;
}

/// The block, and the phi for the exception, that a try block's exceptions go
/// to.
llvm::BasicBlock *FunctionLowering::handlerBlock(Frame &frame) {
  if (!frame.handler) {
    frame.handler = createBlock();
    frame.exception = Builder(frame.handler).CreatePHI(m.ptr, 2);
  }
  return frame.handler;
}

/// Where a call unwinds to; null: to the caller.
llvm::BasicBlock *FunctionLowering::landingPad() {
  int index = handlerFrame(frames.size());
  if (index < 0)
    return nullptr;
  Frame &frame = frames[index];
  if (frame.landing)
    return frame.landing;
  if (!function->hasPersonalityFn())
    function->setPersonalityFn(llvm::cast<llvm::Constant>(
        m.builtin(Builtin::personality).getCallee()));
  frame.landing = createBlock();
  Builder pad(frame.landing);
  auto *type = llvm::StructType::get(m.context, {m.ptr, m.i32});
  llvm::LandingPadInst *landed = pad.CreateLandingPad(type, 1);
  landed->addClause(llvm::ConstantPointerNull::get(m.ptr));
  if (savedStack)
    pad.CreateStackRestore(
        pad.CreateLoad(m.ptr, savedStack, /*isVolatile=*/true));
  llvm::Value *exception = pad.CreateExtractValue(landed, 0);
  llvm::BasicBlock *handler = handlerBlock(frame);
  pad.CreateBr(handler);
  llvm::cast<llvm::PHINode>(frame.exception)
      ->addIncoming(exception, frame.landing);
  return frame.landing;
}

/// Throws where the innermost \p depth frames of the control stack are open.
void FunctionLowering::throwFrom(size_t depth, llvm::Value *exception) {
  int index = handlerFrame(depth);
  if (index < 0) {
    b.CreateCall(m.builtin(Builtin::throw_exception), {exception});
    b.CreateUnreachable();
    return;
  }
  Frame &frame = frames[index];
  llvm::BasicBlock *handler = handlerBlock(frame);
  llvm::cast<llvm::PHINode>(frame.exception)
      ->addIncoming(exception, b.GetInsertBlock());
  b.CreateBr(handler);
}

const FuncType &FunctionLowering::tagType(uint32_t tag) const {
  return m.module.types[m.module.tags[tag].typeIndex].func;
}

static uint64_t payloadOffset(size_t index) {
  return sizeof(abi::Exception) + index * sizeof(abi::Value);
}

FunctionLowering::Values FunctionLowering::payload(llvm::Value *exception,
                                                   uint32_t tag) {
  Values values;
  for (auto [i, type] : llvm::enumerate(tagType(tag).params))
    values.push_back(m.loadField(b, m.type(type), exception, payloadOffset(i)));
  return values;
}

/// Goes on if \p exception is of \p tag, else in the block that is returned.
llvm::BasicBlock *FunctionLowering::testTag(llvm::Value *exception,
                                            uint32_t tag) {
  llvm::Value *found =
      m.loadField(b, m.ptr, exception, offsetof(abi::Exception, tag));
  llvm::BasicBlock *match = createBlock(), *others = createBlock();
  b.CreateCondBr(b.CreateICmpEQ(found, m.places->tag(b, tag)), match, others);
  b.SetInsertPoint(match);
  return others;
}

void FunctionLowering::lowerThrow(const Instruction &instruction) {
  const FuncType &type = tagType(instruction.index);
  llvm::Value *exception =
      m.callBuiltin(b, Builtin::exception_new,
                    {m.places->instance(b), m.places->tag(b, instruction.index),
                     b.getInt32(uint32_t(type.params.size()))});
  for (auto [i, value] : llvm::enumerate(popMany(type.params.size())))
    m.storeField(b, value, exception, payloadOffset(i));
  throwFrom(frames.size(), exception);
  terminate();
}

void FunctionLowering::lowerThrowRef(const Instruction &) {
  llvm::Value *exception = pop();
  m.trapIf(b, b.CreateIsNull(exception), TrapKind::NullExceptionReference);
  throwFrom(frames.size(), exception);
  terminate();
}

void FunctionLowering::lowerTryTable(const Instruction &instruction) {
  openFrame(Frame::TryTable, instruction.blockType);
  frames.back().catches.assign(instruction.catches.begin(),
                               instruction.catches.end());
}

/// At the `end` of a try_table: what became of exceptions inside of it. Its
/// clauses' labels are counted from outside.
void FunctionLowering::lowerCatches() {
  Frame &frame = frames.back();
  if (!frame.handler)
    return;
  llvm::BasicBlock *origin = b.GetInsertBlock();
  b.SetInsertPoint(frame.handler);
  bool isExhaustive = false;
  for (const Catch &clause : frame.catches) {
    bool hasTag = clause.kind == Catch::One || clause.kind == Catch::OneRef;
    bool hasRef = clause.kind == Catch::OneRef || clause.kind == Catch::AllRef;
    llvm::BasicBlock *others =
        hasTag ? testTag(frame.exception, clause.tag) : nullptr;
    Values values;
    if (hasTag)
      values = payload(frame.exception, clause.tag);
    if (hasRef)
      values.push_back(frame.exception);
    Frame &target = frames[frames.size() - 2 - clause.label];
    llvm::BasicBlock *label = labelTarget(target);
    b.CreateBr(label);
    passTo(target, values);
    isExhaustive = !hasTag;
    if (isExhaustive)
      break;
    b.SetInsertPoint(others);
  }
  if (!isExhaustive)
    throwFrom(frames.size() - 1, frame.exception);
  b.SetInsertPoint(origin);
}

// exception-handling-legacy.md.

void FunctionLowering::lowerTry(const Instruction &instruction) {
  openFrame(Frame::Try, instruction.blockType);
}

/// Ends the try block, or the clause before, and begins a clause where
/// exceptions arrive that no clause before took. False: there are none, and the
/// clause is not reached.
bool FunctionLowering::startClause() {
  Frame &frame = frames.back();
  if (isReachable)
    branchTo(frame);
  if (frame.kind == Frame::Try)
    frame.unmatched = frame.handler;
  frame.kind = Frame::Clause;
  operands.truncate(frame.height);
  isReachable = frame.unmatched != nullptr;
  if (isReachable)
    b.SetInsertPoint(frame.unmatched);
  return isReachable;
}

void FunctionLowering::lowerCatch(const Instruction &instruction) {
  if (!startClause())
    return;
  Frame &frame = frames.back();
  frame.unmatched = testTag(frame.exception, instruction.index);
  operands.append(payload(frame.exception, instruction.index));
}

void FunctionLowering::lowerCatchAll(const Instruction &) {
  if (startClause())
    frames.back().unmatched = nullptr;
}

/// At the `end` of a try: what no clause took goes on outwards.
void FunctionLowering::lowerUnmatched() {
  Frame &frame = frames.back();
  if (frame.kind == Frame::Try)
    frame.unmatched = frame.handler;
  delegateUnmatched(frames.size() - 1);
}

void FunctionLowering::delegateUnmatched(size_t depth) {
  Frame &frame = frames.back();
  if (!frame.unmatched)
    return;
  llvm::BasicBlock *origin = b.GetInsertBlock();
  b.SetInsertPoint(frame.unmatched);
  throwFrom(depth, frame.exception);
  b.SetInsertPoint(origin);
}

/// Exceptions of the block are thrown where the label's block is, counted from
/// outside: by its handler if it is a try block.
void FunctionLowering::lowerDelegate(const Instruction &instruction) {
  frames.back().unmatched = frames.back().handler;
  delegateUnmatched(frames.size() - 1 - instruction.index);
  closeFrame();
}

void FunctionLowering::lowerRethrow(const Instruction &instruction) {
  size_t clause = frames.size() - 1 - instruction.index;
  throwFrom(frames.size(), frames[clause].exception);
  terminate();
}
