/*
 * What every file of the simulator may use: a view of bytes, hashes, two clocks, numbers
 * from text and the end of the program. It knows neither HTTP nor OpenAI.
 *
 * The simulator is the judge of Atlas, so nothing here (or beside it) is shared with it:
 * the same mistake made twice would agree with itself.
 */
#ifndef SIM_BASICS_H
#define SIM_BASICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* A view of bytes somebody else owns; not NUL-terminated. */
struct slice {
	const char *p;
	size_t n;
};

#define SLICE(lit)   ((struct slice){(lit), sizeof(lit) - 1})
#define SLICE_ARG(s) (int)(s).n, (s).p

struct slice slice_of(const char *text);
bool slice_is(struct slice s, const char *text);
bool slice_is_nocase(struct slice s, const char *text);
struct slice slice_trim(struct slice s);

/* The next run of bytes that are not blank, cut off the front of *s; n = 0 at the end. */
struct slice slice_word(struct slice *s);

/* Whole-string numbers; false (and *out untouched) on anything else. A duration is a
 * number with ms, s or m behind it, seconds when bare. */
bool parse_u64(struct slice s, uint64_t *out);
bool parse_double(struct slice s, double *out);
bool parse_duration(struct slice s, uint64_t *out_ns);

/* A fingerprint of bytes: the same seed and bytes, the same value. Not for secrets. */
uint64_t hash_bytes(uint64_t seed, struct slice s);

/* A bijection that scatters (splitmix64's last step): the source of all "chance" here. */
uint64_t mix64(uint64_t x);

uint64_t clock_ns(void);      /* CLOCK_MONOTONIC */
uint64_t clock_wall_ms(void); /* CLOCK_REALTIME */

/* One line on stderr, then exit 3: a judge that cannot keep its books must not go on. */
void fatal(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* realloc(3) that does not fail. */
void *grow(void *p, size_t bytes);

#endif
