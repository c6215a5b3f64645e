/* Ranks and waits. */
#include "dispatch/position.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "dispatch/hold_note.h"

#include <string.h>

/* Where the first waits for its model's limit all others are of its model: those of other
 * models would have gone past it. */
static size_t limits_ahead(struct dispatch *d, struct admission_limit out[WAIT_LIMITS])
{
	const struct backlog_entry *e = backlog_first(d->backlog);
	const struct job *first = e ? jobs_by_handle(&d->jobs, e->handle) : NULL;
	if (first != NULL && first->waits_for_model) {
		memcpy(out, first->limits, first->n_limits * sizeof *out);
		return first->n_limits;
	}
	size_t n = governor_shared(d, out);
	headroom_keep(&d->governor.headroom, d->backlog, out, n, d->process.now_ns);
	return n;
}

/* Not at each question: a full queue is asked for each request it refuses. */
static void look_at_late(struct dispatch *d)
{
	uint64_t now = d->process.now_ns;
	if (now < d->next_late_ns)
		return;
	d->next_late_ns = now + POSITION_EVERY_NS;
	d->late = (struct wait_late){0};
	for (const struct job *j = d->jobs.all; j != NULL; j = j->next)
		if (j->state == JOB_INTENT || j->state == JOB_RUNNING)
			wait_late_note(&d->late, d->governor.mean_ns,
				num_sub_sat(now, j->begun_ns));
}

uint64_t position_gate_ns(const struct dispatch *d)
{
	const struct governor *g = &d->governor;
	uint64_t now = d->process.now_ns, at = stabilizer_earliest_ns(&g->key);
	if (at == UINT64_MAX)
		return now +
		       wait_rest_ns(g->mean_ns, num_sub_sat(now, g->key.since_ns));
	return at > now ? at : 0;
}

static enum wait_reason gate_reason(const struct dispatch *d)
{
	return d->governor.key.cause == STABILIZER_BY_THROTTLE ? WAIT_BACKOFF
							       : WAIT_FAULTS;
}

static void begin(struct dispatch *d, struct wait *w,
	struct admission_limit limits[static WAIT_LIMITS])
{
	size_t n = limits_ahead(d, limits);
	uint64_t at;
	look_at_late(d);
	bool is_held = governor_gate(d, &at) == GATE_LATER;
	struct wait_flow flow = {.gate_ns = is_held ? position_gate_ns(d) : 0,
		.gate_reason = gate_reason(d),
		.n_running = d->n_running,
		.max_running = (uint32_t)d->process.settings.max_concurrent,
		.mean_ns = d->governor.mean_ns,
		.late = d->late};
	wait_begin(w, limits, n, &flow, d->process.now_ns);
}

void position_tell_backoff(struct dispatch *d, struct job *j)
{
	uint64_t gate_ns = position_gate_ns(d);
	bool is_held = gate_ns > j->due_ns;
	uint64_t ns = num_sub_sat(MAX(gate_ns, j->due_ns), d->process.now_ns);
	enum wait_reason reason = is_held ? gate_reason(d) : j->due_reason;
	exchange_set_place(
		j->exchange, (struct exchange_place){0, reason, ns / NS_PER_MS});
}

static void tell_backoffs(struct dispatch *d)
{
	for (struct job *j = d->jobs.all; j != NULL; j = j->next)
		if (j->state == JOB_BACKOFF)
			position_tell_backoff(d, j);
}

/* Who is passed by as often as others keep arriving. */
static uint64_t key_of(const struct exchange_request *q)
{
	uint64_t session = hash_fast64(
		q->session, strnlen(q->session, sizeof q->session), q->priority);
	return hash_fast64(&q->client_id, sizeof q->client_id, session);
}

static void tell(struct dispatch *d, struct job *j, uint32_t rank,
	const struct foretold *f, enum wait_reason reason)
{
	uint64_t ns = stretch_apply(&d->stretch, key_of(&j->exchange->request), f);
	if (j->told_ns == 0 && rank > 1) {
		j->told_ns = d->process.now_ns;
		j->foretold = *f;
	}
	exchange_set_place(
		j->exchange, (struct exchange_place){rank, reason, ns / NS_PER_MS});
}

void position_learn(struct dispatch *d, const struct job *j)
{
	bool is_same_weather = d->governor.key.since_ns <= j->told_ns;
	if (j->told_ns != 0 && is_same_weather)
		stretch_note(&d->stretch, key_of(&j->exchange->request), &j->foretold,
			d->process.now_ns - j->told_ns);
}

void position_publish(struct dispatch *d)
{
	uint64_t now = d->process.now_ns;
	if (now < d->next_position_ns)
		return;
	d->next_position_ns = now + POSITION_EVERY_NS;
	tell_backoffs(d);
	if (backlog_length(d->backlog) == 0)
		return;
	struct wait w;
	struct admission_limit limits[WAIT_LIMITS];
	struct hold holds[WAIT_LIMITS];
	const struct backlog_entry *e;
	uint32_t rank = 0;
	struct foretold f = {0, 0};
	begin(d, &w, limits);
	for (size_t i = 0; i < w.n; i++)
		holds[i] = hold_name(d, &limits[i]);
	backlog_copy(d->order, d->backlog);
	while ((e = backlog_first(d->order)) != NULL) {
		struct job *j = jobs_by_handle(&d->jobs, e->handle);
		struct wait_answer a = wait_next(&w, e->tokens);
		must(j != NULL);
		f.own_ns = a.in_ns;
		if (++rank == 1)
			f.first_ns = a.in_ns;
		tell(d, j, rank, &f, a.reason);
		if (a.binding < w.n) {
			j->hold = holds[a.binding];
			hold_fill(&j->hold, &a.hold);
		}
		backlog_start(d->order, e->node);
	}
}

uint64_t position_first_ms(struct dispatch *d)
{
	struct wait w;
	struct admission_limit limits[WAIT_LIMITS];
	const struct backlog_entry *first = backlog_first(d->backlog);
	if (first == NULL)
		return 0;
	begin(d, &w, limits);
	const struct job *j = jobs_by_handle(&d->jobs, first->handle);
	must(j != NULL);
	struct wait_place place = {
		.wait_ms = wait_next(&w, first->tokens).in_ns / NS_PER_MS};
	wait_cap(&place, num_sub_sat(d->process.now_ns, j->exchange->request.queued_ns),
		d->process.settings.queue_max_wait_ns);
	return place.wait_ms;
}
