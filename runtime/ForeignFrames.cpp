// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Exceptions of guests in frames of C++. Where a function of the host, called
// by a guest, calls a guest that throws, or throws itself, its frames may have
// destructors to run and handlers (`catch (...)`), which only the unwinder of
// C++ can do: personality routines know no other. So the exception becomes a
// foreign one of that unwinder (Itanium C++ ABI: Exception Handling, 1.2), and
// from the first such frame on it looks for who takes it: a handler of C++, a
// landing pad of a guest, or, at last, the activation.
//
// The unwinder is the host program's. If it has none it has no such frames,
// unless they are of a library, and then the call ends without them.

#include "ForeignFrames.h"
#include "Arch/Throw.h"
#include <cstdlib>
#include <new>
#include <unwind.h>

#pragma weak _Unwind_RaiseException
#pragma weak _Unwind_GetIPInfo
#pragma weak _Unwind_SetGR
#pragma weak _Unwind_SetIP

namespace moat::rt {

namespace {

struct ForeignFlight {
  Flight flight; // first
  _Unwind_Exception header;
  Domain *domain;
};

} // namespace

/// `moat` and `wasm`: whose exception, and of which language.
static constexpr uint64_t exceptionClass = 0x6d6f61747761736d;

static ForeignFlight &flightOf(_Unwind_Exception *header) {
  return *reinterpret_cast<ForeignFlight *>(reinterpret_cast<char *>(header) -
                                            offsetof(ForeignFlight, header));
}

/// Ends a flight. \returns its exception.
static abi::Exception *land(ForeignFlight &flight) {
  abi::Exception *exception = flight.flight.exception;
  for (Flight **at = &flight.domain->flights; *at; at = &(*at)->next)
    if (*at == &flight.flight) {
      *at = flight.flight.next;
      break;
    }
  free(&flight);
  return exception;
}

void forgetFlights(Domain &domain) {
  while (Flight *flight = domain.flights) {
    domain.flights = flight->next;
    free(flight); // the first of a ForeignFlight
  }
}

void throwThroughForeignFrames(abi::Exception &exception,
                               const Registers &registers) {
  if (!_Unwind_RaiseException)
    return;
  void *room = aligned_alloc(alignof(ForeignFlight), sizeof(ForeignFlight));
  if (!room)
    return;
  auto *flight = new (room) ForeignFlight();
  Domain &domain = *moat_activation->domain;
  flight->flight = {&exception, domain.flights};
  flight->domain = &domain;
  flight->header.exception_class = exceptionClass;
  flight->header.exception_cleanup = [](_Unwind_Reason_Code,
                                        _Unwind_Exception *header) {
    land(flightOf(header));
  };
  domain.flights = &flight->flight;
  moat_raise(&registers, &flight->header, [](void *header) {
    _Unwind_RaiseException(static_cast<_Unwind_Exception *>(header));
  });
  land(*flight);
}

/// The landing pad of the frame that the unwinder is at, or 0.
static uint64_t landingPadOf(const Domain &domain, _Unwind_Context *context) {
  int isBefore = 0;
  uint64_t pc = _Unwind_GetIPInfo(context, &isBefore);
  pc -= !isBefore;
  UnwindTables tables = {};
  UnwindRow row;
  return domain.findTables(domain, pc, tables) && findRow(tables, pc, row)
             ? findLandingPad(tables, row, pc)
             : 0;
}

extern "C" uint32_t moat_guest_personality(uint32_t actions, uint64_t kind,
                                           void *header, void *context) {
  if (kind != exceptionClass || (actions & _UA_FORCE_UNWIND))
    return _URC_CONTINUE_UNWIND;
  auto &flight = flightOf(static_cast<_Unwind_Exception *>(header));
  auto *frame = static_cast<_Unwind_Context *>(context);
  uint64_t landing = landingPadOf(*flight.domain, frame);
  if (!landing)
    return _URC_CONTINUE_UNWIND;
  if (actions & _UA_SEARCH_PHASE)
    return _URC_HANDLER_FOUND;
  if (!(actions & _UA_HANDLER_FRAME))
    return _URC_CONTINUE_UNWIND;
  // As moat_land() does it.
  auto exception = reinterpret_cast<uint64_t>(land(flight));
  _Unwind_SetGR(frame, __builtin_eh_return_data_regno(0), exception);
  _Unwind_SetGR(frame, __builtin_eh_return_data_regno(1), 0);
  _Unwind_SetIP(frame, landing);
  return _URC_INSTALL_CONTEXT;
}

extern "C" uint32_t moat_activation_personality(uint32_t, uint32_t actions,
                                                uint64_t kind, void *header,
                                                void *) {
  if (kind != exceptionClass || (actions & _UA_FORCE_UNWIND))
    return _URC_CONTINUE_UNWIND;
  Activation &activation = *moat_activation;
  auto &flight = flightOf(static_cast<_Unwind_Exception *>(header));
  if (actions & _UA_SEARCH_PHASE) {
    // The frames are there still, unless C++ caught it and throws it again,
    // which it does on the guest's stack.
    bool hasFrames = !flight.domain->stack.contains(
        reinterpret_cast<uint64_t>(__builtin_frame_address(0)));
    noteException(activation, flight.flight.exception, hasFrames);
    return _URC_HANDLER_FOUND;
  }
  if (!(actions & _UA_HANDLER_FRAME))
    return _URC_CONTINUE_UNWIND;
  land(flight);
  leave(&activation);
}

} // namespace moat::rt
