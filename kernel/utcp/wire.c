// Packets and payloads of UTCP; wire.h has the layout, providers/utcp/wire the reference.
#include "wire.h"
#include "../lib/bytes.h"

enum WireFault wire_form(const uint8_t *packet, size_t size) {
  if (size < WIRE_HEADER_SIZE + WIRE_TAG_SIZE) return WIRE_BAD_LENGTH;
  if (packet[0] != 1) return WIRE_BAD_VERSION;
  size_t payload_size = load_be16(packet + 4);
  if (size != WIRE_HEADER_SIZE + payload_size + WIRE_TAG_SIZE) return WIRE_BAD_LENGTH;
  if (payload_size > WIRE_PAYLOAD_SIZE_MAX) return WIRE_BAD_LENGTH;
  return load_be16(packet + 2) == 0 ? WIRE_GOOD : WIRE_BAD_VERSION;
}

void wire_format_header(uint8_t *packet, const struct WireHeader *header, size_t payload_size) {
  packet[0] = 1;
  packet[1] = header->type;
  store_be16(packet + 2, 0);
  store_be16(packet + 4, (uint16_t)payload_size);
  store_be16(packet + 6, header->generation);
  memcpy(packet + 8, header->source, 16);
  memcpy(packet + 24, header->destination, 16);
  store_be64(packet + 40, header->epoch);
  store_be64(packet + 48, header->sequence);
}

void wire_parse_header(struct WireHeader *header, const uint8_t *packet) {
  header->type = packet[1];
  header->generation = load_be16(packet + 6);
  memcpy(header->source, packet + 8, 16);
  memcpy(header->destination, packet + 24, 16);
  header->epoch = load_be64(packet + 40);
  header->sequence = load_be64(packet + 48);
}

static bool load_counter(uint64_t *counter, const uint8_t *from) {
  *counter = load_be64(from);
  return *counter < WIRE_COUNTER_LIMIT;
}

size_t wire_format_data(uint8_t *payload, const struct WireData *data) {
  store_be32(payload, data->stream);
  store_be32(payload + 4, data->time_stamp);
  store_be64(payload + 8, data->sequence);
  memcpy(payload + WIRE_DATA_HEAD_SIZE, data->message, data->message_size);
  return WIRE_DATA_HEAD_SIZE + data->message_size;
}

bool wire_parse_data(struct WireData *data, const uint8_t *payload, size_t size) {
  if (size < WIRE_DATA_HEAD_SIZE) return false;
  data->stream = load_be32(payload);
  data->time_stamp = load_be32(payload + 4);
  data->message = payload + WIRE_DATA_HEAD_SIZE;
  data->message_size = size - WIRE_DATA_HEAD_SIZE;
  return load_counter(&data->sequence, payload + 8);
}

size_t wire_format_feedback(uint8_t *payload, const struct WireFeedback *feedback) {
  store_be32(payload, feedback->stream);
  store_be32(payload + 4, feedback->echo);
  store_be32(payload + 8, feedback->hold_micros);
  store_be32(payload + 12, feedback->range_count);
  store_be64(payload + 16, feedback->highest);
  store_be64(payload + 24, feedback->position);
  store_be64(payload + 32, feedback->limit);
  uint8_t *at = payload + 40;
  for (uint32_t i = 0; i < feedback->range_count; i++, at += 8) {
    store_be32(at, (uint32_t)(feedback->ranges[i].first - feedback->position));
    store_be32(at + 4, (uint32_t)feedback->ranges[i].count);
  }
  return 40 + 8 * (size_t)feedback->range_count;
}

/* Ranges rise and neither touch nor overlap; none is empty. */
static bool load_ranges(struct WireFeedback *feedback, const uint8_t *at) {
  uint64_t lowest = 0;
  for (uint32_t i = 0; i < feedback->range_count; i++, at += 8) {
    uint64_t offset = load_be32(at), count = load_be32(at + 4);
    if (offset < lowest || count == 0) return false;
    feedback->ranges[i] = (struct WireRange){feedback->position + offset, count};
    lowest = offset + count + 1;
  }
  return true;
}

bool wire_parse_feedback(struct WireFeedback *feedback, const uint8_t *payload, size_t size) {
  if (size < 40) return false;
  feedback->stream = load_be32(payload);
  feedback->echo = load_be32(payload + 4);
  feedback->hold_micros = load_be32(payload + 8);
  feedback->range_count = load_be32(payload + 12);
  if (feedback->range_count > WIRE_RANGES_MAX || size != 40 + 8 * (size_t)feedback->range_count) return false;
  if (!load_counter(&feedback->highest, payload + 16)) return false;
  if (!load_counter(&feedback->position, payload + 24)) return false;
  if (!load_counter(&feedback->limit, payload + 32)) return false;
  return load_ranges(feedback, payload + 40);
}

size_t wire_format_heartbeat(uint8_t *payload, const struct WireHeartbeat *heartbeat) {
  store_be32(payload, heartbeat->stream);
  store_be32(payload + 4, heartbeat->time_stamp);
  store_be64(payload + 8, heartbeat->first);
  store_be64(payload + 16, heartbeat->next);
  return WIRE_HEARTBEAT_SIZE;
}

bool wire_parse_heartbeat(struct WireHeartbeat *heartbeat, const uint8_t *payload, size_t size) {
  if (size != WIRE_HEARTBEAT_SIZE) return false;
  heartbeat->stream = load_be32(payload);
  heartbeat->time_stamp = load_be32(payload + 4);
  if (!load_counter(&heartbeat->first, payload + 8)) return false;
  return load_counter(&heartbeat->next, payload + 16) && heartbeat->first <= heartbeat->next;
}

size_t wire_format_close(uint8_t *payload, uint32_t reason) {
  store_be32(payload, reason);
  return WIRE_CLOSE_SIZE;
}

bool wire_parse_close(uint32_t *reason, const uint8_t *payload, size_t size) {
  if (size != WIRE_CLOSE_SIZE) return false;
  *reason = load_be32(payload);
  return *reason <= WIRE_CLOSE_EXHAUSTED;
}
