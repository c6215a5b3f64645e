/* Numbers from text, strictly; saturating arithmetic; money as text. */
#include "base/num.h"

#include "base/clock.h"

#include <string.h>

enum { USD_PLACES = 9 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool push_digit(uint64_t *v, uint64_t base, uint64_t digit)
{
	return !__builtin_mul_overflow(*v, base, v) &&
	       !__builtin_add_overflow(*v, digit, v);
}

bool num_parse_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) || !push_digit(&v, 10, (uint64_t)(s.p[i] - '0')))
			return false;
	if (s.n == 0)
		return false;
	*out = v;
	return true;
}

bool num_parse_hex(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_value(s.p[i]);
		if (d < 0 || !push_digit(&v, 16, (uint64_t)d))
			return false;
	}
	if (s.n == 0)
		return false;
	*out = v;
	return true;
}

bool num_parse_fixed(struct str s, uint64_t scale, uint64_t *out)
{
	uint64_t whole = 0, part = 0;
	size_t i = 0;
	for (; i < s.n && is_digit(s.p[i]); i++)
		if (!push_digit(&whole, 10, (uint64_t)(s.p[i] - '0')))
			return false;
	if (i == 0 || __builtin_mul_overflow(whole, scale, &whole))
		return false;
	if (i < s.n) {
		if (s.p[i] != '.' || i + 1 == s.n)
			return false;
		for (i++; i < s.n; i++) {
			if (!is_digit(s.p[i]))
				return false;
			scale /= 10;
			part += scale * (uint64_t)(s.p[i] - '0');
		}
	}
	if (__builtin_add_overflow(whole, part, &whole))
		return false;
	*out = whole;
	return true;
}

bool num_parse_usd(struct str s, uint64_t *out_nanousd)
{
	const char *point = s.n > 0 ? memchr(s.p, '.', s.n) : NULL;
	for (size_t i = point ? (size_t)(point - s.p) + 1 + USD_PLACES : s.n; i < s.n;
		i++)
		if (s.p[i] != '0')
			return false;
	return num_parse_fixed(s, UINT64_C(1000000000), out_nanousd);
}

static bool strip_suffix(struct str *s, const char *suffix, size_t n)
{
	if (s->n <= n || __builtin_memcmp(s->p + s->n - n, suffix, n) != 0)
		return false;
	s->n -= n;
	return true;
}

bool num_parse_duration(struct str s, uint64_t *out_ns)
{
	uint64_t unit_ns = NS_PER_S;
	if (strip_suffix(&s, "ms", 2))
		unit_ns = NS_PER_MS;
	else if (strip_suffix(&s, "m", 1))
		unit_ns = 60 * NS_PER_S;
	else if (strip_suffix(&s, "h", 1))
		unit_ns = 3600 * NS_PER_S;
	else
		(void)strip_suffix(&s, "s", 1);
	/* micro-units of the suffix first, so that "0.5h" keeps its fraction */
	uint64_t micro;
	if (!num_parse_fixed(s, 1000000, &micro))
		return false;
	uint64_t ns;
	if (__builtin_mul_overflow(micro, unit_ns / 1000000, &ns))
		return false;
	if (unit_ns == NS_PER_MS)
		ns = micro;
	*out_ns = ns;
	return true;
}

bool num_parse_size(struct str s, uint64_t *out_bytes)
{
	unsigned shift = 0;
	if (strip_suffix(&s, "K", 1))
		shift = 10;
	else if (strip_suffix(&s, "M", 1))
		shift = 20;
	else if (strip_suffix(&s, "G", 1))
		shift = 30;
	uint64_t v;
	if (!num_parse_u64(s, &v) || v > UINT64_MAX >> shift)
		return false;
	*out_bytes = v << shift;
	return true;
}

/* ---- to text --------------------------------------------------------------------
 * By hand: an answer of the monitoring endpoints has tens of thousands of numbers.
 */

enum { POWERS = 20 };

static const uint64_t power_of_ten[POWERS] = {UINT64_C(1), UINT64_C(10), UINT64_C(100),
	UINT64_C(1000), UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
	UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
	UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000),
	UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000), UINT64_C(10000000000000000000)};

/* From the bits, of which 1233 / 4096 makes digits (Warren, Hacker's Delight, 11-4). */
static size_t count_digits(uint64_t v)
{
	size_t bits = 64 - (size_t)__builtin_clzll(v | 1);
	size_t n = bits * 1233 >> 12;
	return n + ((v | 1) >= power_of_ten[n]);
}

void num_put_digits(char *at, uint64_t v, size_t n)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324"
		"25262728293031323334353637383940414243444546474849"
		"50515253545556575859606162636465666768697071727374"
		"75767778798081828384858687888990919293949596979899";
	for (; n >= 2; v /= 100) {
		n -= 2;
		memcpy(at + n, pairs + 2 * (v % 100), 2);
	}
	if (n > 0)
		*at = (char)('0' + v % 10);
}

size_t num_format_u64(uint64_t v, char out[static NUM_U64_BYTES])
{
	size_t n = count_digits(v);
	num_put_digits(out, v, n);
	out[n] = '\0';
	return n;
}

size_t num_format_fixed(uint64_t v, unsigned places, char out[static NUM_FIXED_BYTES])
{
	must(places < POWERS);
	if (places == 0)
		return num_format_u64(v, out);
	uint64_t scale = power_of_ten[places], whole = v < scale ? 0 : v / scale;
	size_t n = num_format_u64(whole, out);
	out[n] = '.';
	num_put_digits(out + n + 1, v - whole * scale, places);
	n += 1 + places;
	out[n] = '\0';
	return n;
}

void num_format_usd(uint64_t nanousd, char out[static NUM_USD_BYTES])
{
	(void)num_format_fixed(nanousd, USD_PLACES, out);
}

uint64_t num_nearest(uint64_t a, uint64_t scale, uint64_t b)
{
	if (b == 0)
		return 0;
	uint64_t up, sum;
	if (!__builtin_mul_overflow(a, scale, &up) &&
		!__builtin_add_overflow(up, b / 2, &sum))
		return sum / b;
	unsigned __int128 v = ((unsigned __int128)a * scale + b / 2) / b;
	return (uint64_t)MIN(v, (unsigned __int128)UINT64_MAX);
}

uint64_t num_part(uint64_t part, uint64_t scale, uint64_t whole)
{
	uint64_t v = num_nearest(part, scale, whole);
	return part > 0 && part < whole ? MIN(MAX(v, UINT64_C(1)), scale - 1) : v;
}

uint64_t num_percent(uint64_t part, uint64_t whole)
{
	return num_part(part, 100, whole);
}
