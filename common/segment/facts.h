/*
 * Facts: what a process tells record, each in its own lane of the segment.
 *
 *	dispatch: facts_push(&lane, &intent.head)     before the first byte leaves
 *	          facts_push(&lane, &settle.head)     exactly once an attempt
 *	record:   while (facts_next(&lane, &cursor, &fact)) apply to the open transaction;
 *	          commit;  facts_commit(&lane, cursor);
 *
 * A fact is published by one store, so a writer killed within it has said nothing; a lane
 * is read on by record's successor from the last committed position, so nothing is lost,
 * and the ledger keeps that position beside the rows, so nothing is applied twice.
 * Full: facts_push() refuses. Whoever starts an attempt first asks facts_has_room() for
 * the intent and the settle of every attempt under way, so a settle always fits; with no
 * room no new transfer starts until record has caught up.
 */
#ifndef SEGMENT_FACTS_H
#define SEGMENT_FACTS_H

#include "base/hash.h"
#include "decide/client_limits.h"
#include "rate/stabilizer.h"
#include "segment/exchange.h"
#include "segment/hold.h"
#include "segment/rates.h"

enum fact_kind {
	FACT_INTENT = 1, /* dispatch: an attempt is about to be sent */
	FACT_SETTLE,     /* dispatch: what became of it */
	FACT_TOKEN, /* master, fronts: a client token to add unless its hash is known */
	FACT_TOKEN_REVOKE, /* master, fronts: a client token that is void from now on */
	FACT_TOKEN_LIMITS, /* master, fronts: other limits for a client token */
	FACT_RELOAD,       /* master: a configuration was applied */
	FACT_CHAT_TURN, /* front: a turn of a chat is over; its text is in its region */
	FACT_CHAT_CHANGE, /* front: a chat gets another title, or is not wanted */
	FACT_STABILIZER,  /* dispatch: an upstream key's state has changed */
	FACT_RESET,       /* dispatch: limits and states of keys were forgotten */
	FACT_KINDS
};

enum attempt_outcome {
	OUTCOME_OPEN,             /* an intent without a settle yet */
	OUTCOME_SETTLED_USAGE,    /* the upstream reported its usage */
	OUTCOME_SETTLED_ESTIMATE, /* answered, but no usage came: our estimate */
	OUTCOME_RELEASED,         /* not sent, or refused by the upstream: cost 0 */
	OUTCOME_UNKNOWN,          /* sent, fate unknown: the interval low … high */
	OUTCOMES
};

enum {
	FACT_MAX_BYTES = 1024,
	FACT_KEY_BYTES = 32,
	FACT_CODE_BYTES = 48,
	FACT_NAME_BYTES = 48
};

/* Every fact starts with this; bytes counts the whole, a multiple of 8. */
struct fact_head {
	uint32_t bytes;
	uint16_t kind;    /* enum fact_kind */
	uint16_t version; /* of the struct behind it: FACT_VERSION */
	uint64_t wall_ms;
};

enum { FACT_VERSION = 9 };

/* An attempt is named by its request's id and its number. */
struct fact_intent {
	struct fact_head head;
	uint8_t id[EXCHANGE_ID_BYTES];
	uint32_t attempt;
	uint8_t priority, stream, api;
	uint8_t stabilization; /* of the key at admission; 0 = normal */
	uint64_t client_id;
	uint64_t queued_ms, sent_ms; /* wall */
	uint64_t sent_boot_ns;       /* sent_ms by the clock of that boot */
	uint32_t boot;               /* moment_boot() */
	uint8_t held_by;             /* enum wait_reason, as it was told last */
	uint8_t unused[3];
	struct hold hold; /* the limit that it was, then; zeros = none */
	struct client_limit_use tightest; /* of its token's limits, as it was let in */
	uint64_t queue_ns;                /* waited before this attempt */
	uint64_t estimated_tokens;        /* reserved from the limits */
	uint64_t high_prompt_tokens; /* the interval's upper ends if all goes dark */
	uint64_t high_completion_tokens;
	uint64_t high_nanousd;
	struct rates high_rates; /* which that came about by */
	uint64_t price_version;
	uint64_t prompt_chars, max_tokens;
	char key[FACT_KEY_BYTES]; /* the upstream key's name */
	char model[EXCHANGE_MODEL_BYTES];
	char session[EXCHANGE_SESSION_BYTES];
	char tier_asked[EXCHANGE_TIER_BYTES]; /* "" = none was named */
};

struct fact_settle {
	struct fact_head head;
	uint8_t id[EXCHANGE_ID_BYTES];
	uint32_t attempt;
	uint8_t outcome; /* enum attempt_outcome, not OPEN */
	uint8_t unpriced;
	uint8_t final;    /* no further attempt of this request follows */
	uint8_t failure;  /* enum exchange_failure, of the request if final */
	uint16_t status;  /* of the upstream's answer, 0 = none */
	uint8_t assumed;  /* a rate of the cost was not in the catalogue */
	uint8_t retry_by; /* enum retry_word, of retry_ns */
	uint32_t retries;
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t cache_write_tokens, prompt_audio_tokens, completion_audio_tokens;
	uint64_t cost_nanousd;
	struct rates rates; /* which that came about by */
	uint64_t price_version;
	uint64_t first_token_ns; /* from send to first byte of the reply, 0 = none */
	uint64_t duration_ns;    /* from send to the end */
	uint64_t done_ms;        /* wall */
	uint64_t completion_chars;
	uint64_t charged_tokens; /* what stays of the reservation; UNKNOWN: all of it */
	uint64_t retry_ns;       /* the next attempt is not made before it has passed */
	char model_served[EXCHANGE_MODEL_BYTES];
	char service_tier[16];
	char upstream_id[EXCHANGE_UPSTREAM_ID_BYTES];
	char error_code[FACT_CODE_BYTES];
};

struct fact_token {
	struct fact_head head;
	uint64_t client_id; /* random, chosen by who makes it */
	uint8_t hash[HASH_SHA256_BYTES];
	uint8_t role;        /* enum client_role */
	uint8_t yields_name; /* 1 = called NAME-2 or so where NAME is taken */
	uint8_t unused[6];
	char name[FACT_NAME_BYTES];
	struct client_limits limits;
};

struct fact_token_revoke {
	struct fact_head head;
	uint64_t client_id;
};

/* Of the limits in `set`, the token has from now on those in `limits`. */
struct fact_token_limits {
	struct fact_head head;
	uint64_t client_id;
	uint64_t set; /* client_limit_set */
	struct client_limits limits;
};

struct fact_reload {
	struct fact_head head;
	uint64_t epoch;
};

/* What became of a turn. */
enum chat_outcome {
	CHAT_WHOLE,
	CHAT_STOPPED, /* by its client; the answer is a part */
	CHAT_FAILED,  /* the answer is a part, or nothing */
	CHAT_OUTCOMES
};

enum { CHAT_TITLE_BYTES = 96, CHAT_TEXT_MAX_BYTES = 4 << 20 };

/* The text: the messages of the turn as JSON objects with commas between them, the
 * answer last. It lies in the region of the front's channel until this is committed. */
struct fact_chat_turn {
	struct fact_head head;
	uint8_t id[EXCHANGE_ID_BYTES]; /* of its request: names the turn */
	uint8_t parent
		[EXCHANGE_ID_BYTES]; /* the turn it follows; zeros = it is a first */
	uint64_t client_id;
	uint64_t asked_ms; /* wall */
	uint64_t text_offset, text_bytes;
	uint32_t channel;
	uint32_t retries;
	uint8_t outcome; /* enum chat_outcome */
	uint8_t rate_limited, estimated, unpriced;
	uint8_t unused[4];
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t cost_nanousd;
	uint64_t queue_ns, first_token_ns, duration_ns;
	char session[EXCHANGE_SESSION_BYTES];
	char model[EXCHANGE_MODEL_BYTES];
	char title[CHAT_TITLE_BYTES]; /* the chat's, should this be its first turn */
};

struct fact_chat_change {
	struct fact_head head;
	uint64_t client_id;
	char session[EXCHANGE_SESSION_BYTES];
	char title[CHAT_TITLE_BYTES]; /* "" = the chat and all its turns go */
};

struct fact_stabilizer {
	struct fact_head head;
	uint64_t boot_ns; /* the head's wall_ms by the clock of that boot */
	uint32_t boot;
	uint32_t unused;
	struct stabilizer_snapshot state;
	char key[FACT_KEY_BYTES]; /* its name */
};

/* What was charged before it counts no more. */
struct fact_reset {
	struct fact_head head;
	uint64_t client_id; /* whose token asked for it; 0 = atlasctl */
};

/* Any of them, for readers. */
union fact {
	struct fact_head head;
	struct fact_intent intent;
	struct fact_settle settle;
	struct fact_token token;
	struct fact_token_revoke token_revoke;
	struct fact_token_limits token_limits;
	struct fact_reload reload;
	struct fact_chat_turn chat_turn;
	struct fact_chat_change chat_change;
	struct fact_stabilizer stabilizer;
	struct fact_reset reset;
	uint8_t bytes[FACT_MAX_BYTES];
};

_Static_assert(sizeof(struct fact_intent) % 8 == 0, "facts are whole words");
_Static_assert(sizeof(struct fact_settle) % 8 == 0, "facts are whole words");
_Static_assert(sizeof(struct fact_chat_turn) % 8 == 0, "facts are whole words");
_Static_assert(sizeof(struct fact_chat_change) % 8 == 0, "facts are whole words");
_Static_assert(sizeof(struct fact_stabilizer) % 8 == 0, "facts are whole words");
_Static_assert(sizeof(union fact) == FACT_MAX_BYTES, "every kind fits");

/* One process's view of a fact lane. */
struct facts {
	struct pipe pipe;
};

/* Fill the head of a fact of n bytes. */
void fact_begin(struct fact_head *h, enum fact_kind kind, uint64_t n, uint64_t wall_ms);

/* Writer: publish a fact; false = full. Release; pairs with facts_next(). */
bool facts_push(struct facts *f, const struct fact_head *fact) ATTR_UNUSED_RESULT;

/* Writer: is there room for n more bytes? Acquire; pairs with facts_commit(). */
bool facts_has_room(const struct facts *f, uint64_t n) ATTR_UNUSED_RESULT;

/* Writer: the position after the newest fact. A position <= facts_committed() is safe
 * in the ledger. */
uint64_t facts_position(const struct facts *f);
uint64_t facts_committed(const struct facts *f);

enum facts_verdict { FACTS_NONE, FACTS_ONE, FACTS_BROKEN };

/* Record: copy the fact at *cursor and move it on. BROKEN = bytes no writer of ours has
 * written; the lane must be skipped to its end and counted. */
enum facts_verdict facts_next(
	const struct facts *f, uint64_t *cursor, union fact *out) ATTR_UNUSED_RESULT;

/* Record: everything before cursor is durable. Release. */
void facts_commit(struct facts *f, uint64_t cursor);

const char *outcome_name(enum attempt_outcome o);
const char *chat_outcome_name(enum chat_outcome o);

#endif
