// Text built piece by piece; see text.h.
#include "text.h"
#include "bytes.h"

struct Text text_on(char *buffer, size_t size) { return (struct Text){.bytes = buffer, .size = size}; }

void text_character(struct Text *text, char character) {
  if (text->length < text->size)
    text->bytes[text->length++] = character;
  else
    text->overflowed = true;
}

void text_string(struct Text *text, const char *string) {
  while (*string != 0) text_character(text, *string++);
}

void text_decimal(struct Text *text, uint64_t value) {
  if (value >= 10) text_decimal(text, value / 10);
  text_character(text, (char)('0' + value % 10));
}

static char hex_digit(unsigned value) { return (char)(value < 10 ? '0' + value : 'a' + value - 10); }

void text_hex(struct Text *text, const void *bytes, size_t size) {
  const uint8_t *from = bytes;
  for (size_t i = 0; i < size; i++) {
    text_character(text, hex_digit(from[i] >> 4));
    text_character(text, hex_digit(from[i] & 15));
  }
}

void text_address(struct Text *text, uint64_t value) {
  uint8_t bytes[8];
  store_be64(bytes, value);
  text_string(text, "0x");
  text_hex(text, bytes, sizeof bytes);
}

size_t text_length(const char *string) {
  size_t length = 0;
  while (string[length] != 0) length++;
  return length;
}

bool text_starts_with(const char *text, size_t length, const char *prefix) {
  for (size_t i = 0; prefix[i] != 0; i++)
    if (i >= length || text[i] != prefix[i]) return false;
  return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_parse_hex(void *bytes, size_t size, const char *text, size_t length) {
  uint8_t *to = bytes;
  if (length != 2 * size) return false;
  for (size_t i = 0; i < size; i++) {
    int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    to[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool text_is_name(const char *text, size_t length) {
  if (length < 1 || length > 31 || !is_lower(text[0])) return false;
  for (size_t i = 1; i < length; i++)
    if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-') return false;
  return true;
}
