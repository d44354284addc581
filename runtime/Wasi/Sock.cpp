// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Sockets. A guest cannot make one: it is handed listening or connected ones.

#include "Guest.h"

namespace moat::rt {

using wasi::Guest;
using wasi::Vectors;

/// A socket with the rights of \p needed. Badf, Notsock, Notcapable.
static Result<DescriptorUse> lookupSocket(Instance &instance, uint32_t fd,
                                          Rights needed) {
  auto found = instance.descriptors->lookup(fd);
  if (found && !found->isSocket())
    return Fail(Errno::Notsock);
  if (found &&
      instance.descriptors->require(fd, *found, needed) != Errno::Success)
    return Fail(Errno::Notcapable);
  return found;
}

/// Takes a connection that waits at a listening socket. Fault, Badf, Notsock,
/// Notcapable; Inval: not listening, or a flag other than nonblock; Again:
/// non-blocking, and nobody there; Mfile, Nfile. WASI preview 1, sock_accept.
/// As accept4(2).
Errno wasi::sock_accept(Instance &instance, uint32_t fd, uint32_t flags,
                        uint32_t result) {
  auto slot = Guest(instance).slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  auto found = lookupSocket(instance, fd, SockAccept);
  if (!found)
    return found.error();
  if (flags & ~uint32_t(FdNonblock))
    return Errno::Inval;
  if (Errno error = instance.descriptors->makeRoom(); error != Errno::Success)
    return error;
  const DescriptorUse &listening = *found;
  auto handle = host::accept(listening.handle.get(), (flags & FdNonblock) != 0);
  if (!handle)
    return handle.error();
  Descriptor connection;
  connection.handle = static_cast<host::OwnedHandle &&>(*handle);
  connection.type = listening.type;
  connection.flags = static_cast<uint16_t>(flags);
  connection.base = listening.inheriting & (streamRights | SockShutdown);
  auto accepted =
      instance.descriptors->insert(static_cast<Descriptor &&>(connection));
  if (!accepted)
    return accepted.error();
  slot->set(*accepted);
  return Errno::Success;
}

/// Receives into buffers; the size and roflags are written. Fault, Badf,
/// Notsock, Notcapable; Inval: an unknown flag; Again; Notconn, Connreset. WASI
/// preview 1, sock_recv. As recvmsg(2).
Errno wasi::sock_recv(Instance &instance, uint32_t fd, uint32_t iovs,
                      uint32_t count, uint32_t flags, uint32_t sizeResult,
                      uint32_t flagsResult) {
  constexpr uint32_t peek = 1, waitAll = 2;
  constexpr uint16_t dataTruncated = 1;
  Guest guest(instance);
  auto sizeSlot = guest.slot<uint32_t>(sizeResult);
  auto flagsSlot = guest.slot<uint16_t>(flagsResult);
  if (!sizeSlot || !flagsSlot)
    return Errno::Fault;
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupSocket(instance, fd, FdRead);
  if (!descriptor)
    return descriptor.error();
  if (flags & ~(peek | waitAll))
    return Errno::Inval;
  auto received = host::receive(descriptor->handle.get(), vectors,
                                (flags & peek) != 0, (flags & waitAll) != 0);
  if (!received)
    return received.error();
  sizeSlot->set(received->sizeBytes);
  flagsSlot->set(received->isTruncated ? dataTruncated : 0);
  return Errno::Success;
}

/// Sends buffers. Fault, Badf, Notsock, Notcapable; Inval: a flag, of which
/// there are none; Again; Pipe: the other end or this one is shut; Notconn;
/// Msgsize; Dquot: the limit on bytes written. WASI preview 1, sock_send. As
/// sendmsg(2).
Errno wasi::sock_send(Instance &instance, uint32_t fd, uint32_t iovs,
                      uint32_t count, uint32_t flags, uint32_t result) {
  Guest guest(instance);
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupSocket(instance, fd, FdWrite);
  if (!descriptor)
    return descriptor.error();
  if (flags != 0)
    return Errno::Inval;
  // A datagram is sent whole or not at all.
  if (descriptor->type == host::FileType::DatagramSocket &&
      count > host::maximumVectors)
    return Errno::Msgsize;
  WriteShare share(instance.writeQuota, vectors.items, vectors.count);
  if (share.error() != Errno::Success)
    return share.error();
  if (descriptor->type == host::FileType::DatagramSocket && share.isCut())
    return Errno::Dquot;
  auto sizeBytes = host::send(descriptor->handle.get(), vectors);
  if (!sizeBytes)
    return sizeBytes.error();
  share.written(*sizeBytes);
  slot->set(*sizeBytes);
  return Errno::Success;
}

/// Shuts down receiving, sending or both. Badf, Notsock, Notcapable; Inval:
/// neither, or an unknown flag; Notconn. WASI preview 1, sock_shutdown. As
/// shutdown(2).
Errno wasi::sock_shutdown(Instance &instance, uint32_t fd, uint32_t how) {
  constexpr uint32_t reads = 1, writes = 2;
  auto descriptor = lookupSocket(instance, fd, SockShutdown);
  if (!descriptor)
    return descriptor.error();
  if (how == 0 || (how & ~(reads | writes)))
    return Errno::Inval;
  return host::shutDown(descriptor->handle.get(), (how & reads) != 0,
                        (how & writes) != 0);
}

} // namespace moat::rt
