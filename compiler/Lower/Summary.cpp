// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The summary of the whole module: one walk over every body, then facts flow
// from callees to callers until nothing changes. It repays what partitions hide
// from the optimizer.

#include "Decode/Instructions.h"
#include "Lower/Lower.h"

using namespace moat;

/// A body of this size takes the -O0 pipeline: some of LLVM's passes are worse
/// than linear.
static constexpr size_t oversizedBodyBytes = 512 << 10;
static constexpr size_t oversizedBlockCount = 30'000;
static constexpr size_t oversizedLocalCount = 10'000;

namespace {
class Summarizer {
public:
  explicit Summarizer(const Module &module) : module(module) {}
  ModuleSummary run();

private:
  void walkBody(uint32_t functionIndex);
  void walkInstruction(const Instruction &instruction, FunctionSummary &facts,
                       uint32_t caller);
  void walkExpression(Range expression);
  void numberGlobals();
  void addCaller(uint32_t callee, uint32_t caller);
  void propagate();

  const Module &module;
  ModuleSummary summary;
  std::vector<std::vector<uint32_t>> callers; ///< by callee
  std::vector<uint32_t> callersOfReferences;
};
} // namespace

static bool hasType(const Module &module, uint32_t function,
                    ArrayRef<ValType> params, ArrayRef<ValType> results) {
  const FuncType &type = module.funcType(function);
  return ArrayRef(type.params) == params && ArrayRef(type.results) == results;
}

/// Whether a value may be a reference to something in a heap.
static bool isCollected(const Module &module, ValType type) {
  if (!type.isRef())
    return false;
  if (type.heap.isConcrete())
    return module.types[type.heap.typeIndex()].kind != SubType::Func;
  return type.heap.abstract() != AbstractHeap::Func &&
         type.heap.abstract() != AbstractHeap::NoFunc;
}

/// See ModuleSummary::spawnsThreads.
static bool spawnsThreads(const Module &module) {
  const ValType i32{ValType::I32};
  auto isSpawn = [&](const Import &import) {
    return import.kind == ExternKind::Func && import.module == "wasi" &&
           import.field == "thread-spawn" &&
           hasType(module, import.index, {i32}, {i32});
  };
  auto isStart = [&](const Export &exported) {
    return exported.kind == ExternKind::Func &&
           exported.name == "wasi_thread_start" &&
           hasType(module, exported.index, {i32, i32}, {});
  };
  return !module.memories.empty() && llvm::any_of(module.imports, isSpawn) &&
         llvm::any_of(module.exports, isStart) &&
         llvm::all_of(module.memories,
                      [](const Memory &memory) {
                        return memory.type.limits.isShared && !memory.import;
                      }) &&
         llvm::none_of(module.globals,
                       [&](const Global &global) {
                         return isCollected(module, global.type.type);
                       }) &&
         llvm::none_of(module.tables,
                       [&](const Table &table) {
                         return isCollected(module, table.type.element);
                       }) &&
         llvm::none_of(module.elements, [&](const ElementSegment &segment) {
           return isCollected(module, segment.type);
         });
}

/// See ModuleSummary::isClosed.
static bool isClosed(const Module &module) {
  return llvm::all_of(module.imports, [](const Import &import) {
    return import.kind == ExternKind::Memory ||
           (import.kind == ExternKind::Func &&
            (import.module == "wasi_snapshot_preview1" ||
             import.module == "wasi_unstable" ||
             (import.module == "wasi" && import.field == "thread-spawn")));
  });
}

ModuleSummary moat::summarize(const Module &module) {
  return Summarizer(module).run();
}

ModuleSummary Summarizer::run() {
  summary.functions.resize(module.functions.size());
  summary.globalIsWritten.resize(module.globals.size());
  summary.tableIsChanged.resize(module.tables.size());
  callers.resize(module.functions.size());
  numberGlobals();
  summary.isClosed = isClosed(module);

  for (const ElementSegment &segment : module.elements) {
    for (uint32_t function : segment.functions)
      summary.functions[function].escapes = true;
    for (const Range &expression : segment.expressions)
      walkExpression(expression);
  }
  for (const Global &global : module.globals)
    walkExpression(global.init);
  for (const Table &table : module.tables)
    walkExpression(table.init);
  for (const Export &exported : module.exports)
    if (exported.kind == ExternKind::Func)
      summary.functions[exported.index].isExported = true;
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    if (module.functions[i].import)
      summary.functions[i].callsOut = true;
    else
      walkBody(i);
  }
  summary.spawnsThreads = spawnsThreads(module);
  propagate();
  return std::move(summary);
}

/// References are left out: the collector reads them.
void Summarizer::numberGlobals() {
  constexpr uint8_t maxCount = 64;
  uint8_t count = 0;
  for (const Global &global : module.globals) {
    std::optional<uint8_t> &bit = summary.globalBits.emplace_back();
    if (count < maxCount && global.type.isMutable && !global.import &&
        !global.type.type.isRef())
      bit = count++;
  }
}

void Summarizer::addCaller(uint32_t callee, uint32_t caller) {
  if (callers[callee].empty() || callers[callee].back() != caller)
    callers[callee].push_back(caller);
}

void Summarizer::walkExpression(Range expression) {
  if (expression.bytes.empty())
    return;
  InstructionReader reader(expression);
  Instruction instruction;
  while (!reader.atEnd()) {
    reader.readValidated(instruction);
    if (instruction.opcode == Opcode::RefFunc)
      summary.functions[instruction.index].escapes = true;
  }
}

void Summarizer::walkBody(uint32_t functionIndex) {
  FunctionSummary &facts = summary.functions[functionIndex];
  FunctionBody body =
      llvm::cantFail(readFunctionBody(module.functions[functionIndex]));
  // Further results are passed in the context, as good as globals.
  if (module.funcType(functionIndex).results.size() > 2)
    facts.readsGlobals = facts.writesGlobals = true;
  size_t blockCount = 0, localCount = 0;
  bool hasDrop = false;
  for (const LocalRun &run : body.locals)
    localCount += run.count;
  InstructionReader reader(body.code);
  Instruction instruction;
  while (!reader.atEnd()) {
    reader.readValidated(instruction);
    Opcode opcode = instruction.opcode;
    blockCount += opcode == Opcode::Block || opcode == Opcode::Loop ||
                  opcode == Opcode::If || opcode == Opcode::Try ||
                  opcode == Opcode::TryTable;
    blockCount += instruction.opcode == Opcode::BrTable
                      ? instruction.labels.size() / 8
                      : 0;
    hasDrop |= opcode == Opcode::Drop;
    walkInstruction(instruction, facts, functionIndex);
  }
  // A dropped load is there for its trap: nobody may take the call for one
  // without effects.
  facts.writesMemory |= hasDrop && facts.readsMemory;
  facts.isOversized = body.code.bytes.size() > oversizedBodyBytes ||
                      blockCount > oversizedBlockCount ||
                      localCount > oversizedLocalCount;
  summary.hasOversized |= facts.isOversized;
}

void Summarizer::walkInstruction(const Instruction &instruction,
                                 FunctionSummary &facts, uint32_t caller) {
  switch (instruction.opcode) {
  case Opcode::Call:
  case Opcode::ReturnCall:
    if (instruction.opcode == Opcode::ReturnCall) {
      summary.hasTailCalls = facts.hasTailCall = true;
      summary.functions[instruction.index].isTailCalled = true;
    }
    summary.functions[instruction.index].isCalled = true;
    addCaller(instruction.index, caller);
    return;
  case Opcode::ReturnCallIndirect:
  case Opcode::ReturnCallRef:
    summary.hasTailCalls = facts.hasTailCall = true;
    [[fallthrough]];
  case Opcode::CallIndirect:
  case Opcode::CallRef:
    facts.callsOut = facts.mayTrap = true;
    if (callersOfReferences.empty() || callersOfReferences.back() != caller)
      callersOfReferences.push_back(caller);
    return;
  case Opcode::RefFunc:
    summary.functions[instruction.index].escapes = true;
    return;
  case Opcode::GlobalGet:
    facts.readsGlobals |= module.globals[instruction.index].type.isMutable;
    if (auto bit = summary.globalBits[instruction.index])
      facts.globalsRead |= GlobalSet(1) << *bit;
    return;
  case Opcode::GlobalSet:
    facts.writesGlobals = true;
    if (auto bit = summary.globalBits[instruction.index])
      facts.globalsWritten |= GlobalSet(1) << *bit;
    summary.globalIsWritten[instruction.index] = true;
    return;
  case Opcode::Loop:
    facts.hasLoop = true;
    return;
  case Opcode::TableSet:
  case Opcode::TableGrow:
  case Opcode::TableFill:
  case Opcode::TableCopy:
    facts.writesMemory = facts.mayTrap = true;
    summary.tableIsChanged[instruction.index] = true;
    return;
  case Opcode::TableInit:
    facts.writesMemory = facts.mayTrap = true;
    summary.tableIsChanged[instruction.index2] = true;
    return;
  case Opcode::MemoryGrow:
  case Opcode::MemoryInit:
  case Opcode::MemoryCopy:
  case Opcode::MemoryFill:
  case Opcode::DataDrop:
  case Opcode::ElemDrop:
    facts.writesMemory = facts.mayTrap = true;
    return;
  case Opcode::TableGet:
  case Opcode::TableSize:
  case Opcode::MemorySize:
    facts.readsMemory = facts.mayTrap = true;
    return;
  case Opcode::ArrayNew:
  case Opcode::ArrayFill:
    facts.hasLoop = true;
    [[fallthrough]];
  case Opcode::StructNew:
  case Opcode::StructNewDefault:
  case Opcode::StructSet:
  case Opcode::ArrayNewDefault:
  case Opcode::ArrayNewFixed:
  case Opcode::ArrayNewData:
  case Opcode::ArrayNewElem:
  case Opcode::ArraySet:
  case Opcode::ArrayCopy:
  case Opcode::ArrayInitData:
  case Opcode::ArrayInitElem:
    facts.readsMemory = facts.writesMemory = facts.mayTrap = true;
    return;
  case Opcode::RefEq:
  case Opcode::RefI31:
  case Opcode::AnyConvertExtern:
  case Opcode::ExternConvertAny:
    return;
  case Opcode::Unreachable:
  case Opcode::I32DivS:
  case Opcode::I32DivU:
  case Opcode::I32RemS:
  case Opcode::I32RemU:
  case Opcode::I64DivS:
  case Opcode::I64DivU:
  case Opcode::I64RemS:
  case Opcode::I64RemU:
    facts.mayTrap = true;
    return;
  default:
    break;
  }
  const OpcodeInfo &row = info(instruction.opcode);
  summary.hasExceptions |=
      row.family == Family::Exception || row.family == Family::LegacyException;
  switch (row.family) {
  case Family::Control:
  case Family::Variable:
  case Family::Numeric:
  case Family::Reference:
  case Family::RelaxedVector:
  case Family::WideArithmetic:
    return;
  case Family::Convert:
  case Family::FunctionReference:
    facts.mayTrap = true; // most do not, which is of no use to anybody
    return;
  case Family::Atomic:
    facts.readsMemory = facts.writesMemory = facts.mayTrap = true;
    return;
  case Family::Gc: // what has no rule above reads objects
    facts.readsMemory = facts.mayTrap = true;
    return;
  case Family::Vector:
    if (!hasMemArg(row.immediates))
      return;
    [[fallthrough]];
  case Family::Memory:
    if (row.text.find("store") != std::string_view::npos)
      facts.writesMemory = true;
    facts.readsMemory = facts.mayTrap = true;
    return;
  default:
    // A family without rules of its own above: assume everything.
    facts.readsMemory = facts.writesMemory = facts.readsGlobals =
        facts.writesGlobals = true;
    facts.globalsRead = facts.globalsWritten = allGlobals;
    facts.callsOut = facts.mayTrap = true;
    return;
  }
}

/// A caller has the facts of what it calls; through a reference, the globals of
/// everything that a reference is to.
void Summarizer::propagate() {
  std::vector<uint32_t> work;
  FunctionSummary referenced;
  for (uint32_t i = 0; i < module.functions.size(); ++i)
    work.push_back(i);
  auto flow = [](auto &to, auto from, bool &changed) {
    changed |= (to | from) != to;
    to |= from;
  };
  auto flowGlobals = [&](FunctionSummary &to, const FunctionSummary &from,
                         bool &changed) {
    flow(to.globalsRead, from.globalsRead, changed);
    flow(to.globalsWritten, from.globalsWritten, changed);
  };
  while (!work.empty()) {
    uint32_t callee = work.back();
    work.pop_back();
    const FunctionSummary from = summary.functions[callee];
    for (uint32_t caller : callers[callee]) {
      FunctionSummary &to = summary.functions[caller];
      bool changed = false;
      flow(to.readsMemory, from.readsMemory, changed);
      flow(to.writesMemory, from.writesMemory, changed);
      flow(to.readsGlobals, from.readsGlobals, changed);
      flow(to.writesGlobals, from.writesGlobals, changed);
      flow(to.callsOut, from.callsOut, changed);
      flow(to.mayTrap, from.mayTrap, changed);
      flowGlobals(to, from, changed);
      if (changed)
        work.push_back(caller);
    }
    bool isNew = false;
    if (from.escapes)
      flowGlobals(referenced, from, isNew);
    if (!isNew)
      continue;
    for (uint32_t caller : callersOfReferences) {
      bool changed = false;
      flowGlobals(summary.functions[caller], referenced, changed);
      if (changed)
        work.push_back(caller);
    }
  }
}

std::vector<Partition> moat::partition(const Module &module) {
  constexpr uint64_t targetBytes = 128 << 10;
  std::vector<Partition> partitions;
  uint32_t begin = module.importedFunctionCount;
  uint64_t sizeBytes = 0;
  auto close = [&](uint32_t end) {
    partitions.push_back({uint32_t(partitions.size()), begin, end});
    begin = end;
    sizeBytes = 0;
  };
  for (uint32_t i = begin; i < module.functions.size(); ++i) {
    sizeBytes += module.functions[i].body.bytes.size();
    if (sizeBytes >= targetBytes)
      close(i + 1);
  }
  if (begin < module.functions.size() || partitions.empty())
    close(module.functions.size());
  return partitions;
}
