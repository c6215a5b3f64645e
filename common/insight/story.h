/*
 * The story of a request: its attempts as rows, and every decision in order with the
 * numbers it rested on, enough to price it again. For /monitoring/requests/ID and
 * `atlasctl why`.
 *
 *	struct story s = {.id = …};
 *	query_request(store, s.id, &at, story_take, &s, &e)    until it is done
 *	story_tell(&w, &s);
 *
 *	queued → admitted → (first_byte) → settled → retry → admitted → …
 *	   └────────────────────────────────────────────┴──► never_sent
 *
 * Full (STORY_ATTEMPTS): the rest is left out; retries end long before.
 */
#ifndef INSIGHT_STORY_H
#define INSIGHT_STORY_H

#include "insight/tell.h"

enum { STORY_ATTEMPTS = 64 };

struct story {
	uint8_t id[EXCHANGE_ID_BYTES];
	char client[CLIENT_NAME_BYTES]; /* "" = not known */
	uint32_t n;
	struct row row[STORY_ATTEMPTS];
};

/* A query_row_fn; arg is the story. */
bool story_take(void *arg, uint64_t sequence, const struct row *r);

/* From the end of the attempt at ix to the next one's sending, or to the end of waiting for
 * that: backoff, Retry-After and queue together. False = there is no next one. */
bool story_next_after_ms(
	const struct story *s, uint32_t ix, uint64_t *ms) ATTR_UNUSED_RESULT;

/* The whole, as an object: id, attempts[], story[]. */
void story_tell(struct jsonw *w, const struct story *s);

#endif
