/*
 * An exchange: one request to the outside and its reply, shared by one front (or record)
 * and dispatch. The exchanges are the queue; lanes and backlog are indexes that a scan of
 * them can rebuild.
 *
 *	   front owns            dispatch owns                     front owns
 *	 FREE → DRAFT ──push──► QUEUED → SENT → STREAMING ──────► DONE | FAILED → FREE
 *	                          └────────┴────────┴──────────► (also to FAILED;
 *	                                                          SENT → QUEUED to retry)
 *
 * Only the owner of the present state may leave it, so every move is one release store of
 * `word`; everything the new owner may read was written before. A process killed at any
 * instruction leaves the old state or the new one.
 *
 * Fields: W: who writes, R: who reads. Nothing here is trusted by the reader: offsets are
 * checked against the channel's region, strings are cut at their array's end, and an
 * impossible value quarantines the exchange.
 */
#ifndef SEGMENT_EXCHANGE_H
#define SEGMENT_EXCHANGE_H

#include "base/attr.h"
#include "decide/client_limits.h"
#include "decide/wait.h"
#include "ipc/pipe.h"
#include "segment/apis.h"

enum exchange_state {
	EXCHANGE_FREE,   /* owner front: on its private free list */
	EXCHANGE_DRAFT,  /* owner front: being filled */
	EXCHANGE_QUEUED, /* owner dispatch: in its backlog, or still only in a lane */
	EXCHANGE_SENT,   /* owner dispatch: an attempt has an intent and may be out */
	EXCHANGE_STREAMING, /* owner dispatch: reply head is final, bytes are in the pipe */
	EXCHANGE_DONE,      /* owner front: whole reply published, attempt settled */
	EXCHANGE_FAILED, /* owner front: `failure` says why, attempt settled */
	EXCHANGE_STATES
};

enum exchange_kind {
	EXCHANGE_COMPLETION, /* the only kind that touches limits and max_concurrent */
	EXCHANGE_TOOL,       /* a front's tool call */
	EXCHANGE_KINDS
};

enum exchange_priority {
	PRIORITY_LOW,
	PRIORITY_NORMAL,
	PRIORITY_HIGH,
	PRIORITY_URGENT,
	PRIORITIES
};

#define FAILURE(name, text, reason) FAILURE_##name,
enum exchange_failure {
#include "segment/failures.def"
	EXCHANGE_FAILURES
};
#undef FAILURE

enum {
	EXCHANGE_ID_BYTES = 16,
	EXCHANGE_HASH_BYTES = 16,
	EXCHANGE_MODEL_BYTES = 128, /* fine-tuned ones have long names */
	EXCHANGE_SESSION_BYTES = 64,
	EXCHANGE_TIER_BYTES = 32,
	EXCHANGE_UPSTREAM_ID_BYTES = 64,
	EXCHANGE_TYPE_BYTES = 64, /* a longer content type is told as any bytes */
	EXCHANGE_STREAM_PIPE_BYTES = 4096,
	EXCHANGE_WHOLE_PIPE_BYTES = 65536
};

/* What the front asks. W: front in DRAFT, constant from QUEUED to FREE. R: dispatch. */
struct exchange_request {
	uint8_t id
		[EXCHANGE_ID_BYTES]; /* 48 bits of wall ms, 80 random: sorts by time */
	uint8_t kind;                /* enum exchange_kind */
	uint8_t api;                 /* enum exchange_api */
	uint8_t priority;            /* enum exchange_priority */
	uint8_t stream;              /* the client asked for a stream */
	uint8_t wants_usage;         /* and for its usage chunk */
	uint8_t keyed;       /* has an Idempotency-Key: finished even if nobody waits */
	uint16_t n_choices;  /* OpenAI's n, at least 1 */
	uint32_t client_ix;  /* its row in the client table */
	uint16_t path_bytes; /* API_RELAYED: of the path and query behind the body */
	uint8_t is_get;      /* API_RELAYED: a GET, without a body */
	uint8_t has_unseen_prompt; /* the body does not hold all of the prompt */
	uint64_t client_id;
	uint64_t prompt_chars;
	uint64_t max_tokens;              /* 0 = the client named none */
	uint64_t body_offset;             /* in the channel's region */
	uint64_t body_bytes;              /* without the path */
	uint64_t pipe_offset;             /* in the channel's region */
	uint64_t pipe_bytes;              /* a power of two */
	uint64_t queued_ns;               /* monotonic: order in the queue, deadlines */
	uint64_t queued_ms;               /* wall: the stamp in the ledger */
	char model[EXCHANGE_MODEL_BYTES]; /* NUL-terminated, as asked */
	char session[EXCHANGE_SESSION_BYTES]; /* NUL-terminated, "" = none */
	char tier[EXCHANGE_TIER_BYTES]; /* NUL-terminated, the service_tier asked for */
	struct client_limit_use tightest; /* of its token's limits, as it was let in */
	uint8_t key_hash[EXCHANGE_HASH_BYTES];  /* keyed: of client and key */
	uint8_t body_hash[EXCHANGE_HASH_BYTES]; /* keyed: of what is asked */
};

/* The most an attempt may have used and cost. */
struct exchange_bound {
	uint64_t prompt_tokens, completion_tokens, cost_nanousd;
};

/* What dispatch answers. W: dispatch. R: front: status, event_stream, body_done and what
 * the upstream's head said from STREAMING on, all of it from DONE or FAILED on; a successor
 * of dispatch: attempt fields, next_sequence. */
struct exchange_reply {
	uint32_t retries; /* attempts beyond the first */
	uint16_t status;  /* of the upstream's answer, as its head comes; 0 = none */
	uint8_t failure;  /* enum exchange_failure */
	uint8_t rate_limited; /* some attempt got a 429 or waited for a limit */
	uint8_t event_stream; /* 1 = it comes as events, 0 = whole */
	uint8_t unpriced;     /* the served model has no price: cost is 0 and flagged */
	uint8_t estimated;    /* tokens are an estimate, no usage was reported */
	uint8_t body_done; /* from STREAMING on: 1 = the body is not looked at any more */
	uint32_t next_sequence; /* of the next event of a Responses stream */
	uint32_t processing_ms; /* openai-processing-ms, 0 = not said */
	uint32_t api_version; /* openai-version 2020-10-01 as 20201001, 0 = not said */
	uint8_t is_replay;    /* the answer of another exchange with the same key */
	uint8_t n_unknown;    /* attempts whose outcome nobody knows */
	uint16_t limit_row;   /* FAILED by REQUEST_TOO_LARGE: of struct limits */
	/* FAILED by QUEUE_FULL: how many waited; by REQUEST_TOO_LARGE: its tokens */
	uint64_t counted;
	uint64_t retry_after_ms; /* a hint for the client, 0 = none */
	uint64_t sent_ns, first_byte_ns, done_ns;
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t cost_nanousd;
	struct exchange_bound high;    /* of the newest attempt, from its intent on */
	struct exchange_bound unknown; /* of n_unknown attempts together */
	uint8_t replay_of[EXCHANGE_ID_BYTES];         /* is_replay: whose */
	char upstream_id[EXCHANGE_UPSTREAM_ID_BYTES]; /* OpenAI's x-request-id */
	char content_type[EXCHANGE_TYPE_BYTES]; /* API_RELAYED, 2xx: "" = none said */
};

struct exchange {
	/* generation << 8 | state. W: the owner of the present state  R: both, ctl */
	CACHE_ALIGNED _Atomic uint64_t word;
	/* W: front, false → true only, while dispatch owns the state  R: dispatch */
	_Atomic uint32_t abandoned;
	/* number of the newest attempt << 3 | another follows it << 2 | the request ends
	 * with it << 1 | its intent may stand unsettled. W: dispatch  R: its successor */
	_Atomic uint32_t attempt;
	/* monotonic: it is not tried again before. Written before exchange_decide_attempt()
	 * says that it is tried again. W: dispatch  R: its successor */
	uint64_t retry_at_ns;
	/* Its place in the queue, see struct exchange_place. W: dispatch  R: front, ctl */
	CACHE_ALIGNED _Atomic uint64_t position;
	struct pipe_words pipe; /* reply bytes: W: dispatch / front */
	struct exchange_request request;
	CACHE_ALIGNED struct exchange_reply reply;
};

_Static_assert(sizeof(struct exchange) % CACHE_LINE_BYTES == 0, "whole lines");
_Static_assert(sizeof(struct exchange) == 960, "layout version 34");

/* Where a QUEUED exchange stands: how many the scheduler would start first if nothing
 * more arrived, plus one; 0 = not told, or not in the backlog. One word:
 * rank << 32 | reason << 28 | wait. */
struct exchange_place {
	uint32_t rank;
	uint32_t reason; /* enum wait_reason, what it waits for longest */
	uint64_t wait_ms;
};

/* A name for this incarnation of a slot: what lanes carry and callbacks hold. */
struct exchange_ref {
	uint32_t slot;
	uint32_t generation;
};

uint64_t exchange_hint(struct exchange_ref r);
struct exchange_ref exchange_ref_of_hint(uint64_t hint);

/* Acquire load of word; pairs with the release store in exchange_move(). */
enum exchange_state exchange_state(const struct exchange *x);
uint32_t exchange_generation(const struct exchange *x);

/* Is the slot still what the reference meant, and in state s? Acquire. */
bool exchange_is(
	const struct exchange *x, struct exchange_ref r, enum exchange_state s);

/* May a process of that side leave `from` for `to`? The table of moves. */
bool exchange_may_move(enum exchange_state from, enum exchange_state to);

/* The owner of the present state moves it; a move the table does not have is a must().
 * FREE → DRAFT begins a new generation. Release store; pairs with exchange_state(). */
void exchange_move(struct exchange *x, enum exchange_state to);

/* Front: FREE → DRAFT with request, reply and pipe cleared, generation + 1. */
void exchange_begin(struct exchange *x);

/* Front: DONE or FAILED → FREE, in the generation it has begun. False = the word says
 * anything else, which is not ours to mend: the slot must be left alone. Release store;
 * pairs with exchange_state(). */
bool exchange_end(struct exchange *x, uint32_t generation) ATTR_UNUSED_RESULT;

/* Front: say that nobody waits any more. Release; pairs with exchange_is_abandoned(). */
void exchange_abandon(struct exchange *x);
bool exchange_is_abandoned(const struct exchange *x);

/* Dispatch: tell where it stands. Anybody: look. Relaxed: the word stands alone. */
void exchange_set_place(struct exchange *x, struct exchange_place p);
struct exchange_place exchange_place(const struct exchange *x);

/* The same as people are told it; max_wait_ns: [queue] max_wait. */
struct wait_place exchange_told_place(
	const struct exchange *x, uint64_t max_wait_ns, uint64_t now_ns);

/* How long it waited: until it was sent, or, never sent, until its end. 0 = it waits, or
 * is a replay. */
uint64_t exchange_waited_ns(const struct exchange *x);

/* Can it use tokens at all? What is relayed without a body makes nothing: it asks after what
 * is there, or ends it, and the usage in its answer was counted when that was made. What was
 * made in the background is an interval then and stays one, whatever is learnt of it later:
 * a row is settled once, and whose it was is not known to who asks again. */
bool exchange_spends(const struct exchange_request *q);

/* … and can its answer have completion tokens? */
bool exchange_writes(const struct exchange_request *q);

/* Dispatch: the next attempt is open from here on; returns its number, from 1. Call it
 * before the intent is pushed. Release. */
uint32_t exchange_open_attempt(struct exchange *x);

/* Dispatch: the request ends with the newest attempt, as reply.failure says, or is tried
 * again, whatever becomes of dispatch. Call it before the settle that says so is pushed:
 * else a successor might send what has ended, or end what has not. Release. */
void exchange_decide_attempt(struct exchange *x, bool is_last);

/* Dispatch: its settle has been pushed. Release: never seen before the push. */
void exchange_close_attempt(struct exchange *x);

/* Dispatch: the newest attempt's number, 0 = none; is it open, the last, to be followed by
 * another? Acquire. */
uint32_t exchange_attempt(const struct exchange *x);
bool exchange_attempt_is_open(const struct exchange *x);
bool exchange_attempt_is_last(const struct exchange *x);
bool exchange_attempt_is_retried(const struct exchange *x);

/* Anybody, once dispatch is gone for good: does no settle say how it ended, though an
 * attempt was made, and is none out of which that would follow? */
bool exchange_owes_end(const struct exchange *x);

/* A fresh id: time-ordered, unique. */
void exchange_id_make(uint64_t wall_ms, uint8_t id[static EXCHANGE_ID_BYTES]);

enum { EXCHANGE_ID_TEXT_BYTES = 4 + 2 * EXCHANGE_ID_BYTES + 1 };
void exchange_id_format(const uint8_t id[static EXCHANGE_ID_BYTES],
	char out[static EXCHANGE_ID_TEXT_BYTES]); /* "req_" and 32 hex digits */
bool exchange_id_parse(
	struct str s, uint8_t id[static EXCHANGE_ID_BYTES]) ATTR_UNUSED_RESULT;

const char *exchange_state_name(enum exchange_state s);
const char *exchange_failure_name(enum exchange_failure f);
enum apierr_reason exchange_failure_reason(
	enum exchange_failure f);                             /* how it is told */
const char *exchange_priority_name(enum exchange_priority p); /* "LOW" … "URGENT" */
bool exchange_priority_parse(struct str s, enum exchange_priority *out) /* any case */
	ATTR_UNUSED_RESULT;

#endif
