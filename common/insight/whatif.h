/*
 * What if: requests as they came, through the scheduler's own code (decide/backlog.h,
 * decide/admission.h) in virtual time, under other rules. Pure.
 *
 *	struct whatif_outcome o;
 *	whatif_run(requests, n, &rules, &o);       requests by at_ms
 *	o.started … o.request[i].start_ms
 *	whatif_fini(&o);
 *
 * Each request takes as long as it took; what it reserves and what it comes to is what the
 * ledger has. It is one attempt: retries, stabilization and limits of clients, models and
 * single keys are left out, and who has waited too long is refused when its turn comes. So
 * what was recorded is run too, under the rules of now, and the two runs are compared, not
 * a run with the record.
 */
#ifndef INSIGHT_WHATIF_H
#define INSIGHT_WHATIF_H

#include "base/histo.h"

enum { WHATIF_REFUSED_AT = 0 };

struct whatif_request {
	uint64_t at_ms, runs_ns;   /* wall; how long the upstream took */
	uint64_t reserved, tokens; /* before and after */
	uint64_t client, session;  /* ids or hashes */
	uint64_t cost_nanousd;
	uint32_t class; /* as in decide/backlog.h */
};

struct whatif_rules {
	uint64_t requests_per_minute, requests_per_hour; /* 0 = no limit */
	uint64_t tokens_per_minute, tokens_per_hour;
	uint64_t burst_ns, max_concurrent, max_wait_ms, ageing;
	uint32_t max_size; /* of the queue */
};

struct whatif_outcome {
	uint64_t started, refused_full, refused_late, refused_large;
	uint64_t cost_nanousd; /* of those that started */
	uint64_t end_ms;       /* of the last one */
	struct histo wait_ms;  /* of those that started */
	uint64_t *start_ms;    /* [n] WHATIF_REFUSED_AT = it did not */
	uint32_t *place;       /* [n] 1 = it was the first to start; 0 = it did not */
};

void whatif_run(const struct whatif_request *r, uint32_t n,
	const struct whatif_rules *rules, struct whatif_outcome *out);
void whatif_fini(struct whatif_outcome *o);

/* How many start earlier in b than in a, and how many later. */
struct whatif_moved {
	uint64_t earlier, later;
};
struct whatif_moved whatif_compare(
	const struct whatif_outcome *a, const struct whatif_outcome *b, uint32_t n);

/* Which ones have another place in b than in a, by that in a, at last those refused there;
 * ix has room for n. How many there are. */
uint32_t whatif_reordered(const struct whatif_outcome *a,
	const struct whatif_outcome *b, uint32_t n, uint32_t *ix) ATTR_UNUSED_RESULT;

#endif
