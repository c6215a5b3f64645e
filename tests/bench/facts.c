/*
 * How many facts a second the ledger takes: pairs of intent and settle as a busy gateway
 * has them (models, keys, clients, sessions), committed as record commits them.
 *
 *	facts [PAIRS [DIRECTORY [SESSIONS [DAYS]]]]
 *
 * The pairs are spread over so many days before now, or a part of one; 1 when not given.
 */
#include "base/clock.h"
#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 20000, MODELS = 8, KEYS = 2, CLIENTS = 100 };

#define MAX_BYTES (UINT64_C(64) << 30)
#define DAY_MS    86400000.0

/* When pair number i was sent. */
static struct {
	uint64_t from_ms, for_ms, n_pairs;
} when;

static uint64_t sent_ms(uint64_t i)
{
	return when.from_ms + i * when.for_ms / when.n_pairs;
}

static struct rates make_rates(uint64_t i, uint64_t dollars)
{
	struct rates r = {.input = dollars * 1000000, .output = dollars * 4000000};
	snprintf(r.model, sizeof r.model, "model-%u", (unsigned)(i % MODELS));
	return r;
}

static union fact make_intent(uint64_t i, uint64_t n_sessions)
{
	union fact f = {.intent = {.attempt = 1,
				.priority = PRIORITY_NORMAL,
				.client_id = i % CLIENTS + 1,
				.sent_ms = sent_ms(i),
				.queue_ns = i % 97 * NS_PER_MS,
				.high_rates = make_rates(i, 5),
				.prompt_chars = 400}};
	fact_begin(&f.head, FACT_INTENT, sizeof f.intent, f.intent.sent_ms);
	memcpy(f.intent.id, &(uint64_t){__builtin_bswap64(i)}, 8);
	snprintf(f.intent.model, sizeof f.intent.model, "model-%u",
		(unsigned)(i % MODELS));
	snprintf(f.intent.key, sizeof f.intent.key, "key-%u", (unsigned)(i % KEYS));
	snprintf(f.intent.session, sizeof f.intent.session, "session-%llu",
		(unsigned long long)(i * 7919 % n_sessions));
	return f;
}

static union fact make_settle(uint64_t i)
{
	union fact f = {.settle = {.attempt = 1,
				.outcome = OUTCOME_SETTLED_USAGE,
				.final = 1,
				.status = 200,
				.prompt_tokens = 100 + i % 50,
				.completion_tokens = 20 + i % 30,
				.cost_nanousd = 1000 + i % 7777,
				.rates = make_rates(i, 2),
				.first_token_ns = 300 * NS_PER_MS,
				.duration_ns = (800 + i % 1000) * NS_PER_MS,
				.done_ms = sent_ms(i) + 1000}};
	fact_begin(&f.head, FACT_SETTLE, sizeof f.settle, f.settle.done_ms);
	memcpy(f.settle.id, &(uint64_t){__builtin_bswap64(i)}, 8);
	snprintf(f.settle.model_served, sizeof f.settle.model_served,
		"model-%u-2026-01-01", (unsigned)(i % MODELS));
	snprintf(f.settle.service_tier, sizeof f.settle.service_tier, "default");
	snprintf(f.settle.upstream_id, sizeof f.settle.upstream_id, "req_%032llx",
		(unsigned long long)i);
	return f;
}

/* Settles come some thousand facts behind their intents, as answers do. */
enum { BEHIND = 2000 };

static void fill(struct ledger *l, uint64_t n_pairs, uint64_t n_sessions)
{
	struct err e = {0};
	uint64_t position = ledger_position(l, SLOT_DISPATCH), intents = 0, settles = 0;
	while (settles < n_pairs) {
		must(ledger_begin(l, &e));
		for (int n = 0; n < BATCH && settles < n_pairs; n++) {
			bool is_settle =
				intents == n_pairs || intents - settles >= BEHIND;
			union fact f = is_settle ? make_settle(++settles)
						 : make_intent(++intents, n_sessions);
			must(ledger_apply(l, SLOT_DISPATCH, ++position, &f) ==
				LEDGER_APPLIED);
		}
		if (!ledger_commit(l, &e)) {
			fprintf(stderr, "%s\n", e.text);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
	uint64_t n_sessions = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000;
	double days = argc > 4 ? strtod(argv[4], NULL) : 1;
	when.n_pairs = n + 1;
	when.for_ms = (uint64_t)(days * DAY_MS);
	when.from_ms = clock_wall_ms() - when.for_ms;
	struct ledger_plan plan = {.data_dir = argc > 2 ? argv[2] : ".",
		.max_bytes = MAX_BYTES,
		.instance = 1,
		.now_ms = clock_wall_ms()};
	struct ledger_found found;
	struct ledger *l;
	struct err e = {0};
	if (!ledger_open(&l, &plan, &found, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	uint64_t begin = clock_mono_ns();
	fill(l, n, n_sessions);
	double s = (double)(clock_mono_ns() - begin) / (double)NS_PER_S;
	printf("%.0f facts/s: %llu facts in %.2f s (%.2f s of CPU), %.0f bytes an "
	       "attempt\n",
		(double)(2 * n) / s, (unsigned long long)(2 * n), s,
		(double)clock() / CLOCKS_PER_SEC,
		(double)store_bytes(ledger_store(l)) / (double)n);
	ledger_close(l);
	return 0;
}
