// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The words by which somebody who starts a program says what it may use: the
// options `--wasi-WORD` in front of the program's own arguments, where it is
// open, and the words of the host's variable MOAT_WASI, which may narrow any
// program and widen none. A word is a row of a table below; the limits are rows
// of abi/Limits.def and words of both.

#include "Grants.h"
#include "Harden.h"
#include "Host/Host.h"
#include "moat/abi/Layout.h"
#include <cstring>

namespace moat::rt {

namespace {

/// A word that a user may say.
struct Word {
  /// With a `=` at the end if a value follows.
  const char *text;
  const char *value; ///< what the value is, for help
  const char *help;
  /// \p word is what was said, all of it; \p value what is behind the `=`, and
  /// may be cut into parts.
  void (*read)(Grants &grants, const char *word, char *value);
};

} // namespace

static constexpr char optionPrefix[] = "--wasi-";

/// The rest of \p text behind \p prefix, or null.
static char *behindPrefix(char *text, const char *prefix) {
  size_t size = strlen(prefix);
  return strncmp(text, prefix, size) == 0 ? text + size : nullptr;
}

static bool takePrefix(char *&text, const char *prefix) {
  char *rest = behindPrefix(text, prefix);
  if (rest)
    text = rest;
  return rest != nullptr;
}

/// Takes `exe:` or `cwd:` off. \returns whether a relative path begins at the
/// executable's folder.
static bool takeBase(char *&path) {
  if (takePrefix(path, "exe:"))
    return true;
  takePrefix(path, "cwd:");
  return false;
}

// Granting.

/// [exe:|cwd:]HOST[::GUEST][:ro]; without GUEST it is HOST.
static void addDirectory(Grants &grants, const char *word, char *value) {
  DirectoryGrant directory = {};
  size_t size = strlen(value);
  if (size > 3 && strcmp(value + size - 3, ":ro") == 0) {
    value[size - 3] = 0;
    directory.isReadOnly = true;
  }
  directory.isBesideExecutable = takeBase(value);
  directory.hostPath = value;
  char *end = value; // strstr would be the largest function of all
  while (*end && !(end[0] == ':' && end[1] == ':'))
    ++end;
  directory.guestPath = *end ? end + 2 : value;
  *end = 0;
  if (!*value || directory.guestPath.empty())
    refuse("expected [exe:|cwd:]HOST[::GUEST][:ro]: ", word);
  grants.addDirectory(directory);
}

static void addVariable(Grants &grants, const char *word, char *value) {
  if (*value == '=' || !strchr(value, '='))
    refuse("expected NAME=VALUE: ", value);
  grants.addVariable(value);
}

/// The stream that \p word, `stdin=…` and so on, is about.
static uint32_t streamOf(const char *word) {
  if (strncmp(word, optionPrefix, sizeof(optionPrefix) - 1) == 0)
    word += sizeof(optionPrefix) - 1;
  return word[3] == 'i' ? 0 : word[3] == 'o' ? 1 : 2;
}

static void setStream(Grants &grants, const char *word, char *value) {
  uint32_t fd = streamOf(word);
  StreamGrant &stream = grants.streams[fd];
  stream = {};
  if (strcmp(value, "inherit") == 0)
    return;
  stream.kind = StreamGrant::Null;
  if (strcmp(value, "null") == 0)
    return;
  stream.kind = StreamGrant::File;
  stream.isAppend = fd != 0 && takePrefix(value, "append:");
  stream.isBesideExecutable = takeBase(value);
  stream.hostPath = value;
  if (!*value)
    refuse("expected inherit, null or a file: ", word);
}

static void addSocket(Grants &grants, const char *word, char *value) {
  if (!grants.addSocket(value))
    refuse("expected A.B.C.D:PORT, [IPv6]:PORT, unix:PATH or fd:N: ", word);
}

static uint64_t parseLimit(const abi::LimitRow &row, const char *word,
                           const char *value) {
  uint64_t limit = 0;
  if (!abi::parseLimit(row.unit, value, strlen(value), limit))
    refuse("expected ", abi::limitUnitText(row.unit), ": ", word);
  if (&row == &abi::limitRows[static_cast<int>(abi::LimitKind::StackBytes)] &&
      limit < 2 * abi::hostStackBytes)
    refuse("the stack needs at least 128K: ", word);
  return limit;
}

static void setLayers(Grants &grants, const char *word, char *value) {
  if (!parseLayers(value, grants.hardenLayers))
    refuse("expected layers of defence: ", word);
}

// Narrowing.

static void dropDirectory(Grants &grants, const char *word, char *value) {
  if (!grants.dropDirectory(value))
    refuse("MOAT_WASI: the program was given no such directory: ", word);
}

static void makeReadOnly(Grants &grants, const char *word, char *value) {
  if (!grants.makeReadOnly(value))
    refuse("MOAT_WASI: the program was given no such directory: ", word);
}

static void dropVariable(Grants &grants, const char *word, char *value) {
  if (!*value || strchr(value, '=') || !grants.dropVariable(value))
    refuse("MOAT_WASI: the program was given no such variable: ", word);
}

static void dropSocket(Grants &grants, const char *word, char *value) {
  if (!grants.dropSocket(value))
    refuse("MOAT_WASI: the program was given no such socket: ", word);
}

static void takeStream(Grants &grants, const char *word, char *value) {
  StreamGrant &stream = grants.streams[streamOf(word)];
  stream = {};
  if (strcmp(value, "null") == 0)
    stream.kind = StreamGrant::Null;
  else if (strcmp(value, "closed") == 0)
    stream.kind = StreamGrant::Closed;
  else
    refuse("MOAT_WASI: a stream can be null or closed: ", word);
}

// Both.

static void requireHardening(Grants &grants, const char *, char *) {
  grants.requiresHardening = true;
}

static void filterTerminal(Grants &grants, const char *, char *) {
  grants.filtersTerminal = true;
}

static void setTraced(Grants &grants, const char *, char *) {
  grants.isTraced = true;
}

static void takeBaseline(Grants &grants, const char *, char *) {
  grants.isBaselineOnly = true;
}

static constexpr Word startWords[] = {
    {"dir=", "HOST[::GUEST][:ro]",
     "let the program use directory HOST, as GUEST; :ro: without changing it",
     addDirectory},
    {"env=", "NAME=VALUE", "set an environment variable for the program",
     addVariable},
    {"listen=", "ADDRESS",
     "a socket that listens at 127.0.0.1:80, [::1]:80 or unix:PATH, or fd:N",
     addSocket},
    {"stdin=", "inherit|null|FILE", "standard input", setStream},
    {"stdout=", "inherit|null|[append:]FILE",
     "standard output; a file is emptied unless appended to", setStream},
    {"stderr=", "inherit|null|[append:]FILE", "standard error", setStream},
    {"filter-terminal", "", "show ? for control characters on a terminal",
     filterTerminal},
    {"harden=", "LIST", "layers of defence: all, none, +LAYER, -LAYER",
     setLayers},
    {"require-hardening", "", "end if the kernel lacks one of them",
     requireHardening},
    {"trace", "", "print every call to standard error", setTraced},
};

static constexpr Word hostWords[] = {
    {"no-dir=", "GUEST", "take directory GUEST away", dropDirectory},
    {"ro=", "GUEST", "let directory GUEST only be read", makeReadOnly},
    {"no-listen=", "ADDRESS", "take the socket away that ADDRESS gave",
     dropSocket},
    {"no-env=", "NAME", "take an environment variable away", dropVariable},
    {"filter-terminal", "", "show ? for control characters on a terminal",
     filterTerminal},
    {"require-hardening", "", "end if the kernel lacks a layer of defence",
     requireHardening},
    {"stdin=", "null|closed", "give it no standard input", takeStream},
    {"stdout=", "null|closed", "take standard output away", takeStream},
    {"stderr=", "null|closed", "take standard error away", takeStream},
    {"baseline", "", "run code for the oldest processor that it is made for",
     takeBaseline},
    {"trace", "", "print every call to standard error", setTraced},
};

// Help. A word and its value, then what it does from a fixed column on.

static void printHelp(const char *prefix, const char *text, const char *value,
                      const char *help) {
  constexpr size_t column = 44;
  Message message;
  message << "  " << prefix << text << value << " ";
  while (message.size() < column)
    message << " ";
  message << help << "\n";
  message.write();
}

static void printHelp(const char *prefix, std::span<const Word> words) {
  for (const Word &word : words)
    printHelp(prefix, word.text, word.value, word.help);
  for (const abi::LimitRow &row : abi::limitRows) {
    Message text;
    text << row.option << "=";
    text.append("", 1);
    printHelp(prefix, text.data(),
              row.unit == abi::LimitUnit::Bytes   ? "SIZE"
              : row.unit == abi::LimitUnit::Count ? "N"
                                                  : "TIME",
              row.text);
  }
  printHelp(prefix, "help", "", "print this");
}

static void print(const char *text) {
  host::writeMessage({text, strlen(text)});
}

[[noreturn]] static void helpAndExit(bool isSealed) {
  if (isSealed) {
    print("this program is sealed: what it may use was fixed when it was "
          "built, and every\nargument is its own\n");
  } else {
    print("options of the runtime, in front of the program's own arguments "
          "(-- ends them):\n");
    printHelp(optionPrefix, startWords);
  }
  print("words of the variable MOAT_WASI, separated by commas, which can only "
        "narrow:\n");
  printHelp("", hostWords);
  host::exit(0);
}

// Reading.

/// The row that \p said begins with; \p value is set to what is behind it.
static const Word *findWord(std::span<const Word> words, char *said,
                            char *&value) {
  for (const Word &word : words) {
    value = behindPrefix(said, word.text);
    if (value && (*word.value || !*value))
      return &word;
  }
  return nullptr;
}

/// The limit that \p said, `max-memory=…`, is about, or null.
static uint64_t *findLimit(Grants &grants, char *said, char *&value,
                           const abi::LimitRow *&row) {
  for (size_t i = 0; i < abi::limitCount; ++i) {
    row = &abi::limitRows[i];
    value = behindPrefix(said, row->option);
    if (value && *value++ == '=')
      return &grants.limits[i];
  }
  return nullptr;
}

static void readOption(Grants &grants, char *option) {
  char *said = option + sizeof(optionPrefix) - 1;
  if (strcmp(said, "help") == 0)
    helpAndExit(/*isSealed=*/false);
  char *value;
  if (const Word *word = findWord(startWords, said, value))
    return word->read(grants, option, value);
  const abi::LimitRow *row;
  if (uint64_t *limit = findLimit(grants, said, value, row)) {
    *limit = parseLimit(*row, option, value);
    return;
  }
  refuse("unknown option (see --wasi-help): ", option);
}

void readStartOptions(Grants &grants, char **argv, bool isSealed) {
  bool hasOptions = false;
  while (!isSealed && *argv && behindPrefix(*argv, optionPrefix)) {
    readOption(grants, *argv++);
    hasOptions = true;
  }
  if (hasOptions && *argv && strcmp(*argv, "--") == 0)
    ++argv;
  while (*argv)
    grants.addArgument(*argv++);
}

static void readHostWord(Grants &grants, char *said, bool isSealed) {
  if (strcmp(said, "help") == 0)
    helpAndExit(isSealed);
  char *value;
  if (const Word *word = findWord(hostWords, said, value))
    return word->read(grants, said, value);
  const abi::LimitRow *row;
  if (uint64_t *limit = findLimit(grants, said, value, row)) {
    uint64_t wanted = parseLimit(*row, said, value);
    if (wanted > *limit)
      refuse("MOAT_WASI: this would raise a limit: ", said);
    *limit = wanted;
    return;
  }
  refuse("MOAT_WASI: unknown word (MOAT_WASI=help lists them): ", said);
}

/// Cuts the first word off \p rest, up to a comma; a backslash takes the
/// character behind it as it is.
static char *takeWord(char *&rest) {
  char *begin = rest, *out = rest;
  for (; *rest && *rest != ','; ++rest) {
    if (*rest == '\\' && rest[1])
      ++rest;
    *out++ = *rest;
  }
  if (*rest)
    ++rest;
  *out = 0;
  return begin;
}

void readHostVariable(Grants &grants, char **hostEnvironment, bool isSealed) {
  for (; *hostEnvironment; ++hostEnvironment) {
    char *rest = behindPrefix(*hostEnvironment, abi::hostVariable);
    if (!rest || *rest != '=')
      continue;
    for (++rest; *rest;) {
      char *word = takeWord(rest);
      if (*word)
        readHostWord(grants, word, isSealed);
    }
  }
}

} // namespace moat::rt
