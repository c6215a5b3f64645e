/*
 * Waits as others write them: Go durations in OpenAI's x-ratelimit-reset-* headers and
 * HTTP's Retry-After.
 *
 *	uint64_t ns;
 *	if (delay_parse_go(STR("1m26.4s"), &ns))
 *		...
 *
 * Pure. The parsers return false, and leave *out_ns alone, on anything that is not wholly in
 * the form named, and on what does not fit: an upstream's nonsense is no wait at all.
 */
#ifndef TEXT_DELAY_H
#define TEXT_DELAY_H

#include "base/attr.h"

/* Go's time.Duration.String(): one or more of DECIMAL UNIT with units h, m, s, ms, us
 * (or µs), ns: "6m0s", "12ms", "1m26.4s"; also a bare "0". Never negative. */
bool delay_parse_go(struct str s, uint64_t *out_ns) ATTR_UNUSED_RESULT;

enum { DELAY_GO_BYTES = 40 };

/* The same the other way round, to the millisecond, rounded up: "0s", "12ms", "1.5s",
 * "6m0s". Returns out. */
const char *delay_format_go(uint64_t ns, char out[static DELAY_GO_BYTES]);

/* Retry-After: seconds, fractions allowed as OpenAI sends them, or an HTTP-date in the
 * form RFC 9110 makes servers send ("Sun, 06 Nov 1994 08:49:37 GMT"), measured from
 * now_ms of the wall clock; a date that has passed is 0. */
bool delay_parse_retry_after(
	struct str s, uint64_t now_ms, uint64_t *out_ns) ATTR_UNUSED_RESULT;

/* retry-after-ms: milliseconds, fractions allowed. */
bool delay_parse_ms(struct str s, uint64_t *out_ns) ATTR_UNUSED_RESULT;

#endif
