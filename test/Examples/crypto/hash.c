/* Prints the SHA-256 of its arguments. */

#include "sha256.h"
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 2)
    return fprintf(stderr, "usage: %s TEXT...\n", argv[0]), 2;
  moat_store *store = moat_create_store(NULL);
  moat_error error;
  sha256 *library = sha256__create(store, NULL, &error);
  if (!library)
    return puts(error.text), 1;
  for (int i = 1; i < argc; ++i) {
    uint32_t input, digest;
    uint8_t bytes[32];
    moat_trap_info trap;
    size_t size = strlen(argv[i]);
    if (sha256_input__try(library, &input, &trap) != MOAT_RETURNED ||
        !sha256_memory__write(library, input, argv[i], size) ||
        sha256_hash__try(library, (uint32_t)size, &digest, &trap) != MOAT_RETURNED || !digest ||
        !sha256_memory__read(library, digest, bytes, sizeof bytes))
      return puts("cannot hash that"), 1;
    for (size_t j = 0; j < sizeof bytes; ++j)
      printf("%02x", bytes[j]);
    printf("  %s\n", argv[i]);
  }
  moat_destroy_store(store);
  return 0;
}
