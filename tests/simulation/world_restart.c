/*
 * Death and what comes after it: as the segment keeps things, or as the ledger does. The
 * ledger's part is what record/past_build.c and dispatch/governor.c do, by the same objects.
 */
#include "world_parts.h"

#include "base/num.h"
#include "segment/past.h"

#include <stdlib.h>
#include <string.h>

#define WALL_BASE_MS UINT64_C(1800000000000)

static struct moment moment_now(const struct world *w)
{
	uint64_t true_ms = WALL_BASE_MS + w->now_ns / (SECOND_NS / 1000);
	return (struct moment){
		w->boot + 1, w->now_ns, true_ms + (uint64_t)w->wall_ahead_ms};
}

void world_note_sent(struct world *w, uint64_t tokens)
{
	if (!w->plan.keeps_ledger)
		return;
	if (w->n_sent == w->cap_sent) {
		w->cap_sent = w->cap_sent ? 2 * w->cap_sent : 1024;
		w->sent = realloc(w->sent, w->cap_sent * sizeof *w->sent);
		must(w->sent != NULL);
	}
	w->sent[w->n_sent++] = (struct world_sent){w->now_ns, moment_now(w), tokens};
}

const struct world_sent *world_sent(const struct world *w, size_t *n)
{
	*n = w->n_sent;
	return w->sent;
}

void world_set_wall(struct world *w, int64_t jump_ms)
{
	w->wall_ahead_ms += jump_ms;
}

static void restart_key(struct world *w, uint64_t away_ns)
{
	struct stabilizer_snapshot kept = stabilizer_save(&w->key, w->now_ns);
	w->now_ns += away_ns;
	stabilizer_load(&w->key, &kept, away_ns, w->now_ns);
	w->pace_requests = w->pace_tokens = (struct bucket){0};
	w->wake_ns = w->now_ns;
}

void world_restart(struct world *w, uint64_t away_ns)
{
	restart_key(w, away_ns);
}

/* As record reads it: newest first, by the clocks that were written down. */
static void read_ledger(const struct world *w, struct past *p)
{
	struct moment_walk walk = {.at = moment_now(w)};
	p->as_of_ns = w->now_ns;
	for (size_t i = w->n_sent; i-- > 0;) {
		uint64_t age_ns = moment_walk_back_ns(&walk, &w->sent[i].told);
		if (age_ns > HOUR_NS + GUARD_NS)
			break;
		must(past_charge(p, "all", age_ns, 1, w->sent[i].tokens));
	}
}

/* As dispatch makes its rows: the window from the past, the burst used. */
static void restore(struct world *w, const struct past *p, size_t i)
{
	struct upstream_limit *l = calloc(1, sizeof *l);
	struct admission_limit all[JOB_LIMITS];
	must(l != NULL);
	l->unit = i >= 2 ? LIMIT_TOKENS : LIMIT_REQUESTS;
	l->window_ns = i % 2 ? HOUR_NS : MINUTE_NS;
	memcpy(l->scope, "all", sizeof "all");
	limit_forget(l);
	past_restore(p, l);
	w->window[i] = l->window;
	w->bucket[i] = (struct bucket){0};
	free(l);
	size_t n = world_limits(w, 1, all);
	for (size_t k = 0; k < n; k++)
		if (all[k].bucket == &w->bucket[i] &&
			window_used(&w->window[i], w->now_ns) > 0)
			bucket_defer(&w->bucket[i], &all[k].rate, 1, w->now_ns);
}

/* What is out goes on outside; nobody hears what comes of it. */
static void be_away(struct world *w, uint64_t away_ns)
{
	uint64_t until_ns = w->now_ns + away_ns;
	for (size_t i = 0; i < MAX_REQUESTS; i++)
		w->requests[i].n_limits = 0; /* what they reserved stays charged */
	while (agenda_next_ns(&w->agenda) <= until_ns) {
		w->now_ns = MAX(w->now_ns, agenda_next_ns(&w->agenda));
		world_handle(w, agenda_take(&w->agenda));
	}
	restart_key(w, until_ns - w->now_ns);
}

void world_restart_from_ledger(struct world *w, const struct world_away *a)
{
	struct past *p = calloc(1, sizeof *p);
	must(p != NULL);
	be_away(w, a->away_ns);
	w->wall_ahead_ms += a->wall_jump_ms;
	w->boot += a->is_new_boot;
	w->behind = NULL;
	read_ledger(w, p);
	for (size_t i = 0; i < LIMITS; i++)
		restore(w, p, i);
	free(p);
}
