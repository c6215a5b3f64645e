/*
 * A row of the ledger: one attempt, its intent and what became of it merged.
 *
 *	intent ──► OPEN ──settle, the first one──► SETTLED_USAGE | SETTLED_ESTIMATE |
 *	             │                              RELEASED | UNKNOWN
 *	             └──found open under a new segment──► UNKNOWN
 *
 * What a row counts for is written into it: a RELEASED one costs nothing, an UNKNOWN one
 * stands at the upper end of its interval (the lower end is 0), so the sum over rows is
 * the total, with no rule beside it.
 *
 * The rows of a session are a chain, newest first: its record names the newest, each row
 * the one before. An index beside them would have to be written in as many places as
 * there are sessions, with every commit.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/moment.h"
#include "decide/retry.h"
#include "decide/wait.h"
#include "segment/facts.h"
#include "store/seal.h"

enum { ROW_VERSION = 10 };

enum row_flag {
	ROW_STREAM = 1 << 0,
	ROW_UNPRICED = 1 << 1, /* the served model has no price: cost is 0 */
	ROW_FINAL = 1 << 2,    /* no further attempt of this request follows */
	/* The request is counted at this row: the first settled one that reached OpenAI */
	ROW_COUNTS_REQUEST = 1 << 3,
	/* … and as unknown at this one: its first row that is UNKNOWN */
	ROW_COUNTS_UNKNOWN = 1 << 4,
	ROW_ASSUMED = 1 << 5,  /* a rate of the cost was not in the catalogue */
	ROW_HOLD = 1 << 6,     /* a limit held it, and hold has its numbers */
	ROW_TIGHTEST = 1 << 7, /* its token had limits, and tightest is one of them */
	/* the key's stabilization state when the attempt was admitted: row_stabilization() */
	ROW_STABILIZATION = 7 << 8,
	ROW_RETRY_BY = 3 << 11, /* row_retry_by() */
	ROW_HELD_BY = 7 << 13   /* row_held_by() */
};

/* Numbers first, then texts. Every text ends with a NUL inside its array. */
struct row {
	uint8_t id[EXCHANGE_ID_BYTES];
	uint16_t attempt; /* 1…; UINT16_MAX = that or more */
	uint16_t status;  /* of the upstream's answer, 0 = none */
	uint16_t retries; /* attempts before this one */
	uint16_t flags;   /* enum row_flag */
	uint8_t outcome;  /* enum attempt_outcome */
	uint8_t failure;  /* enum exchange_failure, of the request if ROW_FINAL */
	uint8_t priority; /* enum exchange_priority */
	uint8_t api;      /* enum exchange_api */
	/* UINT32_MAX = that or more, here and wherever there are 32 bits */
	uint32_t estimated_tokens;
	uint64_t previous; /* sequence of the session's row before; 0 = none */
	uint64_t client_id;
	uint64_t queued_ms, sent_ms, done_ms; /* wall; done 0 = OPEN */
	uint64_t sent_boot_ns;                /* for row_sent() */
	uint32_t boot;
	uint32_t charged_tokens; /* of the upstream limits; see row_charge() */
	uint64_t queue_ns; /* from its request's coming to this attempt's sending */
	uint64_t first_token_ns, duration_ns;
	uint32_t high_prompt_tokens, high_completion_tokens;
	uint64_t high_nanousd;
	uint32_t prompt_chars, completion_chars;
	uint64_t
		price_version; /* of the catalogue that the cost, or its upper end, is by */
	uint64_t rates, high_rates; /* of cost_nanousd, of high_nanousd: rates_find() */
	uint64_t prompt_tokens, completion_tokens;
	uint32_t cached_tokens, cache_write_tokens, prompt_audio_tokens; /* of prompt */
	uint32_t reasoning_tokens, completion_audio_tokens; /* of completion */
	uint32_t max_tokens;                                /* the client's, 0 = none */
	uint64_t cost_nanousd;
	char key[FACT_KEY_BYTES];
	char model[EXCHANGE_MODEL_BYTES], session[EXCHANGE_SESSION_BYTES];
	char tier_asked[EXCHANGE_TIER_BYTES];    /* service_tier, "" = none was named */
	char model_served[EXCHANGE_MODEL_BYTES]; /* from here on: the outcome's */
	char service_tier[16];
	char upstream_id[EXCHANGE_UPSTREAM_ID_BYTES];
	char error_code[FACT_CODE_BYTES];
	uint64_t retry_ns;                /* the delay that row_retry_by() speaks of */
	struct hold hold;                 /* the limit that row_held_by() speaks of */
	struct client_limit_use tightest; /* of its token's, as it was let in */
};

/*
 * As it is stored, under its sequence, half the size of the struct:
 *
 *	[ seal | numbers | key \0 … tier_asked \0 | model_served \0 … | zeros ]
 *	                                                              └ retry_ns, tightest, hold
 *
 * Only where ROW_RETRY_BY says so is there a retry_ns, only where ROW_TIGHTEST does a
 * tightest, only where ROW_HOLD does a hold: its numbers, and its scope up to a NUL.
 *
 * Behind an OPEN row is room for what an outcome mostly brings, so that a settled row lies
 * where the open one lay and no page has to be split for it.
 */
struct row_stored {
	size_t n;
	char bytes[sizeof(struct seal) + sizeof(struct row) + EXCHANGE_MODEL_BYTES];
};

/* An OPEN row, in no chain yet. Values of the fact are input: enums are checked by the caller, texts are
 * cut at their array's end. */
void row_of_intent(struct row *r, const struct fact_intent *f);

/* The outcome of an OPEN row. */
void row_settle(struct row *r, const struct fact_settle *f);

/* An OPEN row whose dispatch, and all it knew, is gone. */
void row_lose(struct row *r, uint64_t now_ms);

/* Did this attempt reach OpenAI? Settled and unknown ones did, and a released one that
 * an answer came for (a status); one that was never sent did not, an open one is not
 * counted yet. */
bool row_has_reached(const struct row *r);

/* Did its request end while it waited? Then sent_ms is the time of that end. A connection
 * that was refused has been tried, and took its time. */
bool row_is_unsent(const struct row *r);

/* Could it use tokens at all? Not when it asks after what is there: see exchange_spends(). */
bool row_spends(const struct row *r);

/* Does its queue_ns tell how long its request waited in the queue: until it was first sent,
 * or, never sent, until its end? That of a further attempt also holds the attempts before
 * it, and the waits between them. */
bool row_tells_wait(const struct row *r);

/* When it was sent, for after a restart. */
struct moment row_sent(const struct row *r);

/* What it counts for in the upstream limits: all that was reserved where nobody knows
 * better, nothing when it never left. */
struct row_charge {
	uint64_t requests, tokens;
};
struct row_charge row_charge(const struct row *r);

/* The key's stabilization state at admission, 0 = normal, at most 7. */
unsigned row_stabilization(const struct row *r);

/* By whose word its next attempt was not to be made before retry_ns had passed. NOBODY = none
 * follows, or it is not known. */
enum retry_word row_retry_by(const struct row *r);

/* What it waited for when it was told that last before it was sent, or given up. NOTHING =
 * it did not wait for long enough to be told, or it is not known. */
enum wait_reason row_held_by(const struct row *r);

/* The same two as words, "" = nobody, nothing. */
const char *row_retry_by_name(const struct row *r);
const char *row_held_by_name(const struct row *r);

/* What went wrong in one word, "" = nothing, or nothing yet: the upstream's own code, else
 * the failure's name, else http_4xx or http_5xx. */
const char *row_error(const struct row *r);

/* How its cost came about: "exact", "assumed" or "unpriced". */
const char *row_pricing_name(const struct row *r);

/* For the disk and from it; false = damaged, not to be used. */
void row_seal(const struct row *r, uint64_t sequence, struct row_stored *out);
bool row_open(struct row *r, struct str stored, uint64_t sequence) ATTR_UNUSED_RESULT;

#endif
