// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What instances export.

#include "Store/Contents.h"

namespace moat::rt {

Extern tagOf(const abi::Exception &exception) {
  auto *tag =
      const_cast<StoreTag *>(reinterpret_cast<const StoreTag *>(exception.tag));
  Extern found;
  found.type.kind = abi::ExternKind::Tag;
  found.type.type = tag->type;
  found.tag = tag;
  return found;
}

static Extern exportOf(StoreInstance &instance,
                       const abi::ExportDescriptor &exported) {
  const abi::ModuleDescriptor &module = instance.module();
  Extern found;
  switch (exported.kind) {
  case abi::ExternKind::Func:
    found.function = instance.function(exported.index);
    if (found.function)
      found.type.type = found.function->type;
    break;
  case abi::ExternKind::Memory:
    return externOf(*reinterpret_cast<StoreMemory *>(
        instance.array<abi::Memory *>(module.memoriesOffset)[exported.index]));
  case abi::ExternKind::Table:
    return externOf(*reinterpret_cast<StoreTable *>(
        instance.array<abi::Table *>(module.tablesOffset)[exported.index]));
  case abi::ExternKind::Tag: {
    auto *tag = static_cast<StoreTag *>(
        instance.array<void *>(module.tagsOffset)[exported.index]);
    found.type.type = tag->type;
    found.tag = tag;
    break;
  }
  case abi::ExternKind::Global: {
    if (exported.index < module.importedGlobalCount) {
      found.type = instance.importedGlobalTypes[exported.index];
      found.global =
          instance.array<abi::Value *>(module.globalsOffset)[exported.index];
      break;
    }
    const abi::GlobalDescriptor &type = module.globalTypes[exported.index];
    found.type.value = instance.resolve(type.type);
    found.type.isMutable = type.isMutable;
    found.global = &instance.array<abi::Value>(
        module.globalCellsOffset)[exported.index - module.importedGlobalCount];
    break;
  }
  }
  found.type.kind = exported.kind;
  return found;
}

Extern findExport(Instance &instance, std::string_view name) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ModuleDescriptor &module = found.module();
  for (uint32_t i = 0; i < module.exportCount; ++i)
    if (viewOf(module.exports[i].name) == name)
      return exportOf(found, module.exports[i]);
  return {};
}

uint32_t exportCount(const Instance &instance) {
  return instance.compiled->module->exportCount;
}

Extern exportAt(Instance &instance, uint32_t index, std::string_view &name) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ExportDescriptor &exported = found.module().exports[index];
  name = viewOf(exported.name);
  return exportOf(found, exported);
}

} // namespace moat::rt
