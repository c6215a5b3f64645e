/*
 * The story of a request: its attempts as rows, and every decision in order with the
 * numbers it rested on, enough to price it again. For /monitoring/requests/ID and
 * `atlasctl why`.
 *
 *	struct story s = {.id = …};
 *	query_request(store, s.id, &at, story_take, &s, &e)    until it is done
 *	story_find_rates(&s, store, &e)
 *	story_tell(&w, &s);
 *
 *	queued → admitted → (first_byte) → settled | unknown → retry → admitted → …
 *	   └──────────────────────────────────────────────────────┴──► never_sent
 *
 * Full (STORY_ATTEMPTS): the rest is left out; retries end long before.
 */
#ifndef INSIGHT_STORY_H
#define INSIGHT_STORY_H

#include "insight/tell.h"
#include "store/rates_kept.h"

enum { STORY_ATTEMPTS = 64 };

struct story {
	uint8_t id[EXCHANGE_ID_BYTES];
	char client[CLIENT_NAME_BYTES]; /* "" = not known */
	uint32_t n;
	struct row row[STORY_ATTEMPTS];
	struct rates rates[STORY_ATTEMPTS];      /* of its cost */
	struct rates high_rates[STORY_ATTEMPTS]; /* of the most it might cost */
};

/* A query_row_fn; arg is the story. */
bool story_take(void *arg, uint64_t sequence, const struct row *r);

/* Has it ended, and is its end among the attempts? */
bool story_is_over(const struct story *s) ATTR_UNUSED_RESULT;

/* The rates that its rows name; before that there are none. False = they cannot be read. */
bool story_find_rates(
	struct story *s, struct store *store, struct err *e) ATTR_UNUSED_RESULT;

/* Those by which the cost of the attempt at ix can be multiplied out, as insight/price.h has
 * it: of one whose outcome nobody knows those of its upper end. NULL = there are none. */
const struct rates *story_rates(const struct story *s, uint32_t ix);

/* What became of the retry that was called for after the attempt at ix, and how long after
 * its end: backoff, Retry-After and queue together. */
enum story_retry {
	STORY_RETRY_NONE, /* there is no next attempt, or none yet */
	STORY_RETRY_SENT,
	STORY_RETRY_GIVEN_UP /* the request ended first, for the next row's row_error() */
};
enum story_retry story_retry(
	const struct story *s, uint32_t ix, uint64_t *after_ms) ATTR_UNUSED_RESULT;

/* The whole, as an object: id, attempts[], story[]. */
void story_tell(struct jsonw *w, const struct story *s);

#endif
