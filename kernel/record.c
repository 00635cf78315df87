/*
 * Signed statements of what runs here: in-toto statements in one line of JSON, signed as DSSE envelopes are.
 *
 *   @nexus record <signature, 128 hex digits> <statement>
 *   signature = Ed25519 over "DSSEv1 28 application/vnd.in-toto+json " <length> " " <statement>
 *
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 *
 * No string in it needs escaping: names and the CID were checked when they were read.
 */
#include "record.h"
#include "cell.h"
#include "clock.h"
#include "config.h"
#include "console.h"
#include "identity.h"
#include "image.h"
#include "lib/text.h"
#include "utcp.h"

#define LINE_PREFIX "@nexus record "
#define CHALLENGE_PREFIX "@nexus challenge "
#define CHALLENGE_PREFIX_SIZE 17
#define STATEMENT_AT (14 + 128 + 1) // behind the prefix, the signature and a space

static char line[STATEMENT_AT + RECORD_MAX_BYTES];
static uint64_t sequence, next_heartbeat_at;

static void put_string_field(struct Text *text, const char *before, const char *value) {
  text_string(text, before);
  text_string(text, value);
}

static void put_hex_field(struct Text *text, const char *before, const void *bytes, uint64_t size) {
  text_string(text, before);
  text_hex(text, bytes, size);
}

static void put_number_field(struct Text *text, const char *before, uint64_t value) {
  text_string(text, before);
  text_decimal(text, value);
}

static void put_subject(struct Text *text) {
  uint8_t digest[32];
  image_digest(digest);
  text_string(text, "{\"_type\":\"https://in-toto.io/Statement/v1\"");
  put_string_field(text, ",\"subject\":[{\"name\":\"", config.node);
  put_hex_field(text, "\",\"digest\":{\"sha256\":\"", digest, sizeof digest);
}

static void put_cells(struct Text *text) {
  text_string(text, "\",\"cells\":[");
  for (uint32_t i = 0; i < cell_count; i++) {
    put_string_field(text, i == 0 ? "{\"name\":\"" : ",{\"name\":\"", cells[i].name);
    put_string_field(text, "\",\"state\":\"", cell_state_name(cells[i].state));
    text_string(text, "\"}");
  }
}

static void put_peers(struct Text *text) {
  text_string(text, "],\"peers\":[");
  for (uint32_t i = 0; i < config.peer_count; i++) {
    const struct Peer *peer = &config.peers[i];
    put_string_field(text, i == 0 ? "{\"name\":\"" : ",{\"name\":\"", peer->name);
    put_hex_field(text, "\",\"cellId\":\"", peer->cell_id, sizeof peer->cell_id);
    put_string_field(text, "\",\"heard\":", utcp_is_heard(i) ? "true}" : "false}");
  }
}

/* A nonce makes it a boot record, none a heartbeat. */
static void put_statement(struct Text *text, const uint8_t *nonce) {
  put_subject(text);
  put_string_field(text, "\"}}],\"predicateType\":\"https://factory.nexus.internal/provchain/",
                   nonce == NULL ? "heartbeat" : "boot");
  put_string_field(text, "/v1\",\"predicate\":{\"node\":\"", config.node);
  put_hex_field(text, "\",\"key\":\"", identity.key.public_key, sizeof identity.key.public_key);
  put_string_field(text, "\",\"release\":\"", config.release);
  put_hex_field(text, "\",\"config\":\"", config.digest, sizeof config.digest);
  if (nonce != NULL) put_hex_field(text, "\",\"nonce\":\"", nonce, 32);
  put_number_field(text, "\",\"epoch\":\"", config.epoch);
  put_number_field(text, "\",\"sequence\":\"", ++sequence);
  put_number_field(text, "\",\"uptimeMicros\":\"", clock_micros());
  put_cells(text);
  put_peers(text);
  text_string(text, "]}}");
}

static void sign_statement(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct Text *statement) {
  char buffer[64];
  struct Text head = text_on(buffer, sizeof buffer);
  text_string(&head, "DSSEv1 28 application/vnd.in-toto+json ");
  text_decimal(&head, statement->length);
  text_character(&head, ' ');
  ed25519_sign(signature, &identity.key,
               (struct Message){.head = buffer, .head_size = head.length, .body = statement->bytes,
                                .body_size = statement->length});
}

static void send_record(const uint8_t *nonce) {
  uint8_t signature[ED25519_SIGNATURE_SIZE];
  struct Text statement = text_on(line + STATEMENT_AT, RECORD_MAX_BYTES);
  struct Text whole = text_on(line, STATEMENT_AT);
  put_statement(&statement, nonce);
  sign_statement(signature, &statement);
  text_string(&whole, LINE_PREFIX);
  text_hex(&whole, signature, sizeof signature);
  text_character(&whole, ' ');
  whole.length += statement.length;
  whole.overflowed |= statement.overflowed;
  console_line(&whole);
}

void record_boot(const uint8_t nonce[32]) {
  send_record(nonce);
  if (next_heartbeat_at == 0) next_heartbeat_at = clock_micros() + config.heartbeat_interval_micros;
}

uint64_t record_work(uint64_t now) {
  if (now >= next_heartbeat_at) {
    send_record(NULL);
    utcp_say_drops();
    next_heartbeat_at = now + config.heartbeat_interval_micros;
  }
  return next_heartbeat_at;
}

void record_take_line(const char *text, uint64_t length) {
  uint8_t nonce[32];
  bool is_challenge =
      text_starts_with(text, length, CHALLENGE_PREFIX) &&
      text_parse_hex(nonce, sizeof nonce, text + CHALLENGE_PREFIX_SIZE, length - CHALLENGE_PREFIX_SIZE);
  if (is_challenge)
    record_boot(nonce);
  else
    console_counters.lines_ignored++;
}
