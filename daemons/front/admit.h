/*
 * Admission: what a client's limits say of a request, before it costs anything. All that
 * they count is taken at once or nothing is, and the answer names the limit, its use, and
 * when to come back.
 *
 *	admit(c, &request, …, &a)          taken, or answered
 *	admit_undo(f, &a)                  it never went out: as if it had not been asked
 *	admit_settle(f, &a, x)             DONE or FAILED: estimates become the truth
 *	admit_end(f, &a, x)                its slot is given back: nothing runs any more
 *
 * What a request holds is dropped exactly once, at the end of its slot, however it ended.
 * Its money, what it cost once that is known, stays held until record has written it down
 * and published what the client has spent: then the sum is never short of it.
 *
 *	admit ── held ── settled ── slot ends ── due: facts of dispatch up to here ── committed ── dropped
 *
 * Full: ADMIT_DUE amounts wait for record, more than dispatch's fact lane holds; should
 * there be more, the oldest are dropped before their time.
 */
#ifndef FRONT_ADMIT_H
#define FRONT_ADMIT_H

#include "front/conn.h"
#include "segment/exchange.h"

enum { ADMIT_DUE = 32768 };

struct front;
struct admit; /* opaque */
struct client_limits;

/* What an exchange has taken; all zero = nothing. */
struct admitted {
	uint64_t nanousd, tokens, taken_ns;
	uint32_t client_ix;
	uint8_t rates; /* a set of enum client_rate: those it was charged */
	bool is_held;
};

void admit_init(struct front *f);
void admit_fini(struct front *f);

/* New settings: new defaults. */
void admit_adopt(struct front *f);

/* The limits in force for the request's client. */
void admit_limits(const struct conn *c, struct client_limits *l);

/* May this request go out? q is filled; its priority becomes the one it runs with, and its
 * tightest limit is noted.
 * has_priority: the client has named it. False = it has been answered. */
bool admit(struct conn *c, struct exchange_request *q, bool has_priority,
	struct admitted *a) ATTR_UNUSED_RESULT;

void admit_undo(struct front *f, struct admitted *a);
void admit_settle(struct front *f, struct admitted *a, const struct exchange *x);
void admit_end(struct front *f, struct admitted *a, const struct exchange *x);

/* Each turn: drop the money that record has written down. */
void admit_turn(struct front *f);

/* x-ratelimit-* of the request's client, as OpenAI has them. */
void admit_add_headers(const struct conn *c, struct http_reply *r);

#endif
