// The handshake of an endpoint: endpoint.c hands its packets to it.
#pragma once
#include "endpoint.h"

struct Arrival {
  const struct WireHeader *header;
  const uint8_t *payload;
  size_t payload_size;
  const uint8_t *from; // link address
  uint64_t now;
};

/* A packet of types 2 to 5 whose tag is right. */
enum UtcpDrop endpoint_take_handshake(struct Endpoint *endpoint, struct UtcpPeer *peer,
                                      const struct Arrival *arrival);
/* Sends an initiate if one is due, or ends the attempt. */
void endpoint_work_on_attempt(struct Endpoint *endpoint, struct UtcpPeer *peer, uint64_t now);
void endpoint_tell_end(const struct Endpoint *endpoint, const struct UtcpPeer *peer, enum UtcpEnd end);
