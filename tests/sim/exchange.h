/*
 * One request that costs something, from the moment it is understood to its last byte.
 *
 *	           bill_commit()            ttft              all words written
 *	RECORDING ───────────────► WAITING ──────► STREAMING ───────────────────► CLOSING
 *	 on sim->recorded           timer │         timer, drain                   on sim->
 *	                                  │                                        recorded
 *	                                  ├─ whole reply, error ──► FLUSHING ◄─────┘ commit
 *	                                  ├─ endless bytes ───────► POURING    │
 *	                                  └─ black hole ──────────► HOLDING    ▼
 *	                                                                     ENDED, swept
 *
 * Only the two states on sim->recorded wait for the bill: nothing a request costs is ever
 * answered before it is written down.
 */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "openai.h"
#include "sim.h"
#include "speech.h"

struct endpoint;

enum exchange_state {
	EXCHANGE_RECORDING,
	EXCHANGE_WAITING,
	EXCHANGE_STREAMING,
	EXCHANGE_CLOSING,
	EXCHANGE_FLUSHING,
	EXCHANGE_POURING,
	EXCHANGE_HOLDING,
	EXCHANGE_ENDED,
};

/* How a stream's last bytes look. */
enum exchange_ending { ENDING_GOOD, ENDING_CUT, ENDING_ERROR };

struct exchange {
	struct sim *sim;
	struct http_conn *conn; /* NULL = the client has left */
	struct exchange *next;  /* on sim->recorded or sim->ended */
	struct event timer;
	enum exchange_state state;
	enum exchange_ending ending;

	/* what was asked */
	const struct endpoint *endpoint;
	char request_id[OPENAI_NAME_BYTES], reply_id[OPENAI_NAME_BYTES];
	char *client_id; /* owned; NULL = not sent */
	unsigned minor;
	bool keep_alive, reused, include_usage, logprobs, background, store;
	uint64_t top_logprobs;
	struct buf inputs; /* owned; embeddings: the hash of each input, a uint64_t */
	size_t dimensions;
	bool base64;
	uint64_t started_ns, created_s;

	/* what will be answered */
	const struct mode *mode;
	uint64_t arg; /* the mode's number */
	uint64_t delay_ns, milli_tps;
	struct openai_hints hints;
	struct speech speech;
	uint64_t n_pieces;  /* of all choices */
	bool cut_by_length; /* finish_reason "length" */
	char *blob;         /* owned; an error's whole reply */
	size_t blob_n;
	struct bill_entry bill;
	struct usage full; /* when the reply runs to its end */
	struct limiter_key *key;
	uint64_t ticket;

	/* how far it has come */
	uint64_t first_ns; /* first token */
	uint64_t
		step; /* the stream's next event: 0 role, 1..n_pieces words, then tail */
	uint64_t body_n; /* bytes of body put so far */
	uint64_t cut_at; /* of the body; UINT64_MAX = never */
	uint64_t poured;
	struct buf slow; /* bytes that leave one by one */
	size_t slow_at;
};

/* A new exchange for a request that has just been read. */
struct exchange *exchange_new(struct sim *s, const struct endpoint *endpoint,
	struct http_conn *conn, const struct http_request *req);

/* Answer with this error; extra header lines or NULL. */
void exchange_refuse(
	struct exchange *ex, const struct openai_error *e, const char *headers);

/* Answer as planned: mode, arg, pace, speech and full usage are set. */
void exchange_run(struct exchange *ex);

/* The bill is committed: let out what waited for it. New ones may be waiting afterwards. */
void exchange_release(struct sim *s);

void exchange_sweep(struct sim *s);

/* For stream.c: the steps every kind of answer is made of. */
void exchange_wake_in(struct exchange *ex, uint64_t ns);
void exchange_write_line(struct exchange *ex, enum bill_event event);
void exchange_await_commit(struct exchange *ex, enum exchange_state state);

/* All has been handed to wire.h: end, now or when the trickle has. */
void exchange_flush(struct exchange *ex);

void exchange_on_drain(void *user);
void exchange_on_gone(void *user);

#endif
