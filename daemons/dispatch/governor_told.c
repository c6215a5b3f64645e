/* What the ledger hears of the governor: resets and the states of the key. */
#include "dispatch/dispatch.h"

#include "base/clock.h"

#include <stdio.h>

static bool tell(struct dispatch *d, const struct fact_head *fact)
{
	if (!facts_has_room(&d->facts, d->facts_reserved_bytes + fact->bytes))
		return false;
	must(facts_push(&d->facts, fact));
	process_count(&d->process, COUNTER_facts_written, 1);
	d->facts_pushed = true;
	return true;
}

static bool tell_reset(struct dispatch *d)
{
	struct fact_reset f = {.client_id = d->governor.reset_client_id};
	fact_begin(&f.head, FACT_RESET, sizeof f, d->process.now_ms);
	return tell(d, &f.head);
}

static bool tell_key(struct dispatch *d)
{
	struct fact_stabilizer f = {.boot_ns = clock_boot_ns(),
		.boot = d->process.segment->boot,
		.state = stabilizer_save(&d->governor.key, d->process.now_ns)};
	fact_begin(&f.head, FACT_STABILIZER, sizeof f, d->process.now_ms);
	snprintf(f.key, sizeof f.key, "%s", d->upstream->key_name);
	return tell(d, &f.head);
}

void governor_tell_record(struct dispatch *d)
{
	struct governor *g = &d->governor;
	g->is_reset_told = g->is_reset_told || tell_reset(d);
	g->is_state_told = g->is_state_told || (g->is_reset_told && tell_key(d));
}

/* ---- a reset ----------------------------------------------------------------------- */

static uint32_t forget_limits(struct dispatch *d)
{
	uint32_t n_used = 0;
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *l = &d->process.segment->shared->limits.limit[i];
		if (!limit_is_active(l))
			continue;
		n_used += limit_value(l) > 0 &&
			  window_used(&l->window, d->process.now_ns) > 0;
		limit_forget(l);
	}
	return n_used;
}

static uint32_t forget_key(struct dispatch *d)
{
	struct governor *g = &d->governor;
	struct stabilizer_report r = {.event = STABILIZER_ON_RESET};
	g->pace_requests = g->pace_tokens = (struct bucket){0};
	return stabilizer_step(&g->key, &g->policy, &r, d->process.now_ns);
}

/* The stamps that jobs under way hold are of cells that are gone. */
static void forget_reservations(struct dispatch *d)
{
	for (struct job *j = d->jobs.all; j != NULL; j = j->next)
		j->n_limits = 0;
}

struct order_answer governor_reset(struct dispatch *d, uint64_t client_id)
{
	struct governor *g = &d->governor;
	struct order_answer a = {.n_limits = forget_limits(d), .n_keys = forget_key(d)};
	forget_reservations(d);
	d->behind = NULL;
	g->is_reset_told = g->is_state_told = false;
	g->reset_client_id = client_id;
	log_event(LOG_WARN, EVENT_LIMITS_RESET, "client=%016llx limits=%u keys=%u",
		(unsigned long long)client_id, a.n_limits, a.n_keys);
	process_keep(&d->process, EVENT_LIMITS_RESET, a.n_limits);
	governor_publish(d);
	return a;
}
