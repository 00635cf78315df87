/*
 * The kernel's cryptography on the host, for tests. One request a line on stdin, its answer on stdout; byte
 * strings are hexadecimal, "-" is the empty one.
 *   sha256 M | sha512 M | siphash KEY M | public SEED | sign SEED M | verify KEY SIGNATURE M
 */
#include <stdio.h>
#include <string.h>
#include "../../kernel/crypto/ed25519.h"
#include "../../kernel/crypto/sha2.h"
#include "../../kernel/crypto/siphash.h"

#define FIELDS_MAX 4
static char line[1 << 20];
static uint8_t fields[FIELDS_MAX][1 << 18];
static size_t sizes[FIELDS_MAX];

static void read_field(int index, const char *text) {
  unsigned byte;
  sizes[index] = 0;
  for (; sscanf(text, "%2x", &byte) == 1; text += 2) fields[index][sizes[index]++] = (uint8_t)byte;
}

static void print_hex(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
  printf("\n");
}

static struct Message message_in(int index) {
  return (struct Message){.body = fields[index], .body_size = sizes[index]};
}

static void hash_with_512(uint8_t digest[64]) {
  struct Sha512 hash;
  sha512_start(&hash);
  sha512_add(&hash, fields[0], sizes[0]);
  sha512_finish(&hash, digest);
}

static void answer(const char *verb) {
  uint8_t result[64];
  struct SigningKey key;
  if (strcmp(verb, "sha256") == 0) {
    sha256(result, fields[0], sizes[0]);
    print_hex(result, 32);
  } else if (strcmp(verb, "sha512") == 0) {
    hash_with_512(result);
    print_hex(result, 64);
  } else if (strcmp(verb, "siphash") == 0) {
    siphash128(result, fields[0], fields[1], sizes[1]);
    print_hex(result, 16);
  } else if (strcmp(verb, "public") == 0) {
    ed25519_expand(&key, fields[0]);
    print_hex(key.public_key, 32);
  } else if (strcmp(verb, "sign") == 0) {
    ed25519_expand(&key, fields[0]);
    ed25519_sign(result, &key, message_in(1));
    print_hex(result, 64);
  } else if (strcmp(verb, "verify") == 0) {
    puts(ed25519_verify(fields[1], fields[0], message_in(2)) ? "accept" : "reject");
  }
}

int main(void) {
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *verb = strtok(line, " \n");
    int count = 0;
    for (char *field; count < FIELDS_MAX && (field = strtok(NULL, " \n")) != NULL;)
      read_field(count++, field);
    if (verb != NULL) answer(verb);
  }
  return 0;
}
