// The node's configuration, out of the initrd. The format is in config.c.
#pragma once
#include <stdint.h>
#include "devicetree.h"
#include "param.h"

struct Peer {
  char name[NAME_MAX + 1];
  uint8_t public_key[32];
  uint8_t cell_id[16];
};

struct Config {
  char node[NAME_MAX + 1];
  char mesh[NAME_MAX + 1];
  char release[RELEASE_CID_SIZE + 1];
  uint8_t seed[32];
  uint8_t mesh_key[16];
  uint8_t first_nonce[32];
  uint8_t digest[32]; // SHA-256 of the stable part
  uint64_t epoch;
  uint64_t hello_interval_micros, heartbeat_interval_micros;
  struct Peer peers[PEERS_MAX]; // sorted by name
  uint32_t peer_count;
};

extern struct Config config;

/* Reads and checks the blob, each fault with a panic text of its own; wipes it from the initrd's memory. */
void config_load(const struct Machine *machine);
