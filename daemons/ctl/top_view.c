/* From a moment of the segment to a screen. */
#include "ctl/top_view.h"

#include "base/clock.h"
#include "base/num.h"
#include "ctl/alert_say.h"
#include "ctl/key_pace.h"
#include "ctl/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	BAR_CELLS = 20,
	ALARM_PERCENT = 90,
	LIST_MIN_ROWS = 3,
	ALERT_ROWS = 2,
	LIMIT_COLUMNS = 60,   /* all but the cells of its bar */
	PROCESS_COLUMNS = 74, /* with the time it has been up */
	MOMENT_COLUMNS = 100, /* with its day */
	REQUEST_COLUMNS = 32, /* all but id, session and model */
	ID_COLUMNS = EXCHANGE_ID_TEXT_BYTES,
	ID_MIN_COLUMNS = 110 /* with the id of each request */
};

/* ---- taking ---------------------------------------------------------------------------- */

static void take_sample(struct top *t)
{
	const struct pulse *p = &t->report.pulse;
	t->sample[t->n_samples++ % TOP_SAMPLES] =
		(struct top_sample){.at_ns = t->report.limits.now_ns,
			.requests = p->requests,
			.tokens = num_add_sat(p->prompt_tokens, p->completion_tokens),
			.nanousd = p->cost_nanousd};
}

void top_take(struct top *t, const struct segment *s)
{
	uint64_t now_ns = clock_mono_ns();
	report_look(&t->report, s);
	queue_view_free(t->queue);
	t->queue = queue_view_take(s, now_ns);
	t->now_ms = clock_wall_ms();
	take_sample(t);
}

void top_fini(struct top *t)
{
	queue_view_free(t->queue);
	t->queue = NULL;
}

/* The day is said where there is room. */
static const char *moment(
	const struct screen *s, uint64_t wall_ms, char out[static SHOW_TIME_BYTES])
{
	static const size_t day = sizeof "2026-11-26T" - 1,
			    clock = sizeof "16:27:15" - 1;
	show_time(wall_ms, out);
	if (s->columns >= MOMENT_COLUMNS || strlen(out) < day + clock)
		return out;
	out[day + clock] = '\0';
	return out + day;
}

/* ---- the head -------------------------------------------------------------------------- */

static void draw_alerts(const struct report *r, struct screen *s)
{
	char said[ALERT_SAY_BYTES];
	uint32_t n = 0;
	for (unsigned i = 0; i < ALERTS && n < ALERT_ROWS; i++) {
		if (r->alerts.alert[i].state != ALERT_FIRING)
			continue;
		n++;
		screen_line(s, SCREEN_ALARM, "ALERT   %s",
			alert_say((enum alert_id)i, &r->alerts.alert[i], said));
	}
}

static void draw_head(const struct top *t, struct screen *s)
{
	char now[SHOW_TIME_BYTES], up[SHOW_SPAN_BYTES];
	char fire[ALERT_COUNT_BYTES] = "";
	const struct report *r = &t->report;
	const char *state = t->is_gone          ? "not running"
			    : r->n_reasons == 0 ? "healthy"
						: "degraded";
	uint64_t up_ns = num_sub_sat(t->now_ms, r->created_ms) * NS_PER_MS;
	screen_line(s, SCREEN_REVERSE,
		"Atlas is %s%s   up %s   q quits   %s   epoch %" PRIu64, state,
		t->is_gone ? "" : alert_count(&r->alerts, fire), show_span(up_ns, up),
		moment(s, t->now_ms, now), r->epoch);
	if (t->is_gone)
		screen_line(s, SCREEN_ALARM,
			"! it has stopped; this is what it left behind, until the next "
			"one starts");
	for (uint32_t i = 0; i < MIN(r->n_reasons, UINT32_C(2)); i++)
		screen_line(s, SCREEN_ALARM, "! %s", r->reason[i]);
	draw_alerts(r, s);
}

/* v in the time between two samples, for each second or minute of `unit_ns`, times 10. */
static uint64_t rate10(uint64_t v, uint64_t span_ns, uint64_t unit_ns)
{
	unsigned __int128 all = (unsigned __int128)v * 10 * unit_ns;
	return span_ns == 0
		       ? 0
		       : (uint64_t)MIN(all / span_ns, (unsigned __int128)UINT64_MAX);
}

static void draw_rates(const struct top *t, struct screen *s)
{
	const struct top_sample *new = &t->sample[(t->n_samples - 1) % TOP_SAMPLES];
	uint64_t n_back = MIN(t->n_samples, (uint64_t)TOP_SAMPLES) - 1;
	const struct top_sample *old =
		&t->sample[(t->n_samples - 1 - n_back) % TOP_SAMPLES];
	uint64_t span_ns = num_sub_sat(new->at_ns, old->at_ns);
	char a_minute[NUM_USD_BYTES], all[NUM_USD_BYTES];
	uint64_t requests10 =
		rate10(num_sub_sat(new->requests, old->requests), span_ns, NS_PER_S);
	uint64_t tokens10 =
		rate10(num_sub_sat(new->tokens, old->tokens), span_ns, NS_PER_S);
	num_format_usd(rate10(num_sub_sat(new->nanousd, old->nanousd), span_ns,
			       60 * NS_PER_S) /
			       10,
		a_minute);
	num_format_usd(new->nanousd, all);
	screen_line(s, SCREEN_BOLD,
		"SPEND   $%s a minute, $%s in all, %" PRIu64 ".%" PRIu64
		" requests/s, %" PRIu64 " tokens/s",
		a_minute, all, requests10 / 10, requests10 % 10, tokens10 / 10);
}

static void draw_work(const struct top *t, struct screen *s)
{
	const struct queue_view *q = t->queue;
	screen_line(s, SCREEN_BOLD,
		"QUEUE   %u wait, %u of %" PRIu64 " run, %" PRIu64
		" stream; urgent %u, high %u, normal %u, low %u wait",
		q->n_queued, q->n_running, q->max_concurrent,
		t->report.exchanges[EXCHANGE_STREAMING],
		q->by_priority[PRIORITY_URGENT], q->by_priority[PRIORITY_HIGH],
		q->by_priority[PRIORITY_NORMAL], q->by_priority[PRIORITY_LOW]);
}

/* ---- limits, keys, processes -------------------------------------------------------------- */

/* "[###....] ", nothing where there is no room for cells. */
static const char *bar(uint64_t percent, int cells, char out[static BAR_CELLS + 4])
{
	char *p = out;
	if (cells > 0) {
		*p++ = '[';
		memset(p, '.', (size_t)cells);
		memset(p, '#', MIN(percent, UINT64_C(100)) * (uint64_t)cells / 100);
		p += cells;
		*p++ = ']';
		*p++ = ' ';
	}
	*p = '\0';
	return out;
}

static void draw_limits(const struct top *t, struct screen *s)
{
	int cells = MAX(MIN(s->columns - LIMIT_COLUMNS, (int)BAR_CELLS), 0);
	screen_line(s, SCREEN_REVERSE, "%-22s %-9s %-7s %*s%s", "LIMIT", "OF", "PER",
		cells > 0 ? cells + 3 : 0, "", "USED");
	for (uint32_t i = 0; i < t->report.limits.n_rows && screen_left(s) > 0; i++) {
		const struct limits_view_row *r = &t->report.limits.row[i];
		uint64_t percent = num_percent(r->used, r->limit);
		char drawn[BAR_CELLS + 4], scope[SCREEN_NAME_BYTES];
		screen_name(r->scope, 22, scope);
		screen_line(s, percent >= ALARM_PERCENT ? SCREEN_BOLD : SCREEN_USUAL,
			"%-22s %-9s %-7s %s%" PRIu64 " of %" PRIu64, scope,
			limit_unit_name(r->unit), show_window(r->window_ns),
			bar(percent, cells, drawn), r->used, r->limit);
	}
	if (t->report.limits.n_rows == 0)
		screen_line(s, SCREEN_USUAL, "none is set");
}

static void draw_keys(const struct top *t, struct screen *s)
{
	for (uint32_t i = 0; i < t->report.limits.n_keys; i++) {
		const struct upstream_key *k = &t->report.limits.key[i];
		char pace[KEY_PACE_BYTES];
		bool is_steady = k->stabilizer.state == STABILIZER_STEADY;
		screen_line(s, is_steady ? SCREEN_USUAL : SCREEN_ALARM,
			"key %.31s: %s, %" PRIu64 " running%s%s", k->name,
			stabilizer_state_name(
				(enum stabilizer_state)k->stabilizer.state),
			k->n_running, is_steady ? "" : "; it ",
			is_steady ? "" : key_pace_say(&t->report.limits, k, pace));
	}
}

static void draw_processes(const struct top *t, struct screen *s)
{
	bool has_room = s->columns >= PROCESS_COLUMNS;
	screen_line(s, SCREEN_REVERSE, "%-22s %7s %-9s %-9s %-8s %s", "PROCESS", "PID",
		"STATE", "LAST BEAT", "RESTARTS", has_room ? "UP" : "");
	for (uint32_t i = 0; i < t->report.n_processes; i++) {
		const struct report_process *p = &t->report.process[i];
		char beat[SHOW_SPAN_BYTES], up[SHOW_SPAN_BYTES];
		screen_line(s, report_is_silent(p) ? SCREEN_ALARM : SCREEN_USUAL,
			"%-22s %7u %-9s %-9s %-8u %s", p->name, p->pid,
			proc_state_name(p->state),
			p->has_beaten ? show_span(p->beat_age_ns, beat) : "-",
			p->restarts, has_room ? show_span(p->up_ns, up) : "");
	}
}

/* ---- lists: as much as there is room for ---------------------------------------------------- */

static int id_columns(const struct screen *s)
{
	return s->columns >= ID_MIN_COLUMNS ? ID_COLUMNS : 0;
}

/* What is left of a line: the session gets three fifths, the model the rest. */
static int session_columns(const struct screen *s)
{
	return MAX((s->columns - REQUEST_COLUMNS - id_columns(s)) * 3 / 5, 8);
}

static void draw_entry(const struct queue_view_entry *e, struct screen *s)
{
	char waited[SHOW_SPAN_BYTES], session[SCREEN_NAME_BYTES],
		id[EXCHANGE_ID_TEXT_BYTES] = "";
	int columns = session_columns(s);
	screen_name(e->session[0] != '\0' ? e->session : "-", columns, session);
	if (id_columns(s) > 0)
		exchange_id_format(e->id, id);
	screen_line(s, SCREEN_USUAL, "%-10s %-7s %-11s %-*s%-*s %s",
		exchange_state_name(e->state), exchange_priority_name(e->priority),
		show_span(e->waited_ns, waited), id_columns(s), id, columns, session,
		e->model);
}

/* The rows that are left to them; the last one says how many there was no room for. */
static void draw_entries(const struct queue_view *q, struct screen *s, int n_rows)
{
	uint32_t n_all = q->n_running + q->n_queued, n = 0;
	uint32_t most = (uint32_t)MAX(n_rows, 0);
	if (n_all > most && most > 0)
		most--;
	for (uint32_t i = 0; i < q->n_run && n < most; i++, n++)
		draw_entry(&q->run[i], s);
	for (uint32_t i = 0; i < q->n_first && n < most; i++)
		if (q->first[i].place.rank > 0) {
			draw_entry(&q->first[i], s);
			n++;
		}
	if (n_all > n && n_rows > 0)
		screen_line(s, SCREEN_USUAL, "and %u more: atlasctl queue", n_all - n);
}

static void draw_requests(const struct top *t, struct screen *s, int n_rows)
{
	if (screen_left(s) < LIST_MIN_ROWS)
		return;
	screen_line(s, SCREEN_REVERSE, "%-10s %-7s %-11s %-*s%-*s %s", "REQUEST", "",
		"SINCE", id_columns(s), id_columns(s) > 0 ? "ID" : "",
		session_columns(s), "SESSION", "MODEL");
	draw_entries(t->queue, s, n_rows - 1);
}

static void draw_events(const struct top *t, struct screen *s)
{
	if (screen_left(s) < LIST_MIN_ROWS || t->report.n_events == 0)
		return;
	char now[SHOW_TIME_BYTES];
	int n = (int)strlen(moment(s, t->now_ms, now));
	screen_line(s, SCREEN_REVERSE, "%-*s  %-10s %s", n, "AT", "PROCESS", "EVENT");
	for (uint32_t i = 0; i < t->report.n_events && screen_left(s) > 0; i++) {
		const struct report_event *e = &t->report.event[i];
		char when[SHOW_TIME_BYTES], name[EVENT_VIEW_BYTES];
		screen_line(s, SCREEN_USUAL, "%-*s  %-10s %s %s", n,
			moment(s, e->event.wall_ms, when), e->process,
			event_view_name(&e->event, name), e->detail);
	}
}

void top_draw(const struct top *t, struct screen *s)
{
	draw_head(t, s);
	draw_rates(t, s);
	draw_work(t, s);
	draw_limits(t, s);
	draw_keys(t, s);
	draw_processes(t, s);
	/* Events get at least a third of what is left. */
	draw_requests(t, s, screen_left(s) * 2 / 3);
	draw_events(t, s);
	screen_end(s);
}
