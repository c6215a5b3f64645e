/*
 * One client over several fronts, with the fronts as threads of one process so that
 * ThreadSanitizer sees them: how many run at a time, what they may spend while record
 * publishes behind them, and what they take of the rates.
 *
 * Of each limit both sides are asked: never more than it, and all of it.
 */
#include "segment/client_use.h"

#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEM_BYTES = 1 << 16, FRONTS = 4, MOST_AT_A_TIME = 2, CENTS = 7, BUDGET = 40000 };

#define RUN_NS (NS_PER_S / 2)

static _Alignas(4096) uint8_t memory[MEM_BYTES];

static struct world {
	struct clients clients;
	uint64_t until_ns, now_ms;
	_Atomic uint32_t running, n_wrong, n_passes, n_fronts;
	/* what each front has settled, and how much of that record has published */
	_Atomic uint64_t settled[FRONTS], committed[FRONTS];
	_Atomic uint64_t taken[CLIENT_RATES];
} world;

struct front {
	uint32_t ix;
	pthread_t thread;
};

static void wrong(const char *what)
{
	printf("wrong: %s\n", what);
	atomic_fetch_add(&world.n_wrong, 1);
}

static void drop(uint32_t front, uint64_t requests, uint64_t nanousd)
{
	client_use_drop(
		&world.clients, front, 0, &(struct client_use){requests, nanousd});
}

static void setup(void)
{
	struct map m = {memory, MEM_BYTES, -1};
	struct clients_words *w = (struct clients_words *)memory;
	memset(memory, 0, sizeof memory);
	memset(&world, 0, sizeof world);
	(void)clients_layout(w, 1024, 1, FRONTS);
	must(clients_attach(&world.clients, &m, w));
	world.until_ns = clock_mono_ns() + RUN_NS;
	world.now_ms = clock_wall_ms();
}

static bool run(void *(*body)(void *), void *(*record)(void *))
{
	struct front f[FRONTS];
	pthread_t recorder;
	atomic_store(&world.n_fronts, FRONTS);
	for (uint32_t i = 0; i < FRONTS; i++) {
		f[i].ix = i;
		must(pthread_create(&f[i].thread, NULL, body, &f[i]) == 0);
	}
	if (record != NULL)
		must(pthread_create(&recorder, NULL, record, NULL) == 0);
	for (uint32_t i = 0; i < FRONTS; i++)
		must(pthread_join(f[i].thread, NULL) == 0);
	if (record != NULL)
		must(pthread_join(recorder, NULL) == 0);
	struct client_use left = client_use_held(&world.clients, 0);
	return world.n_wrong == 0 && left.requests == 0 && left.nanousd == 0;
}

/* ---- how many at a time -------------------------------------------------------------- */

static void *ask_at_a_time(void *arg)
{
	const struct front *f = arg;
	while (clock_mono_ns() < world.until_ns) {
		client_use_hold(&world.clients, f->ix, 0, 0);
		if (client_use_held(&world.clients, 0).requests <= MOST_AT_A_TIME) {
			if (atomic_fetch_add(&world.running, 1) >= MOST_AT_A_TIME)
				wrong("more at a time than may be");
			atomic_fetch_add(&world.n_passes, 1);
			sched_yield();
			atomic_fetch_sub(&world.running, 1);
		}
		drop(f->ix, 1, 0);
	}
	return NULL;
}

static bool try_at_a_time(void)
{
	setup();
	bool ok = run(ask_at_a_time, NULL);
	printf("%-14s %8u passed", "at a time", world.n_passes);
	return ok && world.n_passes > FRONTS;
}

/* ---- what is spent ---------------------------------------------------------------------- */

/* May so much more be spent? Held first, spent behind it. */
static bool is_within_budget(void)
{
	uint64_t spent[PERIODS];
	struct client_use held = client_use_held(&world.clients, 0);
	client_use_spent(&world.clients, 0, world.now_ms, spent);
	return spent[PERIOD_DAY] + held.nanousd <= BUDGET;
}

/* Until the budget is used to the last request that fits. */
static void *spend(void *arg)
{
	const struct front *f = arg;
	uint64_t settled = 0;
	for (uint64_t spent[PERIODS] = {0}; spent[PERIOD_DAY] + CENTS <= BUDGET;
		client_use_spent(&world.clients, 0, world.now_ms, spent)) {
		client_use_hold(&world.clients, f->ix, 0, CENTS);
		if (is_within_budget()) {
			settled += CENTS;
			atomic_store(&world.settled[f->ix], settled);
			while (atomic_load(&world.committed[f->ix]) < settled)
				sched_yield();
		}
		drop(f->ix, 1, CENTS);
	}
	atomic_fetch_sub(&world.n_fronts, 1);
	return NULL;
}

/* What is published covers what is said to be committed, as record does it. */
static void *record(void *arg)
{
	(void)arg;
	while (atomic_load(&world.n_fronts) > 0) {
		uint64_t seen[FRONTS], sum = 0;
		for (uint32_t i = 0; i < FRONTS; i++)
			sum += seen[i] = atomic_load(&world.settled[i]);
		uint64_t spent[PERIODS] = {sum, sum, sum};
		clients_set_spent(&world.clients, 0, world.now_ms, spent);
		for (uint32_t i = 0; i < FRONTS; i++)
			atomic_store_explicit(
				&world.committed[i], seen[i], memory_order_release);
		if (sum > BUDGET)
			wrong("more spent than the budget");
		sched_yield();
	}
	return NULL;
}

static bool try_budget(void)
{
	uint64_t sum = 0;
	setup();
	bool ok = run(spend, record);
	for (uint32_t i = 0; i < FRONTS; i++)
		sum += world.settled[i];
	printf("%-14s %8llu of %d spent", "budget", (unsigned long long)sum, BUDGET);
	return ok && sum <= BUDGET && sum + CENTS > BUDGET;
}

/* ---- rates -------------------------------------------------------------------------------- */

static const struct client_take takes[CLIENT_RATES] = {
	[RATE_REQUESTS_MINUTE] = {{200000, NS_PER_S, 50, 0}, 1},
	[RATE_TOKENS_HOUR] = {{1000000, NS_PER_S, 100, 1000}, 7},
};

static void *take(void *arg)
{
	(void)arg;
	for (uint64_t now; (now = clock_mono_ns()) < world.until_ns;) {
		struct bucket_take t;
		if (client_use_take(&world.clients, 0, takes, now, &t) != CLIENT_RATES)
			continue;
		for (unsigned i = 0; i < CLIENT_RATES; i++)
			atomic_fetch_add(&world.taken[i], takes[i].n);
	}
	return NULL;
}

static bool try_rates(void)
{
	uint64_t start_ns = clock_mono_ns();
	setup();
	bool ok = run(take, NULL);
	uint64_t elapsed_ns = clock_mono_ns() - start_ns;
	for (unsigned i = 0; i < CLIENT_RATES; i++) {
		const struct bucket_rate *r = &takes[i].rate;
		uint64_t most = r->burst;
		if (r->tokens == 0)
			continue;
		most += elapsed_ns * r->tokens / r->period_ns;
		ok = ok && world.taken[i] >= r->burst && world.taken[i] <= most;
	}
	printf("%-14s %8llu taken", "rates", (unsigned long long)world.taken[0]);
	return ok;
}

static bool report(bool ok)
{
	printf("  %s\n", ok ? "ok" : "FAILED");
	return ok;
}

int main(void)
{
	unsigned n_passed = 0, n = 3;
	n_passed += report(try_at_a_time());
	n_passed += report(try_budget());
	n_passed += report(try_rates());
	printf("%u passed, %u failed\n", n_passed, n - n_passed);
	return n_passed == n ? EXIT_SUCCESS : EXIT_FAILURE;
}
