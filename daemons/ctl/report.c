/* From the segment to plain values. */
#include "ctl/report.h"

#include "base/clock.h"
#include "base/num.h"
#include "ctl/client.h"
#include "ctl/show.h"
#include "insight/alerts_view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MASTER_WAIT_MS = 500 };
#define LONG_BACKOFF_NS (60 * NS_PER_S) /* from there on people want to know */

ATTR_PRINTF(2, 3)
static void add_reason(struct report *r, const char *fmt, ...)
{
	if (r->n_reasons == REPORT_REASONS)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r->reason[r->n_reasons++], REPORT_REASON_BYTES, fmt, ap);
	va_end(ap);
}

/* ---- processes ------------------------------------------------------------------------ */

static void take_process(struct report *r, const struct segment *s, uint32_t slot)
{
	const struct proc *p = segment_proc(s, slot);
	enum proc_state state = proc_state(p);
	if (state == PROC_EMPTY)
		return;
	struct report_process *to = &r->process[r->n_processes++];
	uint64_t beat_ns = proc_heartbeat_ns(p);
	*to = (struct report_process){.role = proc_role(p),
		.state = state,
		.pid = proc_pid(p),
		.restarts = proc_restarts(p),
		.has_beaten = beat_ns != 0,
		.beat_age_ns = num_sub_sat(clock_mono_ns(), beat_ns),
		.up_ns = num_sub_sat(clock_wall_ms(), proc_started_ms(p)) * NS_PER_MS,
		.epoch = proc_epoch(p)};
	(void)event_view_process(slot, proc_number(p), to->name);
}

bool report_is_silent(const struct report_process *p)
{
	return p->state == PROC_READY && p->beat_age_ns > REPORT_SILENT_NS;
}

static void judge_process(struct report *r, const struct report_process *p)
{
	bool is_front = p->role == ROLE_FRONT;
	if (report_is_silent(p))
		add_reason(r, "%s has given no sign of life for %llu s", p->name,
			(unsigned long long)(p->beat_age_ns / NS_PER_S));
	else if (p->state != PROC_READY && !is_front)
		add_reason(r, "%s is %s", p->name, proc_state_name(p->state));
}

static bool has_role(const struct report *r, enum proc_role role)
{
	for (uint32_t i = 0; i < r->n_processes; i++)
		if (r->process[i].role == role)
			return true;
	return false;
}

static void judge_processes(struct report *r)
{
	uint64_t n_fronts = 0;
	for (uint32_t i = 0; i < r->n_processes; i++) {
		const struct report_process *p = &r->process[i];
		judge_process(r, p);
		n_fronts += p->role == ROLE_FRONT && p->state == PROC_READY;
	}
	for (enum proc_role role = ROLE_DISPATCH; role <= ROLE_RECORD; role++)
		if (!has_role(r, role))
			add_reason(r, "%s has not started", proc_role_name(role));
	if (n_fronts < r->workers)
		add_reason(r, "%llu of %llu fronts are ready",
			(unsigned long long)n_fronts, (unsigned long long)r->workers);
}

/* ---- work, limits, numbers ---------------------------------------------------------------- */

static void take_channel(struct report *r, const struct segment *s, uint32_t ix)
{
	struct channel c;
	if (!segment_channel(s, ix, &c)) {
		add_reason(r, "channel %u is broken", ix);
		return;
	}
	r->channels[channel_state(c.words)]++;
}

/* One of the environment is read at a start alone. Where it hides a file that is named, the
 * reload says so. */
static const char *key_cure(const struct report *r)
{
	return r->has_key_file ? "replace the key in api_key_file or add credit, then "
				 "`atlasctl reload`"
			       : "add credit and `atlasctl reload`, or restart with "
				 "another OPENAI_API_KEY";
}

static void judge_key(struct report *r, const struct limits_view *v, size_t ix)
{
	const struct upstream_key *k = &v->key[ix];
	uint64_t left_ns = limits_view_remaining_ns(v, k);
	char since[SHOW_TIME_BYTES], span[SHOW_SPAN_BYTES], probe[SHOW_SPAN_BYTES + 32];
	if (k->stabilizer.state == STABILIZER_BACKOFF && left_ns > LONG_BACKOFF_NS)
		add_reason(r,
			"upstream key %s sends nothing for %s: the upstream said so",
			k->name, show_span(left_ns, span));
	if (k->stabilizer.state != STABILIZER_OUT_OF_SERVICE)
		return;
	if (left_ns > 0)
		snprintf(probe, sizeof probe, "it is probed again in %s",
			show_span(left_ns, span));
	else
		snprintf(probe, sizeof probe, "the next request probes it");
	add_reason(r,
		"upstream key %s is %s since %s, refused or without credit: %s; %s",
		k->name,
		stabilizer_state_name((enum stabilizer_state)k->stabilizer.state),
		show_time(limits_view_since_ms(k), since), key_cure(r), probe);
}

static void judge_keys(struct report *r)
{
	const struct limits_view *v = &r->limits;
	if (limits_view_lacks_key(v))
		add_reason(r, "there is no API key: name [openai] api_key_file and "
			      "`atlasctl reload`, or restart with OPENAI_API_KEY");
	for (size_t i = 0; i < v->n_keys; i++)
		judge_key(r, v, i);
}

static void judge_ledger(struct report *r, const struct segment *s)
{
	alerts_view_take(&r->alerts, s);
	const char *trouble = alerts_view_ledger_trouble(&r->alerts);
	const char *shortage = alerts_view_ledger_shortage(&r->alerts);
	if (trouble != NULL)
		add_reason(r, "the ledger is unavailable: %s; nothing new is sent",
			trouble);
	if (shortage != NULL)
		add_reason(r, "the ledger is running out of room: %s", shortage);
}

static void take_numbers(struct report *r, const struct segment *s)
{
	struct settings settings;
	for (unsigned id = 0; id < COUNTERS; id++)
		r->counters[id] = counter_sum(&s->shared->counters, id);
	r->has_pulse = page_read(s->pulse, &r->pulse, sizeof r->pulse) != 0;
	r->epoch = page_read(s->settings, &settings, sizeof settings);
	r->workers = r->epoch != 0 ? settings.workers : 0;
	r->has_key_file = r->epoch != 0 && settings.api_key_file[0] != '\0';
	r->created_ms = s->shared->header.created_ms;
	r->uncommitted_bytes = segment_uncommitted_bytes(s);
}

/* ---- events: the newest of all rings ------------------------------------------------------- */

/* Keep it if it is newer than the oldest kept; newest first. */
static void offer_event(struct report *r, const struct report_event *e)
{
	uint32_t at = r->n_events;
	while (at > 0 && r->event[at - 1].event.wall_ms < e->event.wall_ms)
		at--;
	if (at == REPORT_EVENTS)
		return;
	uint32_t n_behind = MIN(r->n_events, REPORT_EVENTS - 1) - at;
	memmove(&r->event[at + 1], &r->event[at], n_behind * sizeof r->event[0]);
	r->event[at] = *e;
	r->n_events = MIN(r->n_events + 1, REPORT_EVENTS);
}

static void take_events(struct report *r, const struct segment *s, uint32_t slot)
{
	const struct event_ring *ring = segment_events(s, slot);
	uint64_t newest = events_newest(ring);
	struct report_event e;
	uint32_t number = proc_number(segment_proc(s, slot));
	(void)event_view_process(slot, number, e.process);
	for (uint64_t back = 0; back < EVENTS_KEPT && back < newest; back++) {
		if (!events_read(ring, newest - back, &e.event))
			continue;
		(void)event_view_detail(&e.event, &s->clients, e.detail);
		offer_event(r, &e);
	}
}

/* ---- the master's own words ------------------------------------------------------------------ */

static const struct report_process *find_master(const struct report *r)
{
	for (uint32_t i = 0; i < r->n_processes; i++)
		if (r->process[i].role == ROLE_MASTER)
			return &r->process[i];
	return NULL;
}

/* A master that dies leaves both files behind, and one that stops removes the segment next:
 * who beats in a segment that is there without a socket has had that removed. */
static bool has_lost_socket(const struct report *r, const struct ctl *c)
{
	const struct report_process *p = find_master(r);
	return access(c->socket, F_OK) != 0 && errno == ENOENT &&
	       access(c->segment, F_OK) == 0 && p != NULL && p->has_beaten &&
	       p->beat_age_ns <= REPORT_SILENT_NS;
}

static void take_master(struct report *r, const struct ctl *c)
{
	struct report_master *m = &r->master;
	struct client_answer *a = calloc(1, sizeof *a);
	must(a != NULL);
	enum client_verdict v =
		client_ask(c, STR("{\"command\":\"status\"}"), MASTER_WAIT_MS, a, NULL);
	m->is_listening = v != CLIENT_NOT_RUNNING;
	m->is_alive = m->is_listening || has_lost_socket(r, c);
	m->has_answered = v == CLIENT_ANSWERED;
	if (m->has_answered) {
		client_text(a, "phase", m->phase, sizeof m->phase);
		client_text(a, "config", m->config, sizeof m->config);
		client_text(a, "reload_error", m->reload_error, sizeof m->reload_error);
		m->reload_faults = client_u64(a, "reload_faults");
		m->segment_resets = client_u64(a, "segment_resets");
	}
	client_free(a);
	free(a);
}

static void judge_master(struct report *r, const struct ctl *c)
{
	const struct report_master *m = &r->master;
	if (!m->is_alive)
		return;
	if (!m->is_listening)
		add_reason(r,
			"the control socket %s is gone: only signals still reach the "
			"master (pid %u); restart Atlas to have it again",
			c->socket, find_master(r)->pid);
	else if (!m->has_answered)
		add_reason(r, "the master does not answer");
	else if (strcmp(m->phase, "running") != 0)
		add_reason(r, "the service is %s", m->phase);
}

void report_look(struct report *r, const struct segment *s)
{
	*r = (struct report){0};
	take_numbers(r, s);
	limits_view_take(&r->limits, s, clock_mono_ns());
	for (uint32_t ix = 0; ix < s->n_channels; ix++)
		take_channel(r, s, ix);
	segment_count_exchanges(s, r->exchanges);
	for (uint32_t slot = 0; slot < segment_n_slots(s); slot++) {
		take_process(r, s, slot);
		take_events(r, s, slot);
	}
	judge_ledger(r, s);
	judge_processes(r);
	judge_keys(r);
}

void report_ask(struct report *r, const struct ctl *c)
{
	take_master(r, c);
	judge_master(r, c);
}

void report_take(struct report *r, const struct ctl *c, const struct segment *s)
{
	report_look(r, s);
	report_ask(r, c);
}
