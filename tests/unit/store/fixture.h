/*
 * What the ledger's tests share: a directory of their own, and a world that makes up
 * facts from a seed and remembers, by its own rules, what a ledger must then hold.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "store/ledger.h"
#include "store/query.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEST_MAX_BYTES = 256 << 20, TEST_NOW_MS = 1800000000 };

/* ---- a directory ------------------------------------------------------------- */

static inline const char *fixture_dir(const char *base)
{
	static char path[64];
	snprintf(path, sizeof path, "%s/ledger-test-XXXXXX", base);
	must(mkdtemp(path) != NULL);
	return path;
}

static inline int fixture_remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *level)
{
	(void)st, (void)kind, (void)level;
	return remove(path);
}

static inline void fixture_remove(const char *dir)
{
	(void)nftw(dir, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct ledger *fixture_open(const char *dir, uint64_t instance)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = instance,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct ledger *l = NULL;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	return l;
}

/* ---- single facts -------------------------------------------------------------- */

static inline void fixture_id(uint64_t request, uint8_t id[static EXCHANGE_ID_BYTES])
{
	memset(id, 0, EXCHANGE_ID_BYTES);
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(request >> (56 - 8 * i));
}

static inline uint64_t fixture_request_of(const uint8_t *id)
{
	uint64_t n = 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | id[i];
	return n;
}

static inline struct rates fixture_rates(uint64_t input)
{
	return (struct rates){.input = input,
		.cached = input,
		.cache_write = input,
		.output = 8000000,
		.long_from_tokens = UINT64_MAX,
		.model = "priced-model"};
}

static inline union fact fixture_intent(uint64_t request, uint32_t attempt)
{
	union fact f = {.intent = {.attempt = attempt,
				.priority = PRIORITY_NORMAL,
				.sent_ms = TEST_NOW_MS,
				.high_prompt_tokens = 100,
				.high_completion_tokens = 50,
				.high_nanousd = 7000,
				.prompt_chars = 40,
				.session = "s"}};
	fact_begin(&f.head, FACT_INTENT, sizeof f.intent, TEST_NOW_MS);
	fixture_id(request, f.intent.id);
	return f;
}

static inline union fact fixture_settle(
	uint64_t request, uint32_t attempt, enum attempt_outcome outcome)
{
	union fact f = {.settle = {.attempt = attempt,
				.outcome = (uint8_t)outcome,
				.prompt_tokens = 10,
				.completion_tokens = 5,
				.cost_nanousd = 300,
				.done_ms = TEST_NOW_MS + 1}};
	fact_begin(&f.head, FACT_SETTLE, sizeof f.settle, TEST_NOW_MS);
	fixture_id(request, f.settle.id);
	return f;
}

static inline union fact fixture_token(uint64_t id, const char *name, uint8_t hash)
{
	union fact f = {.token = {.client_id = id, .role = CLIENT_CHAT}};
	fact_begin(&f.head, FACT_TOKEN, sizeof f.token, TEST_NOW_MS);
	memset(f.token.hash, hash, sizeof f.token.hash);
	snprintf(f.token.name, sizeof f.token.name, "%s", name);
	return f;
}

static inline union fact fixture_revocation(uint64_t id)
{
	union fact f = {.token_revoke = {.client_id = id}};
	fact_begin(&f.head, FACT_TOKEN_REVOKE, sizeof f.token_revoke, TEST_NOW_MS);
	return f;
}

static inline union fact fixture_limits(
	uint64_t id, enum client_limit which, uint64_t n)
{
	union fact f = {.token_limits = {.client_id = id, .set = 1u << which}};
	fact_begin(&f.head, FACT_TOKEN_LIMITS, sizeof f.token_limits, TEST_NOW_MS);
	client_limit_set_number(&f.token_limits.limits, which, n);
	return f;
}

/* One fact, one commit, behind all that slot has said. */
static inline enum ledger_verdict fixture_apply(struct ledger *l, union fact f)
{
	struct err e = {0};
	uint64_t position = ledger_position(l, SLOT_DISPATCH) + f.head.bytes;
	ck_assert_msg(ledger_begin(l, &e), "%s", e.text);
	enum ledger_verdict v = ledger_apply(l, SLOT_DISPATCH, position, &f);
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
	return v;
}

/* The row of one attempt; the test fails when it is not there. */
struct fixture_find {
	uint32_t attempt;
	bool found;
	struct row row;
};

static inline bool fixture_on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct fixture_find *x = arg;
	(void)sequence;
	if (r->attempt == x->attempt) {
		x->found = true;
		x->row = *r;
	}
	return true;
}

static inline struct row fixture_row(
	struct ledger *l, uint64_t request, uint32_t attempt)
{
	struct fixture_find x = {.attempt = attempt};
	struct query_place at = query_start();
	struct err e = {0};
	uint8_t id[EXCHANGE_ID_BYTES];
	fixture_id(request, id);
	ck_assert_int_eq(
		query_request(ledger_store(l), id, &at, fixture_on_row, &x, &e),
		QUERY_DONE);
	ck_assert(x.found && at.n_bad == 0);
	return x.row;
}

#endif
