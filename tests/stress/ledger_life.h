/*
 * A ledger's life by numbers, for the programs that hurt it: each odd fact is an intent,
 * each even one settles the one before it.
 */
#ifndef STRESS_LEDGER_LIFE_H
#define STRESS_LEDGER_LIFE_H

#include "store/ledger.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS    UINT64_C(1800000000)
#define MAX_BYTES (UINT64_C(64) << 20)

static inline union fact life_fact(uint64_t n)
{
	uint64_t request = (n + 1) / 2;
	union fact f = {0};
	if (n % 2 == 1) {
		f.intent = (struct fact_intent){.attempt = 1,
			.client_id = request % 3,
			.sent_ms = NOW_MS + request * 20000,
			.high_nanousd = 900};
		snprintf(f.intent.session, sizeof f.intent.session, "s%u",
			(unsigned)(request % 5));
		fact_begin(&f.head, FACT_INTENT, sizeof f.intent, NOW_MS);
		memcpy(f.intent.id, &request, sizeof request);
		return f;
	}
	f.settle = (struct fact_settle){.attempt = 1,
		.outcome = OUTCOME_SETTLED_USAGE,
		.final = 1,
		.status = 200,
		.prompt_tokens = request,
		.cost_nanousd = 7 * request,
		.done_ms = NOW_MS + request * 20000 + 1};
	fact_begin(&f.head, FACT_SETTLE, sizeof f.settle, NOW_MS);
	memcpy(f.settle.id, &request, sizeof request);
	return f;
}

/* What the first n facts cost. */
static inline uint64_t life_cost(uint64_t n)
{
	uint64_t settled = n / 2;
	return 7 * settled * (settled + 1) / 2;
}

static inline bool life_commit(
	struct ledger *l, uint64_t from, uint64_t to, struct err *e)
{
	if (!ledger_begin(l, e))
		return false;
	for (uint64_t n = from; n <= to; n++) {
		union fact f = life_fact(n);
		if (ledger_apply(l, SLOT_DISPATCH, n, &f) == LEDGER_FAILED)
			break;
	}
	return ledger_commit(l, e);
}

/* NULL = it does not open. */
static inline struct ledger *life_open(const char *dir, struct err *e)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = MAX_BYTES,
		.instance = 1,
		.now_ms = NOW_MS};
	struct ledger_found found;
	struct ledger *l;
	return ledger_open(&l, &plan, &found, e) ? l : NULL;
}

#endif
