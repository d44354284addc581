// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A store and what JavaScript holds of it: who frees what, and buffers that
// have to be taken away.

#include "Addon.h"
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::node {

void Held::release() {
  if (--holders)
    return;
  for (Imported *each = imported; each; each = each->next)
    napi_delete_reference(env, each->function);
  for (Function *bucket : functions)
    for (Function *each = bucket; each; each = each->next)
      if (each->made)
        napi_delete_reference(env, each->made);
  napi_ref references[] = {self, kept, exitError};
  for (napi_ref reference : references)
    if (reference)
      napi_delete_reference(env, reference);
  free(thrownValues);
  moat_destroy_store(store);
  free(this);
}

static void *dataOf(napi_env env, napi_value external) {
  void *data = nullptr;
  napi_get_value_external(env, external, &data);
  return data;
}
Held &heldIn(napi_env env, napi_value external) {
  return *static_cast<Held *>(dataOf(env, external));
}
Thing &thingIn(napi_env env, napi_value external) {
  return *static_cast<Thing *>(dataOf(env, external));
}

napi_value valueOf(napi_env env, Held &held) {
  napi_value value = nullptr;
  if (held.self) {
    napi_get_reference_value(env, held.self, &value);
    if (value)
      return value;
    napi_delete_reference(env, held.self);
    held.self = nullptr;
  }
  held.hold();
  auto release = [](napi_env, void *held, void *) {
    static_cast<Held *>(held)->release();
  };
  napi_create_external(env, &held, release, nullptr, &value);
  napi_create_reference(env, value, 0, &held.self);
  return value;
}

void hideBuffer(napi_env env, Thing &memory, bool isDetached) {
  if (!memory.buffer)
    return;
  for (Thing **at = &memory.held->shown; *at; at = &(*at)->next)
    if (*at == &memory) {
      *at = memory.next;
      break;
    }
  napi_value buffer = nullptr;
  if (isDetached) {
    napi_get_reference_value(env, memory.buffer, &buffer);
    if (buffer)
      napi_detach_arraybuffer(env, buffer);
  }
  napi_delete_reference(env, memory.buffer);
  memory.buffer = nullptr;
}

void hideOldBuffers(napi_env env, Held &held) {
  for (Thing *each = held.shown; __builtin_expect(each != nullptr, 0);) {
    Thing *next = each->next;
    if (moat_memory_size(&each->thing) != each->size)
      hideBuffer(env, *each, true);
    each = next;
  }
}

napi_value makeThing(napi_env env, Held &held, const moat_extern &thing) {
  auto *data = static_cast<Thing *>(malloc(sizeof(Thing)));
  if (!data)
    abort();
  new (data) Thing{&held, thing};
  held.hold();
  napi_value value = nullptr;
  napi_create_external(
      env, data,
      [](napi_env env, void *data, void *) {
        auto *thing = static_cast<Thing *>(data);
        hideBuffer(env, *thing, false);
        thing->held->release();
        free(thing);
      },
      nullptr, &value);
  return value;
}

} // namespace moat::node
