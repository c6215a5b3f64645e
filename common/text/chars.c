/* UTF-8 as RFC 3629 has it: nothing overlong, no surrogates, none above U+10FFFF. */
#include "text/chars.h"

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* The second byte carries all the exceptions (RFC 3629, section 4). */
static bool is_second(uint8_t lead, uint8_t c)
{
	switch (lead) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	default:
		return is_tail(c);
	}
}

size_t chars_sequence(const char *p, size_t n)
{
	const uint8_t *b = (const uint8_t *)p;
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	size_t length = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (n < length || !is_second(b[0], b[1]))
		return 0;
	if (length > 2 && !is_tail(b[2]))
		return 0;
	if (length > 3 && !is_tail(b[3]))
		return 0;
	return length;
}

size_t chars_fit(struct str s, size_t most)
{
	size_t n = MIN(s.n, most);
	while (n > 0 && n < s.n && ((uint8_t)s.p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

size_t chars_utf8_run(const char *p, size_t n, size_t *n_points)
{
	size_t i = 0;
	while (i < n && (uint8_t)p[i] >= 0x80) {
		size_t length = chars_sequence(p + i, n - i);
		if (length == 0)
			break;
		i += length;
		*n_points += 1;
	}
	return i;
}

size_t chars_encode(uint32_t point, char out[static CHARS_POINT_BYTES])
{
	if (point >= 0xd800 && point <= 0xdfff)
		point = CHARS_REPLACEMENT;
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	must(point <= 0x10ffff);
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}
