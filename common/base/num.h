/*
 * Numbers from text, strictly: the whole of s must be the number, no sign, no spaces,
 * no overflow. All return false (and leave *out alone) on anything else.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/attr.h"

/* 1*DIGIT that fits uint64_t. */
bool num_parse_u64(struct str s, uint64_t *out) ATTR_UNUSED_RESULT;

/* 1*HEXDIG (either case, no 0x) that fits uint64_t. */
bool num_parse_hex(struct str s, uint64_t *out) ATTR_UNUSED_RESULT;

/* DIGITS [ "." DIGITS ] as a fixed-point number: "1.25" with scale 1000 gives 1250.
 * Digits beyond the scale are cut off. False when the result does not fit. */
bool num_parse_fixed(struct str s, uint64_t scale, uint64_t *out) ATTR_UNUSED_RESULT;

/* Dollars as nano-dollars. False when it has a part of less than one: an amount that is so
 * small is not nothing. */
bool num_parse_usd(struct str s, uint64_t *out_nanousd) ATTR_UNUSED_RESULT;

/* "10", "0.5", "250ms", "10s", "5m", "2h": nanoseconds; a bare number is seconds. */
bool num_parse_duration(struct str s, uint64_t *out_ns) ATTR_UNUSED_RESULT;

/* "512", "64K", "32M", "1G": bytes, binary. */
bool num_parse_size(struct str s, uint64_t *out_bytes) ATTR_UNUSED_RESULT;

/* a + b, a - b, a * b that stop at the end of the range instead of wrapping. */
static inline uint64_t num_add_sat(uint64_t a, uint64_t b)
{
	uint64_t r;
	return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static inline uint64_t num_sub_sat(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static inline uint64_t num_mul_sat(uint64_t a, uint64_t b)
{
	uint64_t r;
	return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

/* a × scale / b to the nearest, stopping at the end of the range; 0 where b is 0. */
uint64_t num_nearest(uint64_t a, uint64_t scale, uint64_t b);

/* The same of a part of the whole; but a little is at least 1, less than all at most
 * scale - 1, so that 0 and scale mean none and all. In percent: of 100. */
uint64_t num_part(uint64_t part, uint64_t scale, uint64_t whole);
uint64_t num_percent(uint64_t part, uint64_t whole);

/* The last n digits of v, at at[0] to at[n - 1]; no NUL. */
void num_put_digits(char *at, uint64_t v, size_t n);

/* In decimal, with its NUL; the length. */
enum { NUM_U64_BYTES = 21 };
size_t num_format_u64(uint64_t v, char out[static NUM_U64_BYTES]);

/* v / 10^places with exactly that many places, at most 18; the length. */
enum { NUM_FIXED_BYTES = 24 };
size_t num_format_fixed(uint64_t v, unsigned places, char out[static NUM_FIXED_BYTES]);

enum { NUM_USD_BYTES = 32 };

/* Nano-dollars as a decimal with exactly nine places: 1250000000 -> "1.250000000". */
void num_format_usd(uint64_t nanousd, char out[static NUM_USD_BYTES]);

#endif
