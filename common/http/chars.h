/*
 * Which byte may stand where in HTTP/1.1 (RFC 9110 section 5.6, RFC 9112), as one table
 * of class bits, and the comparisons that names need. No locale, no <ctype.h>.
 */
#ifndef HTTP_CHARS_H
#define HTTP_CHARS_H

#include "base/attr.h"

enum http_char {
	HTTP_CHAR_TOKEN = 1,  /* tchar: methods, header names, connection options */
	HTTP_CHAR_VALUE = 2,  /* header values: visible, space, tab, 0x80-0xff */
	HTTP_CHAR_TARGET = 4, /* request targets: visible ASCII without '#' */
	HTTP_CHAR_HOST = 8,   /* host names and IPv4: letters, digits, '-', '.', '_' */
	HTTP_CHAR_HEX = 16,
	HTTP_CHAR_DIGIT = 32,
	HTTP_CHAR_PRINT = 64, /* what we write ourselves: visible ASCII and space */
};

extern const uint8_t http_chars[256];

static inline bool http_char_is(char c, unsigned classes)
{
	return (http_chars[(unsigned char)c] & classes) != 0;
}

/* True when each byte of s is in one of the classes; true for an empty s. */
bool http_chars_all(struct str s, unsigned classes) ATTR_UNUSED_RESULT;

/* c must be of HTTP_CHAR_HEX. */
unsigned http_hex_value(char c);

/* Equality, where an ASCII letter equals its other case. */
bool http_equal_nocase(struct str a, struct str b) ATTR_UNUSED_RESULT;

/* s without the spaces and tabs around it. */
struct str http_trim(struct str s);

#endif
