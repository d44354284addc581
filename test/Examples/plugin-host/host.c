/* Runs the plugin's misdeeds one after another, each in a store of its own. */

#include "plugin.h"
#include <stdio.h>

struct Host {
  plugin *instance;
};

/* What the plugin says lies in its memory: read it only if it does. */
static void say(void *context, uint32_t text, uint32_t size) {
  struct Host *host = *(struct Host **)context;
  char copy[64];
  if (size >= sizeof copy || !plugin_memory__read(host->instance, text, copy, size))
    moat_fail(1, "the plugin says something that is not in its memory");
  copy[size] = 0;
  printf("plugin says: %s\n", copy);
}

int main(void) {
  static const char *const names[] = {"behaves", "writes outside", "loops",
                                      "takes memory", "takes stack", "lies"};
  for (uint32_t how = 0; how < 6; ++how) {
    moat_store_options limits = {.stack_bytes = 1 << 20,
                                 .memory_bytes = 4 << 20,
                                 .call_time_ns = 100 * 1000 * 1000};
    moat_store *store = moat_create_store(&limits);
    struct Host host = {NULL}, *place = &host;
    plugin__imports imports = {.context = &place, .host__say = say};
    moat_error error;
    host.instance = plugin__create(store, &imports, &error);
    if (!host.instance) {
      printf("%s\n", error.text);
      return 1;
    }
    uint32_t result;
    moat_trap_info trap;
    if (plugin_work__try(host.instance, how, &result, &trap) == MOAT_RETURNED)
      printf("%s: returned %u\n", names[how], result);
    else
      printf("%s: %s\n", names[how], trap.text);
    moat_destroy_store(store);
  }
  printf("the host is well\n");
  return 0;
}
