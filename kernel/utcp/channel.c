// See channel.h.
#include "channel.h"
#include "../lib/bytes.h"
#include "aead.h"
#include "hkdf.h"

static void derive_key(uint8_t key[32], const uint8_t secret[32]) { hkdf_expand(key, secret, "utcp-v1 key"); }
static void derive_next(uint8_t next[32], const uint8_t secret[32]) {
  hkdf_expand(next, secret, "utcp-v1 next");
}

void channel_start(struct Channel *channel, const uint8_t send_secret[32], const uint8_t receive_secret[32]) {
  memcpy(channel->send_secret, send_secret, 32);
  derive_key(channel->send_key, send_secret);
  derive_next(channel->receive_next, receive_secret);
  derive_key(channel->receive_keys[1], receive_secret);
  derive_key(channel->receive_keys[2], channel->receive_next);
  channel->generation_start = 1;
}

static uint64_t *word_of(struct Channel *channel, uint64_t number) {
  return &channel->window[number % CHANNEL_WINDOW_BITS / 64];
}

static bool is_new(struct Channel *channel, uint64_t number) {
  if (number > channel->highest) return true;
  if (number == 0 || number + CHANNEL_WINDOW_BITS <= channel->highest) return false;
  return (*word_of(channel, number) >> number % 64 & 1) == 0;
}

static void take(struct Channel *channel, uint64_t number) {
  for (uint64_t n = channel->highest; n < number && n - channel->highest < CHANNEL_WINDOW_BITS; n++)
    *word_of(channel, n + 1) &= ~(1ull << (n + 1) % 64);
  if (number > channel->highest) channel->highest = number;
  *word_of(channel, number) |= 1ull << number % 64;
}

/* Place in receive_keys of that generation's key, or 3. Before the first generation there is no last key. */
static uint32_t key_place(const struct Channel *channel, uint16_t generation) {
  uint32_t place = (uint32_t)generation + 1 - channel->receive_generation;
  return place > 2 || (place == 0 && channel->receive_generation == 0) ? 3 : place;
}

static void go_to_next_receive_key(struct Channel *channel) {
  memcpy(channel->receive_keys[0], channel->receive_keys[1], 32);
  memcpy(channel->receive_keys[1], channel->receive_keys[2], 32);
  derive_next(channel->receive_next, channel->receive_next);
  derive_key(channel->receive_keys[2], channel->receive_next);
  channel->receive_generation++;
}

static struct Sealed sealed_in(uint8_t *packet, size_t payload_size, const uint8_t *key, uint64_t number) {
  return (struct Sealed){.key = key,
                         .number = number,
                         .header = packet,
                         .header_size = WIRE_HEADER_SIZE,
                         .text = packet + WIRE_HEADER_SIZE,
                         .text_size = payload_size};
}

enum ChannelFault channel_open(struct Channel *channel, const struct WireHeader *header, uint8_t *packet,
                               size_t size, bool *is_highest) {
  uint64_t number = header->sequence;
  if (header->epoch != channel->peer_epoch) return CHANNEL_REPLAY;
  if (number >= WIRE_COUNTER_LIMIT || !is_new(channel, number)) return CHANNEL_REPLAY;
  uint32_t place = key_place(channel, header->generation);
  if (place == 3) return CHANNEL_BAD_TAG;
  size_t payload_size = size - WIRE_HEADER_SIZE - WIRE_TAG_SIZE;
  struct Sealed sealed = sealed_in(packet, payload_size, channel->receive_keys[place], number);
  if (!aead_open(&sealed, packet + size - WIRE_TAG_SIZE)) return CHANNEL_BAD_TAG;
  *is_highest = number > channel->highest;
  take(channel, number);
  if (place == 2) go_to_next_receive_key(channel);
  return CHANNEL_GOOD;
}

static bool is_key_used(const struct Channel *channel) {
  return channel->number - channel->generation_start + 1 >= channel->rekey_packets;
}

bool channel_is_exhausted(const struct Channel *channel) {
  return channel->send_generation == CHANNEL_GENERATION_MAX && is_key_used(channel);
}

static void rekey_if_due(struct Channel *channel) {
  if (!is_key_used(channel) || channel->seen < channel->generation_start) return;
  if (channel->send_generation == CHANNEL_GENERATION_MAX) return;
  derive_next(channel->send_secret, channel->send_secret);
  derive_key(channel->send_key, channel->send_secret);
  channel->send_generation++;
  channel->generation_start = channel->number + 1;
}

size_t channel_seal(struct Channel *channel, uint8_t type, uint8_t *packet, size_t payload_size) {
  rekey_if_due(channel);
  channel->number++;
  struct WireHeader header = {.type = type,
                              .generation = channel->send_generation,
                              .epoch = channel->epoch,
                              .sequence = channel->number};
  memcpy(header.source, channel->self, 16);
  memcpy(header.destination, channel->peer, 16);
  wire_format_header(packet, &header, payload_size);
  struct Sealed sealed = sealed_in(packet, payload_size, channel->send_key, channel->number);
  aead_seal(&sealed, packet + WIRE_HEADER_SIZE + payload_size);
  return WIRE_HEADER_SIZE + payload_size + WIRE_TAG_SIZE;
}

bool channel_confirm(struct Channel *channel, uint64_t number) {
  if (number <= channel->seen) return false;
  channel->seen = number;
  return true;
}
