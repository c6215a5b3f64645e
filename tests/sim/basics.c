/* Views of bytes, hashes, clocks, numbers from text; the end of the program. */
#include "basics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

bool slice_is(struct slice s, const char *text)
{
	return strlen(text) == s.n && memcmp(s.p, text, s.n) == 0;
}

bool slice_is_nocase(struct slice s, const char *text)
{
	return strlen(text) == s.n && strncasecmp(s.p, text, s.n) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice slice_word(struct slice *s)
{
	while (s->n > 0 && is_blank(s->p[0])) {
		s->p++;
		s->n--;
	}
	struct slice word = {s->p, 0};
	while (s->n > 0 && !is_blank(s->p[0])) {
		s->p++;
		s->n--;
		word.n++;
	}
	return word;
}

bool parse_u64(struct slice s, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	if (s.n == 0)
		return false;
	*out = v;
	return true;
}

bool parse_double(struct slice s, double *out)
{
	char text[40], *end;
	if (s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	double v = strtod(text, &end);
	if (*end != '\0' || !(v >= 0 && v < 1e15))
		return false;
	*out = v;
	return true;
}

static bool strip_suffix(struct slice *s, const char *suffix)
{
	size_t n = strlen(suffix);
	if (s->n <= n || memcmp(s->p + s->n - n, suffix, n) != 0)
		return false;
	s->n -= n;
	return true;
}

bool parse_duration(struct slice s, uint64_t *out_ns)
{
	double unit = (double)NS_PER_S, v;
	if (strip_suffix(&s, "ms"))
		unit = (double)NS_PER_MS;
	else if (strip_suffix(&s, "m"))
		unit = 60.0 * (double)NS_PER_S;
	else
		(void)strip_suffix(&s, "s");
	if (!parse_double(s, &v) || v * unit > 9e18)
		return false;
	*out_ns = (uint64_t)(v * unit);
	return true;
}

uint64_t mix64(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t hash_word(uint64_t h, const char *p)
{
	uint64_t word;
	memcpy(&word, p, 8);
	h = (h ^ word) * UINT64_C(0x100000001b3);
	/* without the fold the top bytes of two words could cancel out */
	return h ^ h >> 32;
}

/* FNV-1a byte by byte costs 50 us on a 32 KiB prompt, and the simulator would slow what
 * it is there to measure: words, in four lanes that do not wait for each other. */
uint64_t hash_bytes(uint64_t seed, struct slice s)
{
	uint64_t lane[4], h = UINT64_C(0xcbf29ce484222325) ^ seed;
	for (unsigned k = 0; k < 4; k++)
		lane[k] = h + k;
	size_t i = 0;
	for (; i + 32 <= s.n; i += 32)
		for (unsigned k = 0; k < 4; k++)
			lane[k] = hash_word(lane[k], s.p + i + 8 * k);
	for (unsigned k = 0; k < 4; k++)
		h = mix64(h ^ lane[k]);
	for (; i < s.n; i += 8) {
		char word[8] = {0};
		memcpy(word, s.p + i, MIN(s.n - i, (size_t)8));
		h = hash_word(h, word);
	}
	return mix64(h ^ s.n);
}

static uint64_t read_clock(clockid_t id, uint64_t ns_per_unit)
{
	struct timespec ts;
	if (clock_gettime(id, &ts) != 0)
		fatal("clock_gettime failed");
	return (uint64_t)ts.tv_sec * (NS_PER_S / ns_per_unit) +
	       (uint64_t)ts.tv_nsec / ns_per_unit;
}

uint64_t clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC, 1);
}

uint64_t clock_wall_ms(void)
{
	return read_clock(CLOCK_REALTIME, NS_PER_MS);
}

void fatal(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("openai-sim: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(3);
}

void *grow(void *p, size_t bytes)
{
	void *q = realloc(p, bytes);
	if (q == NULL)
		fatal("out of memory (%zu bytes)", bytes);
	return q;
}
