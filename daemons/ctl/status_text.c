/* The report for people: one screen of 24 lines, the prompt's included, as wide as the
 * terminal. What matters most stands first; events have what is left. What is no terminal
 * gets whole lines. All of it: --json. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/alert_say.h"
#include "ctl/key_pace.h"
#include "ctl/screen.h"
#include "ctl/show.h"
#include "ctl/status.h"
#include "ctl/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
	ROWS = 23,
	COLUMNS_MIN = 20,
	FRONT_ROWS = 4,
	LIMIT_ROWS = 5,
	REASON_ROWS = 4,
	ALERT_ROWS = 3
};

static const struct upstream_key *unsteady_key(const struct report *r)
{
	for (uint32_t i = 0; i < r->limits.n_keys; i++)
		if (r->limits.key[i].stabilizer.state != STABILIZER_STEADY)
			return &r->limits.key[i];
	return NULL;
}

/* It serves; who wonders why so slowly reads it in the first line. */
static void draw_state(struct screen *s, const struct report *r)
{
	const struct upstream_key *k = unsteady_key(r);
	char up[SHOW_SPAN_BYTES], pace[KEY_PACE_BYTES];
	char said[KEY_PACE_BYTES + sizeof k->name + ALERT_COUNT_BYTES + 32];
	uint64_t up_ms = num_sub_sat(clock_wall_ms(), r->created_ms);
	char fire[ALERT_COUNT_BYTES] = "";
	const char *state = status_name(r), *of = r->master.config;
	(void)show_span(up_ms * NS_PER_MS, up);
	if (r->master.is_alive)
		(void)alert_count(&r->alerts, fire);
	if (k == NULL || !r->master.is_alive || r->n_reasons > 0) {
		screen_line(s, SCREEN_USUAL,
			"Atlas is %s%s, up %s, epoch %" PRIu64 "%s%s", state, fire, up,
			r->epoch, of[0] != '\0' ? " of " : "", of);
		return;
	}
	snprintf(said, sizeof said, "Atlas is %s%s; key %s %s", state, fire, k->name,
		key_pace_say(&r->limits, k, pace));
	screen_wrap(s, "", said);
	screen_line(s, SCREEN_USUAL, "up %s, epoch %" PRIu64 "%s%s", up, r->epoch,
		of[0] != '\0' ? " of " : "", of);
}

static void draw_refusal(struct screen *s, const struct report_master *m)
{
	char n[SHOW_COUNT_BYTES], more[SHOW_COUNT_BYTES + 32] = "";
	char text[sizeof m->reload_error + sizeof more];
	if (m->reload_faults > 1)
		snprintf(more, sizeof more, "; and %s more",
			show_count(m->reload_faults - 1, "fault", n));
	snprintf(text, sizeof text, "%s%s", m->reload_error, more);
	screen_wrap(s, "the last reload was refused: ", text);
}

/* Not all that fires is a reason to call it degraded, but all of it is told. */
static void draw_alerts(struct screen *s, const struct report *r)
{
	char said[ALERT_SAY_BYTES];
	uint32_t n = 0;
	for (unsigned i = 0; i < ALERTS; i++) {
		const struct alert_entry *e = &r->alerts.alert[i];
		if (e->state == ALERT_FIRING && n++ < ALERT_ROWS)
			screen_wrap(
				s, "ALERT   ", alert_say((enum alert_id)i, e, said));
	}
	if (n > ALERT_ROWS)
		screen_line(s, SCREEN_USUAL,
			"        and %" PRIu32 " more: atlasctl alerts",
			n - ALERT_ROWS);
}

static void draw_head(struct screen *s, const struct report *r)
{
	char n[SHOW_COUNT_BYTES];
	draw_state(s, r);
	if (!r->master.is_alive)
		screen_line(s, SCREEN_USUAL,
			"! the master is gone; this is what it left behind");
	for (uint32_t i = 0; i < MIN(r->n_reasons, (uint32_t)REASON_ROWS); i++)
		screen_wrap(s, "! ", r->reason[i]);
	if (r->n_reasons > REASON_ROWS)
		screen_line(s, SCREEN_USUAL, "! and %s more",
			show_count(r->n_reasons - REASON_ROWS, "reason", n));
	draw_alerts(s, r);
	if (r->master.reload_error[0] != '\0')
		draw_refusal(s, &r->master);
	if (r->master.segment_resets > 0)
		screen_line(s, SCREEN_USUAL, "the segment was made anew %s",
			show_count(r->master.segment_resets, "time", n));
}

/* ---- processes: of many fronts those that are not as they should be --------------------- */

static bool is_well(const struct report_process *p)
{
	return p->state == PROC_READY && !report_is_silent(p);
}

static void draw_process(struct screen *s, const struct report_process *p)
{
	char beat[SHOW_SPAN_BYTES], up[SHOW_SPAN_BYTES];
	screen_line(s, SCREEN_USUAL, "%-21s %8u  %-9s %-12s %-14s %u", p->name, p->pid,
		proc_state_name(p->state),
		p->has_beaten ? show_span(p->beat_age_ns, beat) : "-",
		show_span(p->up_ns, up), p->restarts);
}

static void draw_processes(struct screen *s, const struct report *r)
{
	uint32_t n_fronts = 0, n_drawn = 0;
	char more[SHOW_COUNT_BYTES];
	screen_line(s, SCREEN_USUAL, "%-21s %8s  %-9s %-12s %-14s %s", "PROCESS", "PID",
		"STATE", "LAST BEAT", "UP", "RESTARTS");
	for (uint32_t i = 0; i < r->n_processes; i++)
		n_fronts += r->process[i].role == ROLE_FRONT;
	for (uint32_t i = 0; i < r->n_processes; i++) {
		const struct report_process *p = &r->process[i];
		bool is_front = p->role == ROLE_FRONT;
		if (is_front && (n_drawn == FRONT_ROWS ||
					(n_fronts > FRONT_ROWS && is_well(p))))
			continue;
		n_drawn += is_front;
		draw_process(s, p);
	}
	if (n_drawn < n_fronts)
		screen_line(s, SCREEN_USUAL, "and %s more",
			show_count(n_fronts - n_drawn, "front", more));
}

/* ---- work, limits, numbers -------------------------------------------------------------- */

static void draw_work(struct screen *s, const struct report *r)
{
	screen_line(s, SCREEN_USUAL,
		"QUEUE   %" PRIu64 " waiting, %" PRIu64 " sent, %" PRIu64
		" streaming, %" PRIu64 " ending",
		r->exchanges[EXCHANGE_QUEUED], r->exchanges[EXCHANGE_SENT],
		r->exchanges[EXCHANGE_STREAMING],
		r->exchanges[EXCHANGE_DONE] + r->exchanges[EXCHANGE_FAILED]);
}

static void draw_limit(struct screen *s, const struct limits_view_row *l)
{
	char span[SHOW_SPAN_BYTES];
	screen_line(s, SCREEN_USUAL,
		"LIMIT   %-24.24s %-8s per %-6s  %" PRIu64 " of %" PRIu64 " (%" PRIu64
		" %%)",
		l->scope, limit_unit_name(l->unit), show_window(l->window_ns), l->used,
		l->limit, num_percent(l->used, l->limit));
	if (l->used > l->limit)
		screen_line(s, SCREEN_USUAL,
			"        %" PRIu64
			" more than it allows now: nothing fits for %s",
			l->used - l->limit, show_span(l->room_ns, span));
	if (l->used_up == LIMITS_VIEW_BURST)
		screen_line(s, SCREEN_USUAL, "        its burst is used up: room in %s",
			show_span(l->room_ns, span));
}

static void draw_limits(struct screen *s, const struct report *r)
{
	uint32_t n_all = r->limits.n_rows;
	uint32_t n = n_all > LIMIT_ROWS ? LIMIT_ROWS - 1 : n_all;
	for (uint32_t i = 0; i < n; i++)
		draw_limit(s, &r->limits.row[i]);
	if (n < n_all)
		screen_line(s, SCREEN_USUAL,
			"        and %" PRIu32 " more: atlasctl limits", n_all - n);
}

static void draw_keys(struct screen *s, const struct report *r)
{
	char pace[KEY_PACE_BYTES],
		said[KEY_PACE_BYTES + sizeof r->limits.key[0].name + 32];
	for (uint32_t i = 0; i < r->limits.n_keys; i++) {
		const struct upstream_key *k = &r->limits.key[i];
		if (k->stabilizer.state == STABILIZER_STEADY)
			continue;
		snprintf(said, sizeof said, "%s, %s: it %s", k->name,
			stabilizer_state_name(
				(enum stabilizer_state)k->stabilizer.state),
			key_pace_say(&r->limits, k, pace));
		screen_wrap(s, "KEY     ", said);
	}
}

static void draw_totals(struct screen *s, const struct report *r)
{
	char cost[NUM_USD_BYTES], unknown[NUM_USD_BYTES], n[2][SHOW_COUNT_BYTES];
	const struct pulse *p = &r->pulse;
	if (!r->has_pulse)
		return;
	num_format_usd(p->cost_nanousd, cost);
	num_format_usd(p->unknown_nanousd, unknown);
	screen_line(s, SCREEN_USUAL, "TOTAL   $%s, %s, %s, %" PRIu64 " of them open",
		cost, show_count(p->requests, "request", n[0]),
		show_count(p->attempts, "attempt", n[1]), p->open_attempts);
	screen_line(s, SCREEN_USUAL,
		"        %" PRIu64 " prompt tokens (%" PRIu64 " cached), %" PRIu64
		" completion (%" PRIu64 " reasoning)",
		p->prompt_tokens, p->cached_tokens, p->completion_tokens,
		p->reasoning_tokens);
	if (p->unknown_requests > 0)
		screen_line(s, SCREEN_USUAL, "        of it unknown: $%s, %s", unknown,
			show_count(p->unknown_requests, "request", n[0]));
	if (r->uncommitted_bytes > 0)
		screen_line(s, SCREEN_USUAL,
			"        %s of facts not yet in the ledger",
			show_count(r->uncommitted_bytes, "byte", n[0]));
}

static void draw_events(struct screen *s, const struct report *r)
{
	for (uint32_t i = 0; i < r->n_events; i++) {
		const struct report_event *e = &r->event[i];
		char when[SHOW_TIME_BYTES], name[EVENT_VIEW_BYTES];
		screen_line(s, SCREEN_USUAL, "EVENT   %s %s %s %s",
			show_time(e->event.wall_ms, when), e->process,
			event_view_name(&e->event, name), e->detail);
	}
}

void status_print_text(const struct report *r)
{
	static struct screen s;
	int rows, columns;
	terminal_size(&rows, &columns);
	screen_begin(&s, 0,
		isatty(STDOUT_FILENO) ? MAX(columns, (int)COLUMNS_MIN)
				      : SCREEN_COLUMNS_MAX);
	s.rows = ROWS;
	draw_head(&s, r);
	draw_processes(&s, r);
	draw_work(&s, r);
	draw_keys(&s, r);
	draw_limits(&s, r);
	draw_totals(&s, r);
	draw_events(&s, r);
	fwrite(s.text, 1, s.n, stdout);
}
