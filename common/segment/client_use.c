/* Rates, holds and spending of clients: the only place that changes those words. */
#include "segment/client_use.h"

#include "base/num.h"

#include <stdatomic.h>
#include <string.h>

/* ---- held ------------------------------------------------------------------------------ */

static struct client_held *held_at(
	const struct clients *c, uint32_t channel_ix, uint32_t ix)
{
	must(channel_ix < c->n_channels && ix < c->max);
	return &c->held[(uint64_t)channel_ix * c->max + ix];
}

void client_use_hold(
	const struct clients *c, uint32_t channel_ix, uint32_t ix, uint64_t nanousd)
{
	struct client_held *h = held_at(c, channel_ix, ix);
	/* Relaxed loads: our own row. The stores are the fence between our addition and
	 * our sum: of two fronts one sees the other's. */
	uint64_t money = atomic_load_explicit(&h->nanousd, memory_order_relaxed);
	uint32_t n = atomic_load_explicit(&h->requests, memory_order_relaxed);
	atomic_store_explicit(
		&h->nanousd, num_add_sat(money, nanousd), memory_order_seq_cst);
	atomic_store_explicit(&h->requests, n + 1, memory_order_seq_cst);
}

void client_use_drop(const struct clients *c, uint32_t channel_ix, uint32_t ix,
	const struct client_use *use)
{
	struct client_held *h = held_at(c, channel_ix, ix);
	/* Relaxed loads: our own row. Release: what record had published before we were
	 * told to drop is seen by whoever sees the drop. */
	uint64_t money = atomic_load_explicit(&h->nanousd, memory_order_relaxed);
	uint32_t n = atomic_load_explicit(&h->requests, memory_order_relaxed);
	atomic_store_explicit(
		&h->nanousd, num_sub_sat(money, use->nanousd), memory_order_release);
	atomic_store_explicit(&h->requests, (uint32_t)num_sub_sat(n, use->requests),
		memory_order_release);
}

struct client_use client_use_held(const struct clients *c, uint32_t ix)
{
	struct client_use sum = {0};
	for (uint32_t i = 0; i < c->n_channels; i++) {
		struct client_held *h = held_at(c, i, ix);
		sum.requests +=
			atomic_load_explicit(&h->requests, memory_order_seq_cst);
		sum.nanousd = num_add_sat(sum.nanousd,
			atomic_load_explicit(&h->nanousd, memory_order_seq_cst));
	}
	return sum;
}

/* ---- rates ------------------------------------------------------------------------------- */

static _Atomic uint64_t *word_at(
	const struct clients *c, uint32_t ix, enum client_rate which)
{
	must(ix < c->max && which < CLIENT_RATES);
	return &c->rates[ix].tat[which];
}

uint64_t client_use_tat(const struct clients *c, uint32_t ix, enum client_rate which)
{
	return atomic_load_explicit(word_at(c, ix, which), memory_order_relaxed);
}

void client_use_restore(
	const struct clients *c, uint32_t ix, enum client_rate which, uint64_t tat_ns)
{
	atomic_store_explicit(word_at(c, ix, which), tat_ns, memory_order_relaxed);
}

/* Who would refuse, and lets the request wait the longest? Asked before anything is
 * taken, so that a refusal leaves every word as it was. */
static enum client_rate find_refusal(const struct clients *c, uint32_t ix,
	const struct client_take *take, uint64_t now_ns, struct bucket_take *t)
{
	enum client_rate refused = CLIENT_RATES;
	for (unsigned i = 0; i < CLIENT_RATES; i++) {
		enum client_rate which = (enum client_rate)i;
		if (take[i].rate.tokens == 0)
			continue;
		struct bucket_take one = bucket_take(
			client_use_tat(c, ix, which), &take[i].rate, take[i].n, now_ns);
		if (one.verdict == BUCKET_TAKEN ||
			(refused < CLIENT_RATES && one.earliest_ns <= t->earliest_ns))
			continue;
		refused = which;
		*t = one;
	}
	return refused;
}

/* Another front was faster at rate n: give back those before it. */
static void give_back(const struct clients *c, uint32_t ix,
	const struct client_take *take, unsigned n, uint64_t now_ns)
{
	for (unsigned i = 0; i < n; i++) {
		struct bucket_use none = {.reserved = take[i].n, .taken_ns = now_ns};
		if (take[i].rate.tokens != 0)
			client_use_correct(c, ix, (enum client_rate)i, &take[i].rate,
				&none, now_ns);
	}
}

enum client_rate client_use_take(const struct clients *c, uint32_t ix,
	const struct client_take take[static CLIENT_RATES], uint64_t now_ns,
	struct bucket_take *t)
{
	enum client_rate refused = find_refusal(c, ix, take, now_ns, t);
	if (refused != CLIENT_RATES)
		return refused;
	for (unsigned i = 0; i < CLIENT_RATES; i++) {
		if (take[i].rate.tokens == 0)
			continue;
		*t = bucket_take_shared(word_at(c, ix, (enum client_rate)i),
			&take[i].rate, take[i].n, now_ns);
		if (t->verdict != BUCKET_TAKEN) {
			give_back(c, ix, take, i, now_ns);
			return (enum client_rate)i;
		}
	}
	return CLIENT_RATES;
}

void client_use_correct(const struct clients *c, uint32_t ix, enum client_rate which,
	const struct bucket_rate *rate, const struct bucket_use *use, uint64_t now_ns)
{
	bucket_correct_shared(word_at(c, ix, which), rate, use, now_ns);
}

/* ---- spent -------------------------------------------------------------------------------- */

void clients_set_spent(struct clients *c, uint32_t ix, uint64_t now_ms,
	const uint64_t nanousd[static PERIODS])
{
	must(ix < c->max);
	struct client_spent *s = &c->spent[ix];
	for (unsigned p = 0; p < PERIODS; p++) {
		/* The amount first: under the old number it belongs to a period that is
		 * over, and is not looked at. */
		atomic_store_explicit(&s->nanousd[p], nanousd[p], memory_order_release);
		/* pairs with client_use_spent() */
		atomic_store_explicit(&s->number[p],
			period_number((enum period)p, now_ms), memory_order_release);
	}
}

void client_use_spent(const struct clients *c, uint32_t ix, uint64_t now_ms,
	uint64_t nanousd[static PERIODS])
{
	must(ix < c->max);
	const struct client_spent *s = &c->spent[ix];
	for (unsigned p = 0; p < PERIODS; p++) {
		/* pairs with clients_set_spent(); a later number than now's: our clock
		 * was set back, and what is spent stays spent */
		uint64_t number =
			atomic_load_explicit(&s->number[p], memory_order_acquire);
		uint64_t spent =
			atomic_load_explicit(&s->nanousd[p], memory_order_acquire);
		bool is_over = number < period_number((enum period)p, now_ms);
		nanousd[p] = is_over ? 0 : spent;
	}
}

/* ---- refused ------------------------------------------------------------------------------- */

void client_use_refuse(
	const struct clients *c, uint32_t ix, enum period p, uint64_t now_ms)
{
	must(ix < c->max && p < PERIODS);
	atomic_store_explicit(&c->refused[ix].wall_ms[p], now_ms, memory_order_relaxed);
}

void client_use_let_in(
	const struct clients *c, uint32_t ix, uint64_t now_ms, uint64_t younger_ms)
{
	must(ix < c->max);
	for (unsigned p = 0; p < PERIODS; p++) {
		_Atomic uint64_t *word = &c->refused[ix].wall_ms[p];
		uint64_t at = atomic_load_explicit(word, memory_order_relaxed);
		if (at == 0 || (at <= now_ms && now_ms - at < younger_ms))
			continue;
		(void)atomic_compare_exchange_strong_explicit(
			word, &at, 0, memory_order_relaxed, memory_order_relaxed);
	}
}

void client_use_change(const struct clients *c, uint32_t ix,
	const struct client_limits *was, const struct client_limits *is)
{
	must(ix < c->max);
	for (unsigned p = 0; p < PERIODS; p++) {
		enum client_limit budget =
			(enum client_limit)(CLIENT_LIMIT_budget_day + p);
		if (client_limit_get(was, budget) != client_limit_get(is, budget))
			atomic_store_explicit(
				&c->refused[ix].wall_ms[p], 0, memory_order_relaxed);
	}
}

void client_use_adopt(const struct clients *c, const struct client_limits *old,
	const struct client_limits *defaults)
{
	if (memcmp(old, defaults, sizeof *old) == 0)
		return;
	for (uint32_t ix = 0; ix < clients_count(c); ix++) {
		struct client_limits was, is;
		clients_limits(c, ix, &was);
		is = was;
		client_limits_fill(&was, old);
		client_limits_fill(&is, defaults);
		client_use_change(c, ix, &was, &is);
	}
}

void client_use_refused(const struct clients *c, uint32_t ix, uint64_t now_ms,
	uint64_t wall_ms[static PERIODS])
{
	must(ix < c->max);
	for (unsigned p = 0; p < PERIODS; p++) {
		uint64_t at = atomic_load_explicit(
			&c->refused[ix].wall_ms[p], memory_order_relaxed);
		bool is_over = period_number((enum period)p, at) <
			       period_number((enum period)p, now_ms);
		wall_ms[p] = is_over ? 0 : at;
	}
}
