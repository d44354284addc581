// Runs compiled programs (moat --emit=shared) on one task, and says how each did.

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <moat/WASI.h>

static const char input[] = "1 2 3\n", wanted[] = "2 4 6 ";

static std::string verdictOf(const moat_module_descriptor &program) {
  moat::Store store(
      {.memory_bytes = 8 << 20, .table_elements = 10'000, .call_time_ns = 500'000'000});
  FILE *in = std::tmpfile(), *out = std::tmpfile();
  std::fputs(input, in);
  std::rewind(in);

  moat::WASIOptions options;
  options.version = "preview1";
  options.args = {"program"};
  options.stdinFd = fileno(in);
  options.stdoutFd = options.stderrFd = fileno(out);
  auto wasi = moat::WASI::create(store, options);
  if (!wasi)
    return wasi.error().text;
  auto instance = store.instantiate(program, wasi->getImportObject());
  if (!instance)
    return "cannot run: " + instance.error().text;
  auto code = wasi->start(*instance);
  if (!code && code.error().trap.kind == MOAT_TRAP_TimeExceeded)
    return "time limit exceeded";
  if (!code)
    return "runtime error: " + code.error().text;
  if (*code != 0)
    return "runtime error: exit code " + std::to_string(*code);

  char written[100] = {};
  std::rewind(out);
  size_t size = std::fread(written, 1, sizeof written - 1, out);
  std::fclose(in);
  std::fclose(out);
  return size == strlen(wanted) && strcmp(written, wanted) == 0 ? "accepted" : "wrong answer";
}

int main(int argc, char **argv) {
  if (argc < 2)
    return std::fprintf(stderr, "usage: %s PROGRAM.so...\n", argv[0]), 2;
  for (int i = 1; i < argc; ++i) {
    void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return std::puts(dlerror()), 1;
    auto *program = static_cast<moat_module_descriptor *>(dlsym(library, "moat_module"));
    if (!program)
      return std::printf("%s is not a program made by moat\n", argv[i]), 1;
    const char *name = std::strrchr(argv[i], '/');
    std::printf("%s: %s\n", name ? name + 1 : argv[i], verdictOf(*program).c_str());
  }
}
