/*
 * The strict rate limit: per API key an exact log of the last 60 s. A request is admitted
 * when the log then holds at most rpm requests and tpm tokens; so no 60 s anywhere hold
 * more. Nothing refills: a place comes free when its entry is 60 s old, not before.
 *
 * A request counts max(max_tokens, characters / 4) tokens when it is admitted. When it
 * ends with more true tokens than that, its entry is raised to them; with fewer, nothing
 * is given back. Requests that fail later (the weather) count; those the limiter itself
 * refuses do not.
 *
 * rpm or tpm 0 = no such limit; the log and its maxima are kept all the same. Co-tenants
 * are other users of the same key: they eat from the limit whenever it has room.
 *
 * Bounds: 64 keys, later ones share the last; 4 Mi entries a key, then the oldest is
 * forgotten early and `forgotten` counts it.
 */
#ifndef SIM_LIMITER_H
#define SIM_LIMITER_H

#include "buf.h"

enum { LIMITER_KEYS = 64, LIMITER_ENTRIES = 4 << 20 };

struct limiter_entry {
	uint64_t t_ns;
	uint32_t counted;
	uint32_t truth; /* UINT32_MAX = a co-tenant's */
};

struct limiter_key {
	uint64_t hash;
	struct limiter_entry *ring;
	uint64_t head, tail, cap; /* cap is a power of two */
	uint64_t counted, truth;  /* sums over the log */
	uint64_t n_own, own_counted;
	uint64_t max_requests, max_counted,
		max_truth; /* largest ever in 60 s, own only */
	uint64_t over_requests, over_tokens, too_large, forgotten;
};

struct limiter {
	uint64_t rpm, tpm;
	double cotenant_rpm, cotenant_tpm;
	double owed_requests; /* co-tenants' requests due but not yet placed */
	struct limiter_key keys[LIMITER_KEYS];
	size_t n_keys;
};

enum limiter_verdict {
	LIMITER_OK,
	LIMITER_REQUESTS,
	LIMITER_TOKENS,
	LIMITER_TOO_LARGE
};

struct limiter_answer {
	enum limiter_verdict verdict;
	uint64_t limit, used, requested, wait_ns; /* when refused */
	uint64_t ticket; /* when admitted; for limiter_settle() */
};

/* What the x-ratelimit headers say; reset = until nothing is in the log. */
struct limiter_state {
	uint64_t left_requests, left_tokens, reset_ns;
};

struct limiter_key *limiter_key(struct limiter *l, uint64_t hash);

struct limiter_answer limiter_admit(
	struct limiter *l, struct limiter_key *k, uint64_t tokens, uint64_t now_ns);

/* The request has ended with this many true tokens. */
void limiter_settle(struct limiter_key *k, uint64_t ticket, uint64_t tokens);

struct limiter_state limiter_state(
	const struct limiter *l, struct limiter_key *k, uint64_t now_ns);

/* Let the co-tenants of every key take what elapsed_ns entitles them to. */
void limiter_cotenants(struct limiter *l, uint64_t now_ns, uint64_t elapsed_ns);

/* Forget all logs and maxima; limits and keys stay. */
void limiter_reset(struct limiter *l);

/* {"rpm":…,"tpm":…,"keys":[…]} */
void limiter_report(struct limiter *l, uint64_t now_ns, struct buf *out);

void limiter_fini(struct limiter *l);

#endif
