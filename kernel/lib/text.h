// Text built piece by piece in a buffer of fixed size: the kernel's lines and its JSON. Also builds for
// Linux.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct Text {
  char *bytes;
  size_t size;     // of the buffer
  size_t length;   // of what was written
  bool overflowed; // something did not fit and was left out
};

/* A function and not an initialiser: the address of a static buffer would become a constant of the image. */
struct Text text_on(char *buffer, size_t size);

void text_character(struct Text *text, char character);
void text_string(struct Text *text, const char *string);
void text_decimal(struct Text *text, uint64_t value);
void text_hex(struct Text *text, const void *bytes, size_t size);
void text_address(struct Text *text, uint64_t value); // 0x and 16 digits

size_t text_length(const char *string);
bool text_starts_with(const char *text, size_t length, const char *prefix);
/* Inverse of text_hex, lower case only; false if the text is not 2 * size hexadecimal digits. */
bool text_parse_hex(void *bytes, size_t size, const char *text, size_t length);
/* [a-z][a-z0-9-]{0,30}: names stand in JSON unescaped, so this is their only door. */
bool text_is_name(const char *text, size_t length);
