/* What alerts are about, gathered; and the news, said. */
#include "record/watch.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/clientgate.h"
#include "insight/limits_view.h"
#include "record/watch_command.h"
#include "store/points.h"

#include <stdio.h>
#include <string.h>

#define LOOK_EVERY_NS    NS_PER_S
#define BUDGETS_EVERY_NS (5 * NS_PER_S)
#define MINUTE_NS        (60 * NS_PER_S)

enum { RESTORED_MS = 5000 };

/* ---- gathering ------------------------------------------------------------------------ */

static void name_it(struct alert_seen *seen, const char *what, const char *name)
{
	snprintf(seen->detail, sizeof seen->detail, "%s%s", what, name);
}

static void name_more(struct alert_seen *seen, const char *name)
{
	size_t n = strlen(seen->detail);
	snprintf(seen->detail + n, sizeof seen->detail - n, ", %s", name);
}

static void look_at_budgets_of(struct watch *w, uint32_t ix,
	const struct client_limits *defaults, const struct process *process)
{
	struct client_limits l;
	uint64_t spent[PERIODS], refused_ms[PERIODS];
	char name[CLIENT_NAME_BYTES];
	const struct clients *c = &w->segment->clients;
	const struct client *entry = clients_at(c, ix);
	if (entry == NULL || client_is_revoked(entry))
		return;
	snprintf(name, sizeof name, "%.*s", CLIENT_NAME_BYTES - 1, entry->name);
	clients_limits(c, ix, &l);
	client_limits_fill(&l, defaults);
	client_use_spent(c, ix, process->now_ms, spent);
	client_use_refused(c, ix, process->now_ms, refused_ms);
	for (unsigned p = 0; p < PERIODS; p++)
		alert_budgets_add(&w->budgets,
			&(struct alert_budget){.client = name,
				.period = (enum period)p,
				.nanousd = client_limit_get(
					&l, (enum client_limit)(
						    CLIENT_LIMIT_budget_day + p)),
				.spent_nanousd = spent[p],
				.refuses = refused_ms[p] > 0});
}

/* All clients, so not every second; by another threshold they look otherwise at once. */
static void look_at_budgets(struct watch *w, const struct process *p)
{
	struct client_limits defaults;
	uint64_t threshold = p->settings.alerts_budget_percent;
	if (p->now_ns < w->budgets_ns && threshold == w->budgets.seen.threshold)
		return;
	w->budgets_ns = p->now_ns + BUDGETS_EVERY_NS;
	w->budgets = (struct alert_budgets){.seen.threshold = threshold};
	gate_defaults(&p->settings, &defaults);
	for (uint32_t i = 0; i < clients_count(&w->segment->clients); i++)
		look_at_budgets_of(w, i, &defaults, p);
	alert_budgets_end(&w->budgets);
}

struct minutes {
	uint64_t first;                  /* since 1970 */
	struct totals of[WATCH_SAMPLES]; /* by minute of sending */
};

static void take_minute(void *arg, const struct point *p)
{
	struct minutes *m = arg;
	uint64_t minute = p->start_ms / tier_ms(TIER_MINUTE);
	if (minute >= m->first && minute - m->first < WATCH_SAMPLES)
		totals_add(&m->of[minute - m->first], p->totals);
}

static bool read_minutes(struct minutes *m, struct store *s, struct err *e)
{
	struct range range;
	struct range_want want = {.from_ms = m->first * tier_ms(TIER_MINUTE),
		.to_ms = UINT64_MAX,
		.coarsest = TIER_MINUTE};
	struct points_place at = points_start();
	enum query_verdict v;
	range_make(&range, &want);
	do
		v = points_walk(s, &range, DIM_TOTAL, &at, take_minute, m, e);
	while (v == QUERY_MORE);
	return v == QUERY_DONE;
}

/* A sample is what the totals were as its minute began: those of now without what came in
 * since. */
static bool look_back(struct watch *w, const struct watch_books *b,
	const struct process *p, struct err *e)
{
	uint64_t minute = p->now_ms / tier_ms(TIER_MINUTE);
	struct minutes m = {.first = num_sub_sat(minute, WATCH_SAMPLES - 1)};
	uint64_t judged = totals_judged(b->totals), failed = b->totals->failed;
	if (!read_minutes(&m, b->store, e))
		return false;
	for (uint32_t i = WATCH_SAMPLES; i-- > 0;) {
		judged = num_sub_sat(judged, totals_judged(&m.of[i]));
		failed = num_sub_sat(failed, m.of[i].failed);
		w->sample[i].judged = judged;
		w->sample[i].failed = failed;
	}
	w->minute = p->now_ns / MINUTE_NS;
	return true;
}

bool watch_follow(struct watch *w, const struct watch_books *books,
	const struct process *p, struct err *e)
{
	if (!look_back(w, books, p, e))
		return false;
	w->books = *books;
	return true;
}

void watch_forget(struct watch *w)
{
	w->books = (struct watch_books){0};
}

/* Of the last five minutes. */
static void look_at_requests(
	struct watch *w, const struct process *p, struct alert_facts *f)
{
	const struct totals *t = w->books.totals;
	uint64_t judged = totals_judged(t), failed = t->failed;
	uint64_t minute = p->now_ns / MINUTE_NS;
	if (minute != w->minute) {
		memmove(&w->sample[0], &w->sample[1],
			(WATCH_SAMPLES - 1) * sizeof w->sample[0]);
		w->sample[WATCH_SAMPLES - 1].judged = judged;
		w->sample[WATCH_SAMPLES - 1].failed = failed;
		w->minute = minute;
	}
	f->failed = num_sub_sat(failed, w->sample[0].failed);
	f->judged = num_sub_sat(judged, w->sample[0].judged);
}

static void look_at_limit(const struct limits_view_row *r, struct alert_facts *f)
{
	uint64_t used = num_mul_sat(r->used, 100) / r->limit;
	if (used <= f->limit.value)
		return;
	f->limit.value = used;
	snprintf(f->limit.detail, sizeof f->limit.detail, "%.40s %s %us", r->scope,
		limit_unit_name(r->unit), (unsigned)(r->window_ns / NS_PER_S));
}

static void look_at_upstream(
	struct watch *w, const struct process *p, struct alert_facts *f)
{
	struct limits_view v;
	limits_view_take(&v, w->segment, p->now_ns);
	for (uint32_t i = 0; i < v.n_rows; i++)
		look_at_limit(&v.row[i], f);
	for (uint32_t i = 0; i < v.n_keys; i++) {
		uint32_t state = v.key[i].stabilizer.state;
		bool is_out = state == STABILIZER_OUT_OF_SERVICE;
		struct alert_seen *seen = is_out ? &f->out : &f->unsteady;
		if (state == STABILIZER_STEADY)
			continue;
		if (seen->value++ == 0)
			name_it(seen, "key ", v.key[i].name);
		else
			name_more(seen, v.key[i].name);
	}
}

/* How long the oldest fact of that process has waited. */
static uint64_t waits_s(struct watch *w, uint32_t slot, uint64_t now_ms)
{
	struct facts lane;
	union fact fact;
	if (!segment_facts(w->segment, slot, &lane))
		return 0;
	uint64_t at = facts_committed(&lane);
	if (at == facts_position(&lane) || facts_next(&lane, &at, &fact) != FACTS_ONE)
		return 0;
	return num_sub_sat(now_ms, fact.head.wall_ms) / 1000;
}

static void look_at_ledger(
	struct watch *w, const struct process *p, struct alert_facts *f)
{
	struct alert_seen *seen = &f->ledger;
	f->is_ledger_short = w->ledger_shortage[0] != '\0';
	name_it(seen, w->ledger_shortage, "");
	for (uint32_t i = 0; i < segment_n_slots(w->segment); i++)
		seen->value = MAX(seen->value, waits_s(w, i, p->now_ms));
	if (w->ledger_trouble == NULL)
		return;
	seen->value = MAX(seen->value, (uint64_t)ALERT_LEDGER_S);
	name_it(seen, w->ledger_trouble, "");
}

static bool has_books(const struct watch *w)
{
	return w->books.totals != NULL;
}

static void gather(struct watch *w, const struct process *p, struct alert_facts *f)
{
	*f = (struct alert_facts){0};
	look_at_ledger(w, p, f);
	if (!has_books(w))
		return;
	spent_total(w->books.spent, p->now_ms, f->spent);
	look_at_budgets(w, p);
	f->budgets = w->budgets;
	look_at_requests(w, p, f);
	look_at_upstream(w, p, f);
}

/* ---- saying ------------------------------------------------------------------------------ */

static void log_news(const struct alert_news *n)
{
	char detail[LOG_QUOTE_BYTES];
	struct str s = {n->seen.detail, strnlen(n->seen.detail, ALERT_DETAIL_BYTES)};
	enum log_level level = n->state == ALERT_FIRING ? LOG_WARN : LOG_INFO;
	log_event(level, EVENT_ALERT,
		"alert=%s state=%s value=%llu threshold=%llu unit=%s detail=%s",
		alert_name((enum alert_id)n->alert),
		alert_state_name((enum alert_state)n->state),
		(unsigned long long)n->seen.value,
		(unsigned long long)n->seen.threshold,
		alert_unit((enum alert_id)n->alert) == ALERT_USD
			? "nanousd"
			: alert_unit_name(alert_unit((enum alert_id)n->alert)),
		log_quote(s, detail));
}

/* What fired before the start: bad as ever is news again, good is believed once all
 * processes have had the time to say how it is. It is not held as what flickers is: how long
 * it had looked well before the start nobody knows. */
static bool step_restored(struct watch *w, const struct process *p, enum alert_id id,
	const struct alert_reading *r)
{
	struct alert_entry *e = &w->page.alert[id];
	bool is_news = alert_step(e, r, RESTORED_MS, p->now_ms) || r->is_bad;
	e->n = r->n;
	w->is_restored[id] = !is_news;
	return is_news;
}

static bool step_one(struct watch *w, const struct process *p, enum alert_id id,
	const struct alert_reading *r)
{
	if (w->is_restored[id])
		return step_restored(w, p, id, r);
	return alert_step(
		&w->page.alert[id], r, alert_hold_ms(id, &p->settings), p->now_ms);
}

static void step_all(struct watch *w, struct process *p)
{
	struct alert_facts facts;
	struct alert_reading reading[ALERTS];
	gather(w, p, &facts);
	alert_look(&facts, &p->settings, reading);
	for (unsigned i = 0; i < ALERTS; i++) {
		enum alert_id id = (enum alert_id)i;
		bool is_judged = has_books(w) || id == ALERT_ledger;
		if (!is_judged || !step_one(w, p, id, &reading[i]))
			continue;
		alert_tell(&w->page, id, p->now_ms);
		log_news(&w->page.news[w->page.sequence % ALERT_NEWS]);
	}
}

void watch_open(struct watch *w, struct segment *s)
{
	*w = (struct watch){.segment = s};
	if (page_read(s->alerts, &w->page, sizeof w->page) == 0)
		w->page = (struct alerts_page){0};
}

void watch_restore(struct watch *w, const struct firing *f)
{
	for (unsigned i = 0; i < ALERTS; i++) {
		w->is_restored[i] = f->alert[i].state == ALERT_FIRING;
		if (!w->is_restored[i])
			continue;
		w->page.alert[i] = f->alert[i];
		w->page.alert[i].turned_ms = 0; /* nobody looked while it was stopped */
	}
}

bool watch_has_news(struct watch *w, struct firing *out)
{
	*out = (struct firing){0};
	for (unsigned i = 0; i < ALERTS; i++)
		if (w->page.alert[i].state == ALERT_FIRING)
			out->alert[i] = w->page.alert[i];
	bool has_news = w->kept != w->page.sequence;
	w->kept = w->page.sequence;
	return has_news;
}

void watch_turn(struct watch *w, struct process *p)
{
	uint64_t told = w->page.sequence, commanded = w->page.commanded;
	bool is_due = p->now_ns >= w->look_ns;
	if (is_due) {
		w->look_ns = p->now_ns + LOOK_EVERY_NS;
		step_all(w, p);
	}
	watch_command_turn(w, p);
	if (is_due || w->page.commanded != commanded) /* no successor runs it again */
		(void)page_publish(w->segment->alerts, &w->page, sizeof w->page);
	if (w->page.sequence != told)
		process_ring(p, SLOT_DISPATCH);
}

void watch_note_ledger(struct watch *w, const char *trouble)
{
	if (w->ledger_trouble != trouble)
		w->look_ns = 0; /* at the next turn */
	w->ledger_trouble = trouble;
}

void watch_note_room(struct watch *w, const struct room *room)
{
	room_tell(room, w->ledger_shortage);
}

void watch_close(struct watch *w, bool is_followed)
{
	if (!is_followed)
		watch_command_end(w);
}
