/* Orders, obeyed. */
#include "dispatch/obey.h"

#include "dispatch/attempt.h"
#include "dispatch/intake.h"

#include <string.h>

static bool is_meant(const struct order *o, const struct exchange_request *q)
{
	switch ((enum order_kind)o->kind) {
	case ORDER_CANCEL_REQUEST:
		return memcmp(q->id, o->id, sizeof o->id) == 0;
	case ORDER_CANCEL_SESSION:
		return (o->client_id == 0 || o->client_id == q->client_id) &&
		       strncmp(q->session, o->session, sizeof q->session) == 0;
	case ORDER_RESET_LIMITS:
	case ORDER_KINDS:
		break;
	}
	return false;
}

static void cancel(struct dispatch *d, struct job *j, struct order_answer *a)
{
	if (exchange_state(j->exchange) == EXCHANGE_QUEUED)
		a->n_queued++;
	else
		a->n_running++;
	if (j->state == JOB_WAITING || j->state == JOB_BACKOFF)
		attempt_refuse(d, j, FAILURE_REQUEST_CANCELLED);
	else
		attempt_abort(d, j, FAILURE_REQUEST_CANCELLED);
}

/* A session's tools run for its turn. */
static void cancel_tools(
	struct dispatch *d, const struct order *o, struct order_answer *a)
{
	for (struct toolcall *t = d->toolcalls.all, *next; t != NULL; t = next) {
		next = t->next;
		if (!is_meant(o, &t->exchange->request))
			continue;
		a->n_running++;
		toolcall_end(t, FAILURE_REQUEST_CANCELLED);
	}
}

static void cancel_meant(
	struct dispatch *d, const struct order *o, struct order_answer *a)
{
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		if (j->state != JOB_ENDING && is_meant(o, &j->exchange->request))
			cancel(d, j, a);
	}
}

/* What a front wrote: an impossible order means nobody. */
static bool is_possible(const struct order *o)
{
	return o->kind < ORDER_KINDS &&
	       memchr(o->session, '\0', sizeof o->session) != NULL &&
	       (o->kind != ORDER_CANCEL_SESSION || o->session[0] != '\0');
}

static struct order_answer obey(struct dispatch *d, const struct order *o)
{
	struct order_answer a = {0};
	if (!is_possible(o))
		return a;
	if (o->kind == ORDER_RESET_LIMITS)
		return governor_reset(d, o->client_id);
	intake_scan(d); /* what is queued may not be a job yet */
	cancel_meant(d, o, &a);
	cancel_tools(d, o, &a);
	log_event(LOG_INFO, EVENT_CANCELLED, "queued=%u running=%u", a.n_queued,
		a.n_running);
	return a;
}

static bool obey_slot(struct dispatch *d, uint32_t slot)
{
	struct order_lane *l = segment_orders(d->process.segment, slot);
	struct order o;
	bool busy = false;
	while (orders_next(l, &o)) {
		struct order_answer a = obey(d, &o);
		orders_answer(l, &a);
		busy = true;
	}
	if (busy)
		process_ring(&d->process, slot);
	return busy;
}

bool obey_orders(struct dispatch *d)
{
	bool busy = false;
	for (uint32_t slot = 0; slot < segment_n_slots(d->process.segment); slot++)
		busy |= obey_slot(d, slot);
	return busy;
}

bool obey_has_orders(const struct dispatch *d)
{
	for (uint32_t slot = 0; slot < segment_n_slots(d->process.segment); slot++)
		if (orders_waiting(segment_orders(d->process.segment, slot)) > 0)
			return true;
	return false;
}
