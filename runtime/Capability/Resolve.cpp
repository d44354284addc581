// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The resolver: the kernel's openat2(2) where it is to be had, and a walk of
// our own where it is not (kernels before 5.6, sandboxes that filter the call).
// The walk follows what path_resolution(7) says: it opens one component after
// the other, never following a link, reads links itself, and puts their text in
// front of what is still to be walked. For `..` it does not ask the kernel,
// whose answer could be outside if somebody moves directories meanwhile: it
// forgets the last directory it entered and enters the others anew from the
// base. So every directory it stands in was reached from the base by entries
// that were not links when they were opened.

#include "Resolve.h"
#include <cstring>

namespace moat::rt {

using host::OpenMode;
using host::OwnedHandle;

/// How often openat2(2) may be disturbed by renames until we walk. A guess.
static constexpr int maximumAttempts = 32;
/// Links on the way: MAXSYMLINKS of Linux.
static constexpr int maximumLinks = 40;
/// Directories entered in one walk, again ones among them: every `..` enters
/// all those above anew, which a guest could make take minutes. A guess, a
/// tenth of a second.
static constexpr int maximumEntered = 1 << 16;
/// NAME_MAX of Linux.
static constexpr size_t maximumNameBytes = 255;

static constexpr OpenMode passThrough = {.isPathOnly = true,
                                         .isDirectory = true};

static bool isDots(std::string_view name) {
  return name == "." || name == "..";
}

namespace {

class Walk {
public:
  explicit Walk(host::Handle base) : base(base) {}
  Result<OwnedHandle> open(const char *path, OpenMode mode);

private:
  struct Component {
    char name[maximumNameBytes + 1];
    bool isLast;
    bool hasSlash; ///< slashes follow it
  };

  host::Handle directory() const {
    return entered.isOpen() ? entered.get() : base;
  }
  Errno prepend(std::string_view text);
  Errno next(Component &component);
  Errno enter(const char *name);
  Errno leave();
  Errno expandLink(const char *name, bool hasSlash);
  Result<OwnedHandle> openLast(const Component &component, OpenMode mode,
                               bool &isExpanded);

  host::Handle base;
  OwnedHandle entered; ///< the directory the walk stands in; none: the base
  int linkCount = 0, enteredCount = 0;

  /// The names of the directories entered, each with its NUL. The kernel knows
  /// no limit here; whoever needs more gets Nametoolong.
  char trail[2 * (maximumPathBytes + 1)];
  size_t trailBytes = 0;
  /// What is still to be walked, at the buffer's end. The same holds.
  char pending[3 * (maximumPathBytes + 1)];
  size_t pendingBegin = sizeof(pending);
};

} // namespace

/// Puts \p text in front of what is pending.
Errno Walk::prepend(std::string_view text) {
  if (text.size() > pendingBegin)
    return Errno::Nametoolong;
  pendingBegin -= text.size();
  memcpy(pending + pendingBegin, text.data(), text.size());
  return Errno::Success;
}

/// Takes the next component; there is one.
Errno Walk::next(Component &component) {
  const char *rest = pending + pendingBegin, *end = pending + sizeof(pending);
  const char *nameEnd = rest;
  while (nameEnd != end && *nameEnd != '/')
    ++nameEnd;
  size_t sizeBytes = static_cast<size_t>(nameEnd - rest);
  if (sizeBytes > maximumNameBytes)
    return Errno::Nametoolong;
  memcpy(component.name, rest, sizeBytes);
  component.name[sizeBytes] = 0;

  rest = nameEnd;
  while (rest != end && *rest == '/')
    ++rest;
  component.hasSlash = rest != nameEnd;
  component.isLast = rest == end;
  pendingBegin = static_cast<size_t>(rest - pending);
  return Errno::Success;
}

/// Steps into the directory \p name. Notdir: it is something else, maybe a
/// link.
Errno Walk::enter(const char *name) {
  size_t sizeBytes = strlen(name) + 1;
  if (sizeBytes > sizeof(trail) - trailBytes)
    return Errno::Nametoolong;
  if (++enteredCount > maximumEntered)
    return Errno::Loop;
  auto handle = host::openName(directory(), name, passThrough);
  if (!handle)
    return handle.error() == Errno::Loop ? Errno::Notdir : handle.error();
  entered = static_cast<OwnedHandle &&>(*handle);
  memmove(trail + trailBytes, name,
          sizeBytes); // leave() gives a name of the trail
  trailBytes += sizeBytes;
  return Errno::Success;
}

/// Steps back to where the last enter began.
Errno Walk::leave() {
  if (trailBytes == 0)
    return leadsOutside;
  --trailBytes; // the last name's NUL
  while (trailBytes != 0 && trail[trailBytes - 1] != 0)
    --trailBytes;
  size_t keptBytes = trailBytes;
  entered.reset();
  trailBytes = 0;
  while (trailBytes != keptBytes)
    if (Errno error = enter(trail + trailBytes); error != Errno::Success)
      return error;
  return Errno::Success;
}

/// Puts the text of the link \p name in front of what is pending. Inval: it is
/// no link.
Errno Walk::expandLink(const char *name, bool hasSlash) {
  char target[maximumPathBytes + 1];
  auto sizeBytes = host::readLink(directory(), name, target);
  if (!sizeBytes)
    return sizeBytes.error();
  if (*sizeBytes > maximumPathBytes)
    return Errno::Nametoolong;
  if (++linkCount > maximumLinks)
    return Errno::Loop;
  if (*sizeBytes == 0)
    return Errno::Noent;
  if (target[0] == '/')
    return leadsOutside;
  if (hasSlash)
    if (Errno error = prepend("/"); error != Errno::Success)
      return error;
  return prepend({target, *sizeBytes});
}

/// Opens the last component, or finds that it is a link to follow: then its
/// text is pending, and \p isExpanded is true.
Result<OwnedHandle> Walk::openLast(const Component &component, OpenMode mode,
                                   bool &isExpanded) {
  if (component.hasSlash && mode.isCreate)
    return Fail(Errno::Isdir); // as open(2) has it
  bool followsLink = mode.followsLink || component.hasSlash;
  mode.followsLink = false;
  mode.isDirectory |= component.hasSlash;

  auto handle = host::openName(directory(), component.name, mode);
  if (!followsLink)
    return handle;
  if (handle) {
    if (!mode.isPathOnly)
      return handle;
    auto info = host::status(handle->get());
    if (!info)
      return Fail(info.error());
    if (info->type != host::FileType::SymbolicLink)
      return handle;
  } else if (handle.error() != Errno::Loop && handle.error() != Errno::Notdir) {
    return handle;
  }
  Errno error = expandLink(component.name, component.hasSlash);
  if (error == Errno::Inval) // no link (any more): what open said holds
    return handle ? Fail(Errno::Again) : Fail(handle.error());
  if (error != Errno::Success)
    return Fail(error);
  isExpanded = true;
  return OwnedHandle();
}

Result<OwnedHandle> Walk::open(const char *path, OpenMode mode) {
  if (path[0] == 0)
    return Fail(Errno::Noent);
  if (path[0] == '/')
    return Fail(leadsOutside);
  if (Errno error = prepend(path); error != Errno::Success)
    return Fail(error);

  for (;;) {
    Component component;
    if (Errno error = next(component); error != Errno::Success)
      return Fail(error);
    Errno error = Errno::Success;
    if (isDots(component.name)) {
      if (component.name[1] == '.')
        error = leave();
      if (error == Errno::Success && component.isLast)
        return host::openName(directory(), ".", mode);
    } else if (component.isLast) {
      bool isExpanded = false;
      auto handle = openLast(component, mode, isExpanded);
      if (!isExpanded)
        return handle;
    } else {
      error = enter(component.name);
      if (error == Errno::Notdir) {
        error = expandLink(component.name, true);
        if (error == Errno::Inval)
          error = Errno::Notdir;
      }
    }
    if (error != Errno::Success)
      return Fail(error);
  }
}

Result<OwnedHandle> openBeneath(const Base &base, const char *path,
                                OpenMode mode) {
  if (base.resolution == Resolution::Kernel) {
    for (int attempt = 0; attempt != maximumAttempts; ++attempt) {
      auto handle = host::openBeneath(base.directory, path, mode);
      if (handle)
        return handle;
      Errno error = handle.error();
      if (error == Errno::Xdev)
        return Fail(leadsOutside);
      // Perm may be a filter's answer as well as the file's: the walk finds
      // out.
      if (error == Errno::Nosys || error == Errno::Perm)
        break;
      if (error != Errno::Again)
        return handle;
    }
  }
  return Walk(base.directory).open(path, mode);
}

/// Where the last component of \p path begins: behind the last slash that is
/// not at its end.
static constexpr size_t lastComponent(std::string_view path) {
  size_t end = path.size();
  while (end != 0 && path[end - 1] == '/')
    --end;
  while (end != 0 && path[end - 1] != '/')
    --end;
  return end;
}
static_assert(lastComponent("a") == 0 && lastComponent("a/") == 0 &&
              lastComponent("a/b") == 2 && lastComponent("a//b//") == 3 &&
              lastComponent("") == 0);

/// Whether the last component \p name, perhaps with slashes behind it, is `.`
/// or `..`.
static bool endsInDots(std::string_view name) {
  while (!name.empty() && name.back() == '/')
    name.remove_suffix(1);
  return isDots(name);
}

Result<Parent> openParent(const Base &base, PathBuffer &path) {
  if (path.sizeBytes == 0)
    return Fail(Errno::Noent);
  if (path.bytes[0] == '/')
    return Fail(leadsOutside);
  OpenMode mode = passThrough;
  mode.followsLink = true;

  size_t begin = lastComponent({path.bytes, path.sizeBytes});
  const char *name = path.bytes + begin;
  if (endsInDots({name, path.sizeBytes - begin})) {
    auto directory = openBeneath(base, path.bytes, mode);
    if (!directory)
      return Fail(directory.error());
    host::Handle handle = directory->get();
    return Parent{static_cast<OwnedHandle &&>(*directory), handle, "."};
  }
  if (begin == 0)
    return Parent{OwnedHandle(), base.directory, name};
  path.bytes[begin - 1] = 0;
  auto directory = openBeneath(base, path.bytes, mode);
  if (!directory)
    return Fail(directory.error());
  host::Handle handle = directory->get();
  return Parent{static_cast<OwnedHandle &&>(*directory), handle, name};
}

/// How many directories above its own a link to \p target reaches on its way,
/// by its text.
static constexpr size_t levelsAbove(std::string_view target) {
  size_t depth = 0, above = 0;
  while (!target.empty()) {
    size_t end = 0;
    while (end != target.size() && target[end] != '/')
      ++end;
    std::string_view name(target.data(), end);
    target.remove_prefix(end == target.size() ? end : end + 1);
    if (name.empty() || name == ".")
      continue;
    if (name != "..")
      ++depth;
    else if (depth != 0)
      --depth;
    else
      ++above;
  }
  return above;
}
static_assert(levelsAbove("a") == 0 && levelsAbove("../a") == 1 &&
              levelsAbove("a/../b") == 0 && levelsAbove("a/../../b") == 1 &&
              levelsAbove("../..") == 2 && levelsAbove(".//../x/..") == 1);

Errno checkLinkTarget(const Base &base, const PathBuffer &linkPath,
                      const char *target) {
  if (target[0] == 0)
    return Errno::Noent;
  if (target[0] == '/')
    return leadsOutside;
  size_t above = levelsAbove(target);
  if (above == 0)
    return Errno::Success;

  // The link's directory and so many `..` behind it: the resolver says where
  // that is.
  PathBuffer reached;
  size_t sizeBytes = lastComponent({linkPath.bytes, linkPath.sizeBytes});
  if (sizeBytes + 3 * above > maximumPathBytes)
    return Errno::Nametoolong;
  memcpy(reached.bytes, linkPath.bytes, sizeBytes);
  for (; above != 0; --above, sizeBytes += 3)
    memcpy(reached.bytes + sizeBytes, "../", 3);
  reached.bytes[sizeBytes] = 0;
  OpenMode mode = passThrough;
  mode.followsLink = true;
  auto directory = openBeneath(base, reached.bytes, mode);
  return directory ? Errno::Success : directory.error();
}

} // namespace moat::rt
