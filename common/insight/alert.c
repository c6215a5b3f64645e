/* Readings, the table of states, news. */
#include "insight/alert.h"

#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- readings ------------------------------------------------------------------------- */

/* A threshold of 0 is none. */
static struct alert_reading above(uint64_t value, uint64_t threshold)
{
	return (struct alert_reading){.is_bad = threshold > 0 && value >= threshold,
		.n = 1,
		.seen = {.value = value, .threshold = threshold}};
}

static struct alert_reading above_named(
	const struct alert_seen *seen, uint64_t threshold)
{
	struct alert_reading r = above(seen->value, threshold);
	memcpy(r.seen.detail, seen->detail, sizeof r.seen.detail);
	return r;
}

static struct alert_reading above_many(
	const struct alert_seen *seen, uint64_t threshold, uint64_t n)
{
	struct alert_reading r = above_named(seen, threshold);
	r.n = (uint32_t)MIN(n, (uint64_t)UINT32_MAX);
	return r;
}

static uint64_t percent(uint64_t part, uint64_t all)
{
	return all > 0 ? num_mul_sat(part, 100) / all : 0;
}

/* Of a handful, one failure is no rate: then the detail says so. */
static struct alert_reading look_at_errors(
	const struct alert_facts *f, const struct settings *s)
{
	struct alert_reading r =
		above(percent(f->failed, f->judged), s->alerts_error_percent);
	char few[32] = "";
	if (r.is_bad && f->judged < ALERT_REQUESTS_LEAST)
		snprintf(few, sizeof few, ", and it takes %u requests",
			ALERT_REQUESTS_LEAST);
	r.is_bad = r.is_bad && few[0] == '\0';
	r.is_explained = true;
	if (f->judged > 0)
		snprintf(r.seen.detail, sizeof r.seen.detail,
			"%" PRIu64 " of %" PRIu64 "%s", f->failed, f->judged, few);
	return r;
}

static struct alert_reading look_at_budgets(const struct alert_budgets *b)
{
	return (struct alert_reading){.is_bad = b->n > 0, .n = b->n, .seen = b->seen};
}

/* Short of room it still takes all: a value below the threshold says so. */
static struct alert_reading look_at_ledger(const struct alert_facts *f)
{
	struct alert_reading r = above_named(&f->ledger, ALERT_LEDGER_S);
	r.n = r.is_bad ? ALERT_LEDGER_WAITS : ALERT_LEDGER_SHORT;
	r.is_bad = r.is_bad || f->is_ledger_short;
	return r;
}

void alert_look(const struct alert_facts *f, const struct settings *s,
	struct alert_reading out[static ALERTS])
{
	out[ALERT_cost_day] = above(f->spent[PERIOD_DAY], s->alerts_cost_day);
	out[ALERT_cost_week] = above(f->spent[PERIOD_WEEK], s->alerts_cost_week);
	out[ALERT_cost_month] = above(f->spent[PERIOD_MONTH], s->alerts_cost_month);
	out[ALERT_budget] = look_at_budgets(&f->budgets);
	out[ALERT_error_rate] = look_at_errors(f, s);
	out[ALERT_utilization] = above_named(&f->limit, s->alerts_utilization_percent);
	out[ALERT_stabilization] = above_many(&f->unsteady, 1, f->unsteady.value);
	out[ALERT_key_out_of_service] = above_many(&f->out, 1, f->out.value);
	out[ALERT_ledger] = look_at_ledger(f);
}

uint64_t alert_hold_ms(enum alert_id id, const struct settings *s)
{
	bool flickers = id == ALERT_error_rate || id == ALERT_utilization ||
			id == ALERT_stabilization;
	return flickers ? s->alerts_hold_ns / 1000000 : 0;
}

/* ---- states ---------------------------------------------------------------------------- */

enum event { ON_BAD, ON_HELD, ON_GOOD, ON_CLEAR, ON_QUIET, EVENTS };

/* HELD and CLEAR: bad, or good, for as long as it must be. */
static const enum alert_state next[ALERT_STATES][EVENTS] = {
	[ALERT_OK] = {ALERT_PENDING, ALERT_PENDING, ALERT_OK, ALERT_OK, ALERT_OK},
	[ALERT_PENDING] = {ALERT_PENDING, ALERT_FIRING, ALERT_OK, ALERT_OK, ALERT_OK},
	[ALERT_FIRING] = {ALERT_FIRING, ALERT_FIRING, ALERT_FIRING, ALERT_RESOLVED,
		ALERT_RESOLVED},
	[ALERT_RESOLVED] = {ALERT_RESOLVED, ALERT_FIRING, ALERT_RESOLVED,
		ALERT_RESOLVED, ALERT_OK},
};

/* Does it look as its state says? */
static bool agrees(enum alert_state s, bool is_bad)
{
	return is_bad == (s == ALERT_PENDING || s == ALERT_FIRING);
}

static bool has_passed(uint64_t since_ms, uint64_t ms, uint64_t now_ms)
{
	return num_sub_sat(now_ms, since_ms) >= ms;
}

/* PENDING has looked bad since it began; of the others turned_ms says since when. */
static enum event event_of(
	const struct alert_entry *e, bool is_bad, uint64_t hold_ms, uint64_t now_ms)
{
	uint64_t since = e->state == ALERT_PENDING ? e->since_ms : e->turned_ms;
	bool is_long = has_passed(since, hold_ms, now_ms);
	if (is_bad)
		return is_long && e->state != ALERT_FIRING ? ON_HELD : ON_BAD;
	if (e->state == ALERT_RESOLVED)
		return has_passed(e->since_ms, ALERT_QUIET_MS, now_ms) ? ON_QUIET
								       : ON_GOOD;
	return is_long ? ON_CLEAR : ON_GOOD;
}

static bool move(struct alert_entry *e, bool is_bad, uint64_t hold_ms, uint64_t now_ms)
{
	enum alert_state was = (enum alert_state)e->state;
	e->since_ms = MIN(e->since_ms, now_ms); /* the wall may have been set back */
	if (agrees(was, is_bad))
		e->turned_ms = 0;
	else if (e->turned_ms == 0 || e->turned_ms > now_ms)
		e->turned_ms = now_ms;
	enum event ev = event_of(e, is_bad, hold_ms, now_ms);
	enum alert_state now = next[was][ev];
	if (now == was)
		return false;
	e->state = now;
	/* what is quiet has been well since it resolved */
	if (ev != ON_QUIET)
		e->since_ms = now_ms;
	e->turned_ms = 0;
	return true;
}

/* What fires looks well and is not over yet, or it is over: that goes by the name of what
 * fired, not of what is the fullest by now. */
static bool keeps_name(const struct alert_entry *e, const struct alert_reading *r)
{
	if (r->is_explained)
		return false;
	bool has_none = r->seen.detail[0] == '\0';
	return e->state == ALERT_RESOLVED ||
	       (e->state == ALERT_FIRING && (!r->is_bad || has_none));
}

static void see(struct alert_entry *e, const struct alert_reading *r)
{
	struct alert_seen was = e->seen;
	e->seen = r->seen;
	if (keeps_name(e, r))
		memcpy(e->seen.detail, was.detail, sizeof was.detail);
}

/* More of its kind than was told, while it fires anyway. */
static bool has_grown(
	struct alert_entry *e, const struct alert_reading *r, uint64_t hold_ms)
{
	bool grows =
		r->is_bad && e->state == ALERT_FIRING && hold_ms == 0 && r->n > e->n;
	if (hold_ms == 0)
		e->n = r->n;
	return grows;
}

bool alert_step(struct alert_entry *e, const struct alert_reading *r, uint64_t hold_ms,
	uint64_t now_ms)
{
	if (e->state >= ALERT_STATES)
		*e = (struct alert_entry){0}; /* a predecessor's: input */
	bool grows = has_grown(e, r, hold_ms);
	bool has_moved = move(e, r->is_bad, hold_ms, now_ms);
	if (has_moved &&
		e->state == ALERT_PENDING) /* without a hold it fires at once */
		has_moved = move(e, r->is_bad, hold_ms, now_ms);
	see(e, r);
	return grows ||
	       (has_moved && (e->state == ALERT_FIRING || e->state == ALERT_RESOLVED));
}

void alert_tell(struct alerts_page *p, enum alert_id id, uint64_t now_ms)
{
	const struct alert_entry *e = &p->alert[id];
	p->sequence++;
	p->news[p->sequence % ALERT_NEWS] = (struct alert_news){.sequence = p->sequence,
		.wall_ms = now_ms,
		.alert = id,
		.state = e->state,
		.seen = e->seen};
}
