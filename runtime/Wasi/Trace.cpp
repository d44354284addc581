// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Printing calls. What lies in guest memory is read as any WASI function reads
// it, so that a wrong address prints as one.

#include "Trace.h"

namespace moat::rt::wasi::trace {

// Parts of a line.

/// The longest text that is shown, in bytes, and the most buffers.
static constexpr size_t shownTextBytes = 200, shownDataBytes = 32;
static constexpr uint64_t shownBuffers = 4;

static void quote(Message &out, std::span<const uint8_t> bytes,
                  size_t shownBytes) {
  out << "\"";
  size_t shown = bytes.size() < shownBytes ? bytes.size() : shownBytes;
  for (uint8_t byte : bytes.first(shown)) {
    if (byte == '\n') {
      out << "\\n";
    } else if (byte < ' ' || byte == 127) {
      char escape[] = {'\\', 'x', "0123456789abcdef"[byte >> 4],
                       "0123456789abcdef"[byte & 15]};
      out.append(escape, sizeof(escape));
    } else {
      if (byte == '"' || byte == '\\')
        out << "\\";
      out.append(reinterpret_cast<const char *>(&byte), 1);
    }
  }
  out << (shown < bytes.size() ? "\"..." : "\"");
}

/// The names in \p names, separated by spaces, of the bits of \p flags, from
/// the lowest on; what has no name as a number.
static void printFlags(Message &out, uint64_t flags, const char *names) {
  if (flags == 0)
    out << "0";
  bool isFirst = true;
  for (uint64_t bit = 1; *names; bit <<= 1) {
    const char *end = names;
    while (*end && *end != ' ')
      ++end;
    if (flags & bit) {
      out << (isFirst ? "" : "|");
      out.append(names, static_cast<size_t>(end - names));
      isFirst = false;
      flags &= ~bit;
    }
    names = *end ? end + 1 : end;
  }
  if (flags) {
    out << (isFirst ? "" : "|");
    out.hex(flags);
  }
}

/// The name at \p index of \p names; one that has none as a number.
static void printName(Message &out, uint64_t index, const char *names) {
  uint64_t at = 0;
  const char *begin = names;
  for (;; ++names) {
    if (*names && *names != ' ')
      continue;
    if (at++ == index) {
      out.append(begin, static_cast<size_t>(names - begin));
      return;
    }
    if (!*names)
      break;
    begin = names + 1;
  }
  out << index;
}

static constexpr char rightNames[] =
    "fd_datasync fd_read fd_seek fd_fdstat_set_flags fd_sync fd_tell fd_write "
    "fd_advise fd_allocate path_create_directory path_create_file "
    "path_link_source path_link_target path_open fd_readdir path_readlink "
    "path_rename_source path_rename_target path_filestat_get "
    "path_filestat_set_size path_filestat_set_times fd_filestat_get "
    "fd_filestat_set_size fd_filestat_set_times path_symlink "
    "path_remove_directory path_unlink_file poll_fd_readwrite sock_shutdown "
    "sock_accept";

static constexpr char errnoNames[] =
#define ERRNO(name, number, host, text) #name " "
#include "Errno.def"
    ;

static void printErrno(Message &out, Errno error) {
  if (error == Errno::TwoBig) {
    out << "2big";
    return;
  }
  Message name;
  printName(name, static_cast<uint64_t>(error), errnoNames);
  char first = static_cast<char>(*name.data() | ' ');
  out.append(&first, 1).append(name.data() + 1, name.size() - 1);
}

// Parameters.

void fd(Line &line, const uint64_t *value) {
  line.text << *value;
  auto found = line.instance.descriptors->lookup(static_cast<uint32_t>(*value));
  if (found && found->isPreopen) {
    std::string_view path = found->guestPath;
    line.text << " <";
    line.text.append(path.data(), path.size()) << ">";
  }
}

void preopen(Line &line, const uint64_t *value) { fd(line, value); }

void number(Line &line, const uint64_t *value) { line.text << *value; }

void offset(Line &line, const uint64_t *value) {
  auto signedValue = static_cast<int64_t>(*value);
  if (signedValue < 0)
    line.text << "-";
  line.text << (signedValue < 0 ? 0 - *value : *value);
}

void address(Line &line, const uint64_t *value) { line.text.hex(*value); }

void text(Line &line, const uint64_t *value) {
  auto bytes = Guest(line.instance).slice(value[0], value[1]);
  if (bytes)
    quote(line.text, *bytes, shownTextBytes);
  else
    address(line, value);
}

/// Prints an array of buffers: what is in them, or how large they are.
static void printBuffers(Line &line, const uint64_t *value, bool showsData) {
  Guest guest(line.instance);
  line.text << "[";
  for (uint64_t i = 0; i < value[1]; ++i) {
    if (i)
      line.text << ", ";
    if (i == shownBuffers) {
      line.text << "...";
      break;
    }
    auto bytes = guest.slice(value[0] + i * sizeof(Iovec), sizeof(Iovec));
    if (!bytes) {
      line.text << "?";
      break;
    }
    Iovec iovec;
    memcpy(&iovec, bytes->data(), sizeof(iovec));
    auto buffer = guest.slice(iovec.buffer, iovec.sizeBytes);
    if (showsData && buffer)
      quote(line.text, *buffer, shownDataBytes);
    else
      line.text << iovec.sizeBytes;
  }
  line.text << "]";
}

void data(Line &line, const uint64_t *value) {
  printBuffers(line, value, /*showsData=*/true);
}

void buffers(Line &line, const uint64_t *value) {
  printBuffers(line, value, /*showsData=*/false);
}

template <typename T>
static void printResult(Line &line, uint64_t place) {
  auto bytes = Guest(line.instance).slice(place, sizeof(T));
  if (line.error != Errno::Success || !bytes) {
    line.text << "-";
    return;
  }
  T result;
  memcpy(&result, bytes->data(), sizeof(T));
  line.text << "-> " << uint64_t(result);
}

void u32Out(Line &line, const uint64_t *value) {
  printResult<uint32_t>(line, *value);
}

void u64Out(Line &line, const uint64_t *value) {
  printResult<uint64_t>(line, *value);
}

void clock(Line &line, const uint64_t *value) {
  printName(line.text, *value,
            "realtime monotonic process_cputime_id thread_cputime_id");
}

void whence(Line &line, const uint64_t *value) {
  printName(line.text, *value, "set cur end");
}

void advice(Line &line, const uint64_t *value) {
  printName(line.text, *value,
            "normal sequential random willneed dontneed noreuse");
}

void lookupflags(Line &line, const uint64_t *value) {
  printFlags(line.text, *value, "symlink_follow");
}

void oflags(Line &line, const uint64_t *value) {
  printFlags(line.text, *value, "creat directory excl trunc");
}

void fdflags(Line &line, const uint64_t *value) {
  printFlags(line.text, *value, "append dsync nonblock rsync sync");
}

void fstflags(Line &line, const uint64_t *value) {
  printFlags(line.text, *value, "atim atim_now mtim mtim_now");
}

/// All but a few are shown as those that are not there.
void rights(Line &line, const uint64_t *value) {
  uint64_t missing = allRights & ~*value;
  constexpr int fewRights = 10;
  if ((*value & ~allRights) || __builtin_popcountll(missing) > fewRights)
    return printFlags(line.text, *value, rightNames);
  if (!missing) {
    line.text << "all";
    return;
  }
  line.text << "~[";
  printFlags(line.text, missing, rightNames);
  line.text << "]";
}

// Lines.

static void printParameters(Line &line, const Row &row,
                            const uint64_t *values) {
  line.text << "wasi: " << row.name << "(";
  for (uint32_t i = 0; i != row.parameterCount; ++i) {
    if (!row.formatters[i])
      continue;
    if (i)
      line.text << ", ";
    row.formatters[i](line, values + i);
  }
  line.text << ")";
}

/// Which capability was missing, if one was.
static void explain(Line &line, const Row &row, const uint64_t *values) {
  Message &out = line.text;
  if (line.error == Errno::Badf && row.formatters[0] == preopen) {
    out << ": the program was given no "
        << (values[0] > 3 ? "further directory" : "directory");
    return;
  }
  for (uint32_t i = 0; i != row.parameterCount; ++i) {
    if (row.formatters[i] != fd)
      continue;
    auto found =
        line.instance.descriptors->lookup(static_cast<uint32_t>(values[i]));
    if (line.error == Errno::Badf && !found) {
      out << ": there is no descriptor " << values[i];
      return;
    }
    if (line.error == Errno::Notcapable && found && found->refused) {
      out << ": descriptor " << values[i] << " lacks ";
      printFlags(out, found->refused, rightNames);
      if (found->isReadOnly && (found->refused & changingRights))
        out << ", as its directory may only be read";
      return;
    }
    if (line.error == Errno::Perm && found && found->isDirectory()) {
      out << ": outside of what descriptor " << values[i]
          << " gives, or forbidden by the host";
      return;
    }
  }
}

/// Forgets what earlier calls were refused.
static void forgetRefusals(Instance &instance, const Row &row,
                           const uint64_t *values) {
  for (uint32_t i = 0; i != row.parameterCount; ++i)
    if (row.formatters[i] == fd)
      (void)instance.descriptors->refuse(static_cast<uint32_t>(values[i]), 0);
}

void print(Instance &instance, const Row &row, const uint64_t *values,
           Errno error) {
  Line line = {{}, instance, error};
  printParameters(line, row, values);
  line.text << " = ";
  printErrno(line.text, error);
  if (error != Errno::Success)
    explain(line, row, values);
  line.text << "\n";
  line.text.write();
  forgetRefusals(instance, row, values);
}

void printLast(Instance &instance, const Row &row, const uint64_t *values) {
  Line line = {{}, instance, Errno::Success};
  printParameters(line, row, values);
  line.text << "\n";
  line.text.write();
}

} // namespace moat::rt::wasi::trace
