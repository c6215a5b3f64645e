/*
 * Bytes inside JSON strings: runs that need no attention, UTF-8 sequences, and the way
 * from a code point to its bytes. Shared by the scanner (strangers' strings) and the
 * writer (our own), so that both mean the same by "plain" and by "valid".
 *
 *	size_t n = chars_plain_run(p, end - p);
 *
 * Pure, no allocation; every process that touches JSON runs it. Never looks behind
 * p + n.
 */
#ifndef TEXT_CHARS_H
#define TEXT_CHARS_H

#include "base/attr.h"

#include <assert.h>

enum { CHARS_POINT_BYTES = 4 }; /* the longest UTF-8 sequence */

/* U+FFFD, which stands for what cannot be said in UTF-8. */
#define CHARS_REPLACEMENT UINT32_C(0xfffd)

static_assert(
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/*
 * The top bit of each byte of w that is '"', '\\', below 0x20 or above 0x7f. Exact for
 * every byte: the sums stay below 0x100, so nothing carries from a byte to the next.
 */
static inline uint64_t chars_special(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t low = w & ones * 0x7f;
	const uint64_t plain = (low + ones * 0x60) &
			       ((low ^ ones * '"') + ones * 0x7f) &
			       ((low ^ ones * '\\') + ones * 0x7f);
	return (~plain | w) & ones * 0x80;
}

static inline uint64_t chars_special_at(const char *p)
{
	uint64_t w;
	__builtin_memcpy(&w, p, sizeof w);
	return chars_special(w);
}

/* How many bytes at p are ASCII that a JSON string holds as they are. */
static inline size_t chars_plain_run(const char *p, size_t n)
{
	size_t i = 0;
	for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t hits = chars_special_at(p + i);
		if (hits != 0)
			return i + (size_t)__builtin_ctzll(hits) / 8;
	}
	/* What is left, with some that were seen before it. */
	if (i > 0 && chars_special_at(p + n - sizeof(uint64_t)) == 0)
		return n;
	while (i < n && (chars_special((uint8_t)p[i]) & 0x80) == 0)
		i++;
	return i;
}

/* The length, 2 to 4, of the well-formed sequence (RFC 3629) of a code point above
 * U+007F at p, n >= 1; 0 when there is none: overlong, surrogate, cut, stray. */
size_t chars_sequence(const char *p, size_t n);

/* How many bytes at p are well-formed sequences above U+007F, one behind the other;
 * *n_points is raised by their number. */
size_t chars_utf8_run(const char *p, size_t n, size_t *n_points);

/* How much of s fits into `most` bytes without its last character being cut. */
size_t chars_fit(struct str s, size_t most);

/* point, at most U+10FFFF, as UTF-8; a surrogate becomes U+FFFD. Gives its length. */
size_t chars_encode(uint32_t point, char out[static CHARS_POINT_BYTES]);

#endif
