// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Build ids are read from the notes of ELF files (elf(5), NT_GNU_BUILD_ID).
// Which libLLVM the dynamic linker would take is found by looking through its
// search path in order; a compilation compares the guess with what was then
// loaded.

#include "Loader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

using namespace moat;

#define MOAT_TEXT(number) #number
#define MOAT_TEXT_OF(macro) MOAT_TEXT(macro)
static constexpr char llvmLibraryName[] = "libLLVM.so." MOAT_TEXT_OF(
    LLVM_VERSION_MAJOR) "." MOAT_TEXT_OF(LLVM_VERSION_MINOR);

Installation Installation::find() {
  SmallVector<char> real;
  // argv[0] says what the caller likes; the kernel's link says where the
  // program is.
  if (llvm::sys::fs::real_path("/proc/self/exe", real)) {
    // Without /proc: what the loader was told.
    Dl_info info;
    if (!dladdr(reinterpret_cast<void *>(&readBuildIds), &info) ||
        llvm::sys::fs::real_path(info.dli_fname, real))
      return {};
  }
  StringRef bin =
      llvm::sys::path::parent_path(StringRef(real.data(), real.size()));
  Installation installation;
  installation.libraryDir =
      (llvm::sys::path::parent_path(bin) + "/lib/moat").str();
  installation.compilerLibrary =
      installation.libraryDir + "/" + compilerLibraryName;
  return installation;
}

/// The build id in the notes \p bytes, in hexadecimal.
static std::string findBuildId(ArrayRef<uint8_t> bytes) {
  while (bytes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    memcpy(&note, bytes.data(), sizeof(note));
    bytes = bytes.drop_front(sizeof(note));
    uint64_t nameBytes = llvm::alignTo(uint64_t(note.n_namesz), 4);
    uint64_t idBytes = llvm::alignTo(uint64_t(note.n_descsz), 4);
    if (nameBytes + idBytes > bytes.size())
      return {};
    if (note.n_type == NT_GNU_BUILD_ID)
      return llvm::toHex(bytes.slice(nameBytes, note.n_descsz),
                         /*LowerCase=*/true);
    bytes = bytes.drop_front(nameBytes + idBytes);
  }
  return {};
}

static std::string readBuildIdOfFile(const std::string &path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {};
  std::string id;
  Elf64_Ehdr header;
  if (pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
      !memcmp(header.e_ident, ELFMAG, SELFMAG))
    for (unsigned i = 0; i < header.e_phnum && id.empty(); ++i) {
      Elf64_Phdr segment;
      if (pread(fd, &segment, sizeof(segment),
                header.e_phoff + i * sizeof(segment)) != sizeof(segment))
        break;
      if (segment.p_type != PT_NOTE || segment.p_filesz > 4096)
        continue;
      SmallVector<uint8_t> notes(segment.p_filesz);
      if (pread(fd, notes.data(), notes.size(), segment.p_offset) ==
          ssize_t(notes.size()))
        id = findBuildId(notes);
    }
  ::close(fd);
  return id;
}

/// The build id of a loaded object: the program itself if \p name is empty,
/// else the first whose path ends with \p name.
static std::string loadedBuildId(StringRef name) {
  struct Search {
    StringRef name;
    std::string id;
  } search{name, {}};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *data) {
        auto *search = static_cast<Search *>(data);
        if (!search->name.empty() &&
            llvm::sys::path::filename(info->dlpi_name) != search->name)
          return 0;
        for (unsigned i = 0; i < info->dlpi_phnum && search->id.empty(); ++i) {
          const ElfW(Phdr) &segment = info->dlpi_phdr[i];
          if (segment.p_type == PT_NOTE)
            search->id = findBuildId({reinterpret_cast<const uint8_t *>(
                                          info->dlpi_addr + segment.p_vaddr),
                                      segment.p_memsz});
        }
        return 1;
      },
      &search);
  return search.id;
}

/// The file that the dynamic linker would load as LLVM's library, or an empty
/// string.
static std::string findLlvmLibrary() {
  void *self = dlopen(nullptr, RTLD_LAZY);
  Dl_serinfo sizes;
  if (!self || dlinfo(self, RTLD_DI_SERINFOSIZE, &sizes))
    return {};
  std::unique_ptr<char[]> storage(new char[sizes.dls_size]);
  auto *info = reinterpret_cast<Dl_serinfo *>(storage.get());
  *info = sizes;
  if (dlinfo(self, RTLD_DI_SERINFO, info))
    return {};
  for (unsigned i = 0; i < info->dls_cnt; ++i) {
    std::string path =
        std::string(info->dls_serpath[i].dls_name) + "/" + llvmLibraryName;
    if (llvm::sys::fs::exists(path))
      return path;
  }
  return {};
}

std::optional<std::string>
moat::readBuildIds(const Installation &installation) {
  std::string own = loadedBuildId("");
  std::string compiler = readBuildIdOfFile(installation.compilerLibrary);
  std::string llvmPath = findLlvmLibrary();
  std::string llvm = llvmPath.empty() ? "" : readBuildIdOfFile(llvmPath);
  if (own.empty() || compiler.empty() || llvm.empty())
    return std::nullopt;
  return own + " " + compiler + " " + llvm;
}

void *Compiler::find(const char *name, CompileError &error) {
  if (!library)
    library = dlopen(installation.compilerLibrary.c_str(),
                     RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void *function = library ? dlsym(library, name) : nullptr;
  if (!function)
    error = {CompileError::System,
             std::string("cannot load the compiler: ") + dlerror()};
  return function;
}

std::optional<CompileError> Compiler::compile(ArrayRef<uint8_t> module,
                                              const CompileOptions &options,
                                              const std::string &outputPath) {
  CompileError error;
  auto *function =
      reinterpret_cast<CompileFunction *>(find(compileFunctionName, error));
  if (function &&
      function({module.data(), module.size()}, options, outputPath, error))
    return std::nullopt;
  return error;
}

std::optional<CompileError> Compiler::inspect(ArrayRef<uint8_t> file,
                                              const std::string &name,
                                              InspectAs form,
                                              std::string &output) {
  CompileError error;
  auto *function =
      reinterpret_cast<InspectFunction *>(find(inspectFunctionName, error));
  if (function &&
      function({file.data(), file.size()}, name, form, output, error))
    return std::nullopt;
  return error;
}

bool Compiler::isLoadedLlvm(StringRef buildIds) const {
  return library && buildIds.ends_with(" " + loadedBuildId(llvmLibraryName));
}
