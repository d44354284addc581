// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Types: interning, matching (Core 3.0, 3.3 Matching) and printing.

#include "Store/Types.h"
#include "TypeText.h"
#include <cstring>

namespace moat::rt {

/// What begins a type's text.
static abi::TypeKind kindOf(const char *text) {
  auto beginsWith = [&](std::string_view beginning) {
    return strncmp(text, beginning.data(), beginning.size()) == 0;
  };
  return beginsWith("(struct")  ? abi::TypeKind::Struct
         : beginsWith("(array") ? abi::TypeKind::Array
                                : abi::TypeKind::Func;
}

static uint64_t hashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a
  for (char c : text)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

/// Null: no module or function of the store has this type.
static abi::TypeIdentity *findType(const Contents &store,
                                   std::string_view text) {
  uint64_t hash = hashOf(text);
  for (InternedType *each = store.types[hash % Contents::bucketCount]; each;
       each = each->next)
    if (each->hash == hash && each->textBytes == text.size() &&
        memcmp(each->identity.text, text.data(), text.size()) == 0)
      return &each->identity;
  return nullptr;
}

abi::TypeIdentity *Store::intern(std::string_view text) {
  Contents &contents = Contents::of(*this);
  if (abi::TypeIdentity *found = findType(contents, text))
    return found;
  uint64_t hash = hashOf(text);
  InternedType *&bucket = contents.types[hash % Contents::bucketCount];
  // Only a text that names a group is of a type that may have a supertype.
  constexpr uint64_t longestDisplay = abi::maximumDepth + 1;
  uint64_t displayBytes =
      text.contains(" as $")
          ? (longestDisplay - abi::minimumDisplay) * sizeof(void *)
          : 0;
  auto *added = allocate<InternedType>(displayBytes + text.size() + 1);
  if (!added)
    return nullptr;
  char *copy = reinterpret_cast<char *>(added + 1) + displayBytes;
  memcpy(copy, text.data(), text.size());
  added->hash = hash;
  added->textBytes = text.size();
  added->identity.text = copy;
  added->identity.kind = kindOf(copy);
  added->identity.display[0] = &added->identity;
  prepend(bucket, added);
  return &added->identity;
}

abi::TypeIdentity *Store::functionType(std::string_view text) {
  // As the store has it already: any type, moat_type_text's.
  if (abi::TypeIdentity *found = findType(Contents::of(*this), text))
    return found->kind == abi::TypeKind::Func ? found : nullptr;
  auto *canonical = static_cast<char *>(malloc(canonicalBytes(text)));
  if (!canonical)
    return nullptr;
  uint64_t size = canonicalizeFunctionType(text, canonical);
  abi::TypeIdentity *type = size ? intern({canonical, size}) : nullptr;
  free(canonical);
  return type;
}

// Matching.

/// Core 3.0, 3.3.12 Defined Types.
static bool matches(const abi::TypeIdentity &sub,
                    const abi::TypeIdentity &super) {
  return sub.depth >= super.depth && sub.display[super.depth] == &super;
}

/// Core 3.0, 3.3.3 Heap Types.
static bool heapMatches(const ValueType &sub, const ValueType &super) {
  using enum abi::Kind;
  abi::Kind kind = sub.kind;
  bool isDefined = kind == Concrete;
  auto isDefinedAs = [&](abi::TypeKind wanted) {
    return isDefined && sub.type->kind == wanted;
  };
  bool isFunction = isDefinedAs(abi::TypeKind::Func);
  if (kind == super.kind)
    return !isDefined || matches(*sub.type, *super.type);
  switch (super.kind) {
  case Any:
    return kind == Eq || kind == I31 || kind == Struct || kind == Array ||
           kind == None || (isDefined && !isFunction);
  case Eq:
    return kind == I31 || kind == Struct || kind == Array || kind == None ||
           (isDefined && !isFunction);
  case I31:
    return kind == None;
  case Struct:
    return kind == None || isDefinedAs(abi::TypeKind::Struct);
  case Array:
    return kind == None || isDefinedAs(abi::TypeKind::Array);
  case Func:
    return kind == NoFunc || isFunction;
  case Extern:
    return kind == NoExtern;
  case Exn:
    return kind == NoExn;
  case Concrete:
    return kind == (super.type->kind == abi::TypeKind::Func ? NoFunc : None);
  default:
    return false;
  }
}

static bool isReference(abi::Kind kind) { return kind >= abi::Kind::Func; }

/// Core 3.0, 3.3.5 Value Types.
static bool matches(const ValueType &sub, const ValueType &super) {
  if (!isReference(sub.kind) || !isReference(super.kind))
    return sub.kind == super.kind;
  if (sub.isNullable && !super.isNullable)
    return false;
  return heapMatches(sub, super);
}

bool Store::mayHold(const ValueType &type, const void *reference) {
  if (!reference)
    return type.isNullable;
  switch (type.kind) {
  case abi::Kind::Func:
    return knowsFunction(reference);
  case abi::Kind::Concrete:
    return type.type->kind == abi::TypeKind::Func && knowsFunction(reference) &&
           matches(*static_cast<const abi::FuncRef *>(reference)->type,
                   *type.type);
  case abi::Kind::Extern:
    return true;
  default:
    return false;
  }
}

static bool areEqual(const ValueType &left, const ValueType &right) {
  return left.kind == right.kind && left.isNullable == right.isNullable &&
         left.type == right.type;
}

/// Core 3.0, 3.3.9 Limits; a provided thing's minimum is the size it has now.
static bool matches(const abi::LimitsDescriptor &sub, uint64_t size,
                    const abi::LimitsDescriptor &super) {
  return sub.is64 == super.is64 && sub.isShared == super.isShared &&
         sub.pageSizeLog2 == super.pageSizeLog2 && size >= super.minimum &&
         (super.maximum == UINT64_MAX || sub.maximum <= super.maximum);
}

bool matches(const Extern &provided, const ExternType &wanted) {
  if (provided.type.kind != wanted.kind)
    return false;
  switch (wanted.kind) {
  case abi::ExternKind::Func:
    return matches(*provided.type.type, *wanted.type);
  case abi::ExternKind::Tag:
    return provided.type.type == wanted.type;
  case abi::ExternKind::Memory: {
    return matches(provided.type.limits, pageCount(*provided.memory),
                   wanted.limits);
  }
  case abi::ExternKind::Table:
    return matches(provided.type.limits, provided.table->size, wanted.limits) &&
           areEqual(provided.type.value, wanted.value);
  case abi::ExternKind::Global:
    if (provided.type.isMutable != wanted.isMutable)
      return false;
    return wanted.isMutable ? areEqual(provided.type.value, wanted.value)
                            : matches(provided.type.value, wanted.value);
  }
  return false;
}

// Printing.

static void print(Message &out, const ValueType &type) {
  static constexpr const char *names[] = {
      "i32",    "i64",  "f32",    "f64",      "v128",   "func",
      "extern", "any",  "eq",     "i31",      "struct", "array",
      "exn",    "none", "nofunc", "noextern", "noexn",
  };
  bool isConcrete = type.kind == abi::Kind::Concrete;
  const char *name =
      isConcrete ? type.type->text : names[static_cast<unsigned>(type.kind)];
  if (!isReference(type.kind))
    out << name;
  else
    out << (type.isNullable ? "(ref null " : "(ref ") << name << ")";
}

static void print(Message &out, const abi::LimitsDescriptor &limits) {
  if (limits.is64)
    out << " i64";
  out << " " << limits.minimum;
  if (limits.maximum != UINT64_MAX)
    out << " " << limits.maximum;
  if (limits.isShared)
    out << " shared";
}

void print(Message &out, const ExternType &type) {
  switch (type.kind) {
  case abi::ExternKind::Func:
    out << type.type->text;
    return;
  case abi::ExternKind::Tag:
    out << "(tag " << type.type->text << ")";
    return;
  case abi::ExternKind::Memory:
    out << "(memory";
    print(out, type.limits);
    if (type.limits.pageSizeLog2 != 16)
      out << " (pagesize " << (uint64_t(1) << type.limits.pageSizeLog2) << ")";
    out << ")";
    return;
  case abi::ExternKind::Table:
    out << "(table";
    print(out, type.limits);
    out << " ";
    print(out, type.value);
    out << ")";
    return;
  case abi::ExternKind::Global:
    out << (type.isMutable ? "(global (mut " : "(global ");
    print(out, type.value);
    out << (type.isMutable ? "))" : ")");
    return;
  }
}

void copyText(const Message &text, char *buffer, uint64_t sizeBytes) {
  if (!sizeBytes)
    return;
  uint64_t size = text.size() < sizeBytes - 1 ? text.size() : sizeBytes - 1;
  memcpy(buffer, text.data(), size);
  buffer[size] = 0;
}

void printType(const ExternType &type, char *buffer, uint64_t sizeBytes) {
  Message text;
  print(text, type);
  copyText(text, buffer, sizeBytes);
}

} // namespace moat::rt
