/* The byte classes of HTTP/1.1. Pure; run by the fronts. */
#include "http/chars.h"

#define __ 0                                   /* controls, DEL */
#define OB HTTP_CHAR_VALUE                     /* tab, 0x80-0xff */
#define SP (HTTP_CHAR_VALUE | HTTP_CHAR_PRINT) /* space */
#define NT (SP | HTTP_CHAR_TOKEN)              /* '#': a token, never in a target */
#define DL (SP | HTTP_CHAR_TARGET)             /* delimiters */
#define TK (DL | HTTP_CHAR_TOKEN)              /* the token's punctuation */
#define NM (TK | HTTP_CHAR_HOST)               /* letters, '-', '.', '_' */
#define HX (NM | HTTP_CHAR_HEX)                /* A-F, a-f */
#define DG (HX | HTTP_CHAR_DIGIT)              /* 0-9 */

/* clang-format off */
const uint8_t http_chars[256] = {
	__, __, __, __, __, __, __, __, __, OB, __, __, __, __, __, __, /* 0_ */
	__, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, /* 1_ */
	SP, TK, DL, NT, TK, TK, TK, TK, DL, DL, TK, TK, DL, NM, NM, DL, /* 2_ */
	DG, DG, DG, DG, DG, DG, DG, DG, DG, DG, DL, DL, DL, DL, DL, DL, /* 3_ */
	DL, HX, HX, HX, HX, HX, HX, NM, NM, NM, NM, NM, NM, NM, NM, NM, /* 4_ */
	NM, NM, NM, NM, NM, NM, NM, NM, NM, NM, NM, DL, DL, DL, TK, NM, /* 5_ */
	TK, HX, HX, HX, HX, HX, HX, NM, NM, NM, NM, NM, NM, NM, NM, NM, /* 6_ */
	NM, NM, NM, NM, NM, NM, NM, NM, NM, NM, NM, DL, TK, DL, TK, __, /* 7_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* 8_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* 9_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* a_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* b_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* c_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* d_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* e_ */
	OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, OB, /* f_ */
};
/* clang-format on */

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool http_chars_all(struct str s, unsigned classes)
{
	for (size_t i = 0; i < s.n; i++)
		if (!http_char_is(s.p[i], classes))
			return false;
	return true;
}

unsigned http_hex_value(char c)
{
	must(http_char_is(c, HTTP_CHAR_HEX));
	if (c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)(lower(c) - 'a') + 10;
}

bool http_equal_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

struct str http_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct str){s.p + 1, s.n - 1};
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}
