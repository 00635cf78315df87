// Who this node is; see identity.h.
#include "identity.h"
#include "config.h"
#include "crypto/siphash.h"
#include "lib/bytes.h"

struct Identity identity;

void identity_start(void) {
  ed25519_expand(&identity.key, config.seed);
  siphash128(identity.cell_id, config.mesh_key, identity.key.public_key, sizeof identity.key.public_key);
  memset(config.seed, 0, sizeof config.seed);
}
