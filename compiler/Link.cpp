// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Builds lld's argument list, runs it, and says what it complained about in our
// words.
//
// An executable is a static ELF file at fixed addresses: musl's start files,
// the module's objects, what the command line adds, the runtime, libc. Linear
// memory 0 is a symbol at a constant address far above the image, so the image
// must end below it, with room for the heap that the kernel may place up to 1
// GiB above an image (abi/Layout.h, processMemoryBase): an image that ends
// above `imageEndLimitBytes` is an error.

#include "Link.h"
#include "Diagnostics.h"
#include "lld/Common/Driver.h"
#include "moat/abi/Layout.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <dlfcn.h>
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace moat;

/// 500 MB: with the largest random distance of the heap (1 GiB) and some 500 MB
/// of a heap it ends below linear memory's guard.
static constexpr uint64_t imageEndLimitBytes = uint64_t(500) << 20;
static_assert(imageEndLimitBytes + (uint64_t(1) << 30) <=
              abi::processMemoryBase - abi::memoryGuardBytes);

static std::vector<std::string> linkerArguments(const LinkRequest &request,
                                                const std::string &output) {
  std::vector<std::string> args = {"ld.lld",
                                   "-m",
                                   "elf_x86_64",
                                   "-o",
                                   output,
                                   "--threads=" +
                                       std::to_string(request.threads),
                                   "--color-diagnostics=never",
                                   "--error-limit=0"};
  auto add = [&](std::initializer_list<const char *> more) {
    args.insert(args.end(), more.begin(), more.end());
  };
  auto addRuntime = [&](const char *file) {
    args.push_back(request.runtimeDir + "/" + file);
  };
  auto addObjects = [&] {
    args.insert(args.end(), request.objects.begin(), request.objects.end());
    args.insert(args.end(), request.extraInputs.begin(),
                request.extraInputs.end());
  };

  if (request.kind == LinkKind::Relocatable) {
    // Sections of the same name stay apart, for the next link to drop one by
    // one.
    add({"-r", "--unique"});
    addObjects();
    return args;
  }

  // Unused functions go, with their rows of the name table (those are
  // SHF_LINK_ORDER). The unwinder finds its way by .eh_frame_hdr. The smallest
  // page size keeps the file small.
  add({"--gc-sections", "--eh-frame-hdr", "--build-id=none", "-z",
       "noexecstack", "-z", "relro", "-z", "now", "-z", "max-page-size=4096"});
  // Function names for backtraces and unwind tables are loaded, so they stay.
  if (request.strip)
    add({"--strip-all"});
  if (request.kind == LinkKind::NodeAddon) {
    add({"-shared", "-Bsymbolic", "-u", "napi_register_module_v1"});
    addObjects();
    addRuntime("libmoatNode.a");
    addRuntime("../../libmoat.a");
    return args;
  }
  if (request.kind == LinkKind::Shared) {
    add({"-shared", "-Bsymbolic"});
    addObjects();
    return args;
  }

  // Nothing is relocated when a static program at fixed addresses starts, and
  // so nobody would ever make a segment read-only afterwards: a segment, and a
  // page fault, less. No page of the file is mapped twice, so nothing but code
  // is executable, and variables begin at a page: few need a second one.
  add({"-static", "--no-pie", "-z", "norelro", "-z", "separate-code"});
  args.push_back("--defsym=moat_memory0=0x" +
                 llvm::utohexstr(abi::processMemoryBase));
  for (const std::string &alias : request.aliases)
    args.push_back("--defsym=" + alias);
  addRuntime("crt1.o");
  addRuntime("crti.o");
  addRuntime("licences.o");
  // What the command line brings comes before the runtime, whose members are
  // then not looked at: it may define imports and moat_main.
  addObjects();
  addRuntime("libmoat.a");
  addRuntime("libc.a");
  addRuntime("crtn.o");
  return args;
}

/// lld's standard error to our lines: undefined symbols explained, the rest as
/// it is.
static std::string describeErrors(StringRef diagnostics,
                                  SymbolExplainer explain) {
  std::string explained, others;
  SmallVector<StringRef> lines;
  diagnostics.split(lines, '\n', -1, /*KeepEmpty=*/false);
  bool isExplained = false;
  for (StringRef line : lines) {
    if (line.consume_front("ld.lld: error: ")) {
      StringRef symbol = line;
      std::string text;
      if (symbol.consume_front("undefined symbol: ") ||
          symbol.consume_front("undefined hidden symbol: "))
        text = explain(symbol);
      isExplained = !text.empty();
      (isExplained ? explained : others) +=
          (isExplained ? text : line.str()) + "\n";
      continue;
    }
    // `>>> referenced by …` belongs to the line above; who refers to an import
    // says the module.
    if (line.starts_with(">>>") && !isExplained)
      others += line.str() + "\n";
  }
  std::string all = explained + others;
  if (all.empty())
    all = diagnostics.str();
  return StringRef(all).rtrim('\n').str();
}

/// Where the last loaded segment of the ELF file \p path ends, in bytes.
static Expected<uint64_t> imageEnd(const std::string &path) {
  // The program headers stand at the file's begin.
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, 4096, 0);
  if (!buffer)
    return errorOf(path + ": " + buffer.getError().message());
  using namespace llvm::ELF;
  StringRef bytes = (*buffer)->getBuffer();
  Elf64_Ehdr header;
  if (bytes.size() < sizeof(header))
    return errorOf(path + ": the linker wrote no ELF file");
  memcpy(&header, bytes.data(), sizeof(header));
  uint64_t end = 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    uint64_t offset = header.e_phoff + i * sizeof(segment);
    if (offset + sizeof(segment) > bytes.size())
      break;
    memcpy(&segment, bytes.data() + offset, sizeof(segment));
    if (segment.p_type == PT_LOAD)
      end = std::max(end, segment.p_vaddr + segment.p_memsz);
  }
  return end;
}

Error moat::link(const LinkRequest &request, const std::string &output,
                 SymbolExplainer explain) {
  std::vector<std::string> arguments = linkerArguments(request, output);
  std::vector<const char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());

  std::string out, diagnostics;
  llvm::raw_string_ostream outStream(out), diagnosticsStream(diagnostics);
  {
    // lld keeps the state of a link, and whether it can run again, in the
    // process: so do we.
    static std::mutex turn;
    static bool canRunAgain = true;
    std::lock_guard<std::mutex> lock(turn);
    if (!canRunAgain)
      return errorOf(
          "the linker crashed before and cannot run again in this process");
    lld::Result result = lld::lldMain(argv, outStream, diagnosticsStream,
                                      {{lld::Gnu, &lld::elf::link}});
    canRunAgain = result.canRunAgain;
    if (!canRunAgain)
      return errorOf("the linker crashed: " + diagnostics);
    if (result.retCode != 0)
      return errorOf(describeErrors(diagnostics, explain));
  }

  if (request.kind != LinkKind::Executable)
    return Error::success();
  Expected<uint64_t> end = imageEnd(output);
  if (!end)
    return end.takeError();
  if (*end > imageEndLimitBytes)
    return errorOf("the program is too large: its image would end at " +
                   Twine(*end >> 20) +
                   " MB, and linear memory needs it to end below " +
                   Twine(imageEndLimitBytes >> 20) + " MB");
  return Error::success();
}

/// The folder of the program or library that holds this code.
static std::string ownFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&ownFolder), &info) || !info.dli_fname)
    return {};
  // A relative name of the main program is what argv[0] said, which may be
  // stale or was looked up in PATH; its own link never is.
  std::string path = info.dli_fname;
  if (!StringRef(path).starts_with("/"))
    path = "/proc/self/exe";
  SmallVector<char> real;
  if (llvm::sys::fs::real_path(path, real))
    return {};
  return llvm::sys::path::parent_path(StringRef(real.data(), real.size()))
      .str();
}

/// The first of the places for the runtime that has \p file, with the folder it
/// is in.
static Expected<std::string> findFolder(StringRef resourceDir, StringRef folder,
                                        StringRef file, StringRef what) {
  std::vector<std::string> places;
  if (!resourceDir.empty()) {
    places = {resourceDir.str()};
  } else {
    std::string own = ownFolder();
    places = {own, own + "/../lib/moat"};
  }
  for (const std::string &place : places) {
    std::string found = place + "/" + folder.str();
    if (llvm::sys::fs::exists(found + "/" + file))
      return found;
  }
  return errorOf(what + ": " + places.back() + "/" + folder + "/" + file +
                 " is not there");
}

Expected<std::string> moat::findRuntime(StringRef resourceDir,
                                        StringRef triple) {
  return findFolder(resourceDir, triple, "libmoat.a",
                    ("no runtime for " + triple).str());
}

Expected<std::string> moat::findNodeAddon(StringRef resourceDir) {
  return findFolder(resourceDir, "node", "libmoatNode.a",
                    "--emit=node: moat was built without Node's headers");
}
