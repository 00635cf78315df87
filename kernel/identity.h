// Who this node is: its signing key and its CellID.
#pragma once
#include "crypto/ed25519.h"

struct Identity {
  struct SigningKey key;
  uint8_t cell_id[16]; // SipHash-2-4-128 of the public key, keyed by the mesh
};

extern struct Identity identity;

/* Derives both from the configuration, then forgets the seed. */
void identity_start(void);
