/*
 * Death at every instruction of what is written for others to watch: counters, events,
 * the process table, limits, places in the queue, what the webhook has been told. Each
 * has one writer; what it leaves is the old word or the new one, and a successor goes on.
 */
#include "steps.h"

#include "segment/alerts.h"
#include "segment/counters.h"
#include "segment/events.h"
#include "segment/exchange.h"
#include "segment/limits.h"
#include "segment/past.h"
#include "segment/proctable.h"

static void run_count(void *mem)
{
	counter_add((struct counter_row *)mem, COUNTER_requests, 5);
}

static bool check_count(void *mem)
{
	uint64_t v = counter_of((struct counter_row *)mem, COUNTER_requests);
	return v == 0 || v == 5;
}

static void setup_event(void *mem)
{
	for (uint64_t i = 1; i <= EVENTS_KEPT; i++)
		events_add((struct event_ring *)mem, EVENT_RELOADED, i, i);
}

static void run_event(void *mem)
{
	events_add((struct event_ring *)mem, EVENT_RELOADED, EVENTS_KEPT + 1,
		EVENTS_KEPT + 1);
}

/* Whatever can be read is whole; at most the one being overwritten cannot. */
static bool check_event(void *mem)
{
	struct event_ring *r = mem;
	struct event e;
	unsigned n = 0;
	for (uint64_t i = 1; i <= EVENTS_KEPT + 1; i++) {
		if (!events_read(r, i, &e))
			continue;
		n++;
		if (e.detail != i || e.wall_ms != i || e.id != EVENT_RELOADED)
			return false;
	}
	return n >= EVENTS_KEPT - 1;
}

static void run_proc(void *mem)
{
	struct proc *p = mem;
	(void)proc_begin(p, &(struct proc_who){.role = ROLE_FRONT, .number = 1}, 5);
	proc_set_pid(p, 9);
	proc_beat(p, 11);
	proc_set_epoch(p, 3);
	proc_set_ready(p);
	proc_set_state(p, PROC_READY);
}

static bool check_proc(void *mem)
{
	struct proc *p = mem;
	enum proc_state s = proc_state(p);
	bool is_named = proc_role(p) == ROLE_FRONT && proc_generation(p) == 1;
	bool is_ready = proc_is_ready(p) && proc_epoch(p) == 3;
	return s == PROC_EMPTY || (s == PROC_STARTING && is_named) ||
	       (s == PROC_READY && is_named && is_ready);
}

static void run_limit(void *mem)
{
	struct limits *l = mem;
	struct upstream_limit *row =
		limits_get(l, NULL, "all", LIMIT_TOKENS, 60000000000u);
	limit_set(row, 100, 1);
	limit_set(row, 500, 1);
}

static bool check_limit(void *mem)
{
	struct limits *l = mem;
	struct upstream_limit *row =
		limits_get(l, NULL, "all", LIMIT_TOKENS, 60000000000u);
	uint64_t rate = limit_value(row);
	window_add(&row->window, 1000, 3);
	return row == &l->limit[0] && limit_is_active(row) &&
	       (rate == 0 || rate == 100 || rate == 500) &&
	       window_used(&row->window, 1000) == 3;
}

static void run_place(void *mem)
{
	exchange_set_place(mem, (struct exchange_place){7, 3, 1500});
}

static bool check_place(void *mem)
{
	struct exchange_place p = exchange_place(mem);
	return p.rank == 0 || (p.rank == 7 && p.reason == 3 && p.wait_ms == 1500);
}

static const struct past *some_past(void)
{
	static struct past past = {.as_of_ns = 100000000000u};
	if (past.n_uses == 0)
		must(past_charge(&past, "all", 1000000000u, 1, 40));
	return &past;
}

static void run_restored(void *mem)
{
	(void)limits_get(mem, some_past(), "all", LIMIT_TOKENS, 60000000000u);
}

/* No row without its past, however often dispatch dies over it. */
static bool check_restored(void *mem)
{
	struct upstream_limit *row =
		limits_get(mem, some_past(), "all", LIMIT_TOKENS, 60000000000u);
	return row == &((struct limits *)mem)->limit[0] &&
	       window_used(&row->window, 100000000000u) == 40;
}

/* Forgetting again does the rest. */
static void setup_limit(void *mem)
{
	struct upstream_limit *row =
		limits_get(mem, NULL, "all", LIMIT_TOKENS, 60000000000u);
	window_add(&row->window, 1000, 30);
}

static void run_forget(void *mem)
{
	limit_forget(&((struct limits *)mem)->limit[0]);
}

static bool check_forget(void *mem)
{
	struct upstream_limit *row = &((struct limits *)mem)->limit[0];
	uint64_t left = window_used(&row->window, 1000);
	limit_forget(row);
	return (left == 0 || left == 30) && window_used(&row->window, 1000) == 0;
}

/* What the webhook has is one word. */

static void setup_alerts(void *mem)
{
	alerts_set_told(mem, 5);
}

static void run_alerts(void *mem)
{
	alerts_set_told(mem, 6);
}

static bool check_alerts(void *mem)
{
	uint64_t told = alerts_told(mem);
	alerts_set_told(mem, 7);
	return (told == 5 || told == 6) && alerts_told(mem) == 7;
}

static const struct steps_case cases[] = {
	{"counter_add", NULL, run_count, check_count, false},
	{"events_add", setup_event, run_event, check_event, false},
	{"proc_begin, proc_set_*", NULL, run_proc, check_proc, false},
	{"limits_get, limit_set", NULL, run_limit, check_limit, false},
	{"limits_get with a past", NULL, run_restored, check_restored, false},
	{"limit_forget", setup_limit, run_forget, check_forget, false},
	{"exchange_set_place", NULL, run_place, check_place, false},
	{"alerts_set_told", setup_alerts, run_alerts, check_alerts, false},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}
