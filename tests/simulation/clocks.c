/*
 * The wall clock jumps by an hour or a day, while the gateway runs and while it is away, and
 * the gateway is born again from its ledger. Whatever the wall says, nobody gets a token for
 * it: within one boot everything is sent at the very same instants, and a new boot that
 * finds the wall behind waits rather than sends.
 */
#include "question.h"

#include <stdlib.h>
#include <string.h>

enum { RPM = 60, RPH = 1000, TPM = 30000, TPH = 400000 };

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static const int64_t jumps_ms[] = {HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS};

enum { JUMPS = sizeof jumps_ms / sizeof jumps_ms[0] };

struct day {
	struct world_sent *sent;
	size_t n;
	uint64_t most_requests, most_tokens; /* in any true hour */
	bool is_whole;
};

/* The most of any hour, by the true times. */
static void judge_hours(struct day *d)
{
	uint64_t tokens = 0;
	for (size_t first = 0, i = 0; i < d->n; i++) {
		tokens += d->sent[i].tokens;
		for (; d->sent[first].at_ns + HOUR_NS <= d->sent[i].at_ns; first++)
			tokens -= d->sent[first].tokens;
		uint64_t requests = i - first + 1;
		d->most_requests =
			requests > d->most_requests ? requests : d->most_requests;
		d->most_tokens = tokens > d->most_tokens ? tokens : d->most_tokens;
	}
}

static void close_day(struct day *d, struct world *w)
{
	const struct world_sent *sent = world_sent(w, &d->n);
	const struct provider *p = world_provider(w);
	d->sent = malloc(d->n * sizeof *d->sent);
	if (d->sent == NULL)
		abort();
	memcpy(d->sent, sent, d->n * sizeof *sent);
	d->is_whole = is_whole(w) && p->n_refused == 0;
	judge_hours(d);
	world_free(w);
}

/* Three hours, with a death in the first minute, one when the hour is used up, and one in
 * the second hour; the wall jumps before and in each. */
static struct day live(int64_t jump_ms, bool is_new_boot)
{
	struct source s = {.outstanding = 30, .tokens_min = 50, .tokens_max = 700};
	struct plan plan = plan_of(&s, 1);
	static const uint64_t deaths_ns[] = {
		40 * SECOND_NS, 35 * MINUTE_NS, 80 * MINUTE_NS};
	struct world_away away = {2 * SECOND_NS, jump_ms, is_new_boot};
	struct day d = {0};
	plan.keeps_ledger = true;
	plan.rpm = plan.provider_rpm = RPM;
	plan.tpm = plan.provider_tpm = TPM;
	plan.rph = RPH;
	plan.tph = TPH;
	plan.until_ns = HOUR_NS;
	struct world *w = world_new(&plan);
	for (size_t i = 0; i < sizeof deaths_ns / sizeof deaths_ns[0]; i++) {
		world_go_on_until(w, HOUR_NS + deaths_ns[i] / 2);
		world_set_wall(w, is_new_boot ? 0 : jump_ms);
		world_go_on_until(w, HOUR_NS + deaths_ns[i]);
		world_restart_from_ledger(w, &away);
	}
	world_go_on_until(w, 4 * HOUR_NS);
	close_day(&d, w);
	forget(&s, 1);
	return d;
}

static bool is_same(const struct day *a, const struct day *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->sent[i].at_ns != b->sent[i].at_ns ||
			a->sent[i].tokens != b->sent[i].tokens)
			return false;
	return true;
}

static bool is_within(const struct day *d)
{
	return d->is_whole && d->most_requests <= RPH && d->most_tokens <= TPH;
}

static void ask_same_boot(const struct day *calm)
{
	size_t n_same = 0, n_within = is_within(calm);
	for (size_t i = 0; i < JUMPS; i++) {
		struct day d = live(jumps_ms[i], false);
		n_same += is_same(&d, calm);
		n_within += is_within(&d);
		free(d.sent);
	}
	judge("clock jumps, one boot", n_same == JUMPS && n_within == JUMPS + 1,
		"%zu of %d days with jumps send the same %zu at the same instants, most"
		" %llu/%d requests in an hour",
		n_same, JUMPS, calm->n, (unsigned long long)calm->most_requests, RPH);
}

static void ask_new_boot(void)
{
	uint64_t most = 0;
	size_t n_within = 0, n_behind = 0;
	for (size_t i = 0; i < JUMPS; i++) {
		if (jumps_ms[i] > 0)
			continue;
		struct day d = live(jumps_ms[i], true);
		most = d.most_requests > most ? d.most_requests : most;
		n_within += is_within(&d);
		n_behind++;
		free(d.sent);
	}
	judge("new boots with the wall behind", n_within == n_behind,
		"%zu of %zu days within all limits, most %llu/%d requests in an hour",
		n_within, n_behind, (unsigned long long)most, RPH);
}

void ask_clocks(void)
{
	struct day calm = live(0, false);
	ask_same_boot(&calm);
	ask_new_boot();
	free(calm.sent);
}
