/*
 * Sealing and opening for one session: packet numbers, keys by generation, and the window against replay (RFC
 * 6479 without its ring). A number is never used twice, so no nonce is. How keys follow from each other is
 * said in providers/utcp/session/keys.ts.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire.h"

#define CHANNEL_WINDOW_BITS 1024u
#define CHANNEL_GENERATION_MAX 0xffffu

struct Channel {
  uint8_t self[16], peer[16];
  uint64_t epoch, peer_epoch, rekey_packets;
  uint8_t send_secret[32], send_key[32];
  uint8_t receive_next[32]; // the secret of the next generation
  uint8_t receive_keys[3][32]; // last, present, next
  uint16_t send_generation, receive_generation;
  uint64_t number; // of the packet sent last
  uint64_t generation_start; // of the first one under the present key
  uint64_t seen; // the highest of ours that the peer has seen
  uint64_t highest; // of the peer's that came
  uint64_t window[CHANNEL_WINDOW_BITS / 64];
};

enum ChannelFault { CHANNEL_GOOD, CHANNEL_REPLAY, CHANNEL_BAD_TAG };

/* The members up to rekey_packets are set before. */
void channel_start(struct Channel *channel, const uint8_t send_secret[32], const uint8_t receive_secret[32]);
/* Opens a packet whose form is checked: its payload is left decrypted in it. The tag is asked last. */
enum ChannelFault channel_open(struct Channel *channel, const struct WireHeader *header, uint8_t *packet,
                               size_t size, bool *is_highest);
/* Seals the payload that stands behind the place of the header. Returns the size of the packet. */
size_t channel_seal(struct Channel *channel, uint8_t type, uint8_t *packet, size_t payload_size);
/* The peer has seen that packet of ours. Returns whether it had not seen one as high. */
bool channel_confirm(struct Channel *channel, uint64_t number);
bool channel_is_exhausted(const struct Channel *channel);
