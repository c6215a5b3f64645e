/* atlasctl usage, cost and sessions: what a period came to, from the ledger's rollups. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/names.h"
#include "ctl/reading.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/tell_cost.h"
#include "insight/tell_performance.h"
#include "store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- clients' names ---------------------------------------------------------------------- */

/* Of several that had one name after another at most one is not revoked. */
static void client_name(
	const struct names *names, struct str key, char out[static KEY_NAME_BYTES])
{
	uint64_t id = 0;
	char text[TELL_CLIENT_BYTES];
	(void)!key_number(key, &id);
	struct tell_client c = names_tell_client(names, id);
	tell_client_id(id, text);
	if (c.name != NULL && c.is_revoked)
		snprintf(out, KEY_NAME_BYTES, "%s (revoked, %s)", c.name, text);
	else
		snprintf(out, KEY_NAME_BYTES, "%s", c.name != NULL ? c.name : text);
}

/* ---- for people ---------------------------------------------------------------------------- */

static void print_line(const char *name, const struct totals *t)
{
	char cost[NUM_USD_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	printf("  %10" PRIu64 " %14" PRIu64 " %18s  %s\n", t->requests, t->total_tokens,
		cost, name[0] != '\0' ? name : "-");
}

static void print_head(const char *title)
{
	printf("  %10s %14s %18s  %s\n", "requests", "tokens", "dollars", title);
}

static bool is_nothing(const struct totals *t)
{
	return t->attempts == 0 && t->unsent == 0;
}

/* What is not listed one by one, and of how many that is. */
static void print_rest(uint32_t n, const char *what, const struct totals *t)
{
	char name[32];
	snprintf(name, sizeof name, "(%" PRIu32 " %s)", n, what);
	if (!is_nothing(t))
		print_line(name, t);
}

static void print_group(const struct group *x, enum dim d, const struct names *names)
{
	char name[KEY_NAME_BYTES];
	if (d == DIM_CLIENT)
		client_name(names, (struct str){x->name, x->n_name}, name);
	else
		snprintf(name, sizeof name, "%s", x->name);
	print_line(name, &x->totals);
}

static void print_groups(const struct survey *v, enum dim d, const char *title,
	const struct names *names, uint64_t limit)
{
	const struct groups *g = v->by[d];
	struct totals rest = {0};
	uint32_t n;
	print_head(title);
	(void)groups_other(g, &n, &rest);
	for (uint32_t i = 0; i < groups_listed(g); i++) {
		if (i < limit) {
			print_group(groups_at(g, i), d, names);
			continue;
		}
		totals_add(&rest, &groups_at(g, i)->totals);
		n++;
	}
	print_rest(n, n == 1 ? "other" : "others", &rest);
	if (groups_listed(g) == 0)
		printf("  %10s\n", "none");
}

/* What there was none of is left out. */
static void print_attempts(const struct totals *t)
{
	printf("  attempts   %" PRIu64 " reached the upstream", t->attempts);
	if (t->unsent > 0)
		printf(", %" PRIu64 " did not (first ones and retries alike)",
			t->unsent);
	if (t->retried > 0)
		printf("; a retry was called for after %" PRIu64, t->retried);
	printf("\n");
}

static void print_total(const struct survey *v, uint64_t hours)
{
	const struct totals *t = &v->total;
	char cost[NUM_USD_BYTES], unknown[NUM_USD_BYTES], estimated[NUM_USD_BYTES];
	char from[SHOW_TIME_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	num_format_usd(t->estimated_nanousd, estimated);
	num_format_usd(t->unknown_nanousd, unknown);
	printf("last %" PRIu64 " h, from %s\n", hours,
		show_time(v->range.from_ms, from));
	printf("  requests   %" PRIu64 " sent\n", t->requests);
	print_attempts(t);
	printf("  answered   %" PRIu64 " of %" PRIu64
	       " that have ended, sent or not (%" PRIu64 " failed, %" PRIu64
	       " refused for their own fault, %" PRIu64 " cancelled)\n",
		t->answered, t->ended, t->failed, totals_refused(t), t->cancelled);
	printf("  tokens     %" PRIu64 " prompt (%" PRIu64 " cached), %" PRIu64
	       " completion (%" PRIu64 " reasoning)\n",
		t->prompt_tokens, t->cached_tokens, t->completion_tokens,
		t->reasoning_tokens);
	printf("  cost       $%s, of it unknown at most $%s, estimated $%s\n", cost,
		unknown, estimated);
}

/* ---- the commands ---------------------------------------------------------------------------- */

struct told {
	const struct ctl *ctl;
	const struct survey *survey;
	const struct reading *reading;
	const struct names *names;
};

typedef void print_fn(const struct told *t);
typedef void json_fn(struct jsonw *w, const struct told *t);

static void answer(const struct told *t, print_fn *print, json_fn *json)
{
	struct jsonw w;
	if (!t->ctl->is_json) {
		print(t);
		return;
	}
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	json(&w, t);
	show_json_u64(&w, STR("time_period_hours"), t->reading->hours);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

static enum ctl_exit run(
	struct ctl *c, uint32_t parts, enum tier step, print_fn *print, json_fn *json)
{
	struct reading r;
	struct store *s;
	struct survey v;
	if (!reading_parse(c, &r))
		return CTL_USAGE;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	struct survey_want want = {.hours = r.hours, .parts = parts, .step = step};
	struct names *names = names_read(s);
	status = reading_survey(c, s, &want, &v);
	if (status == CTL_DONE)
		answer(&(struct told){c, &v, &r, names}, print, json);
	survey_fini(&v);
	names_free(names);
	store_close(s);
	return status;
}

static void print_by(const struct told *t, enum dim d, const char *title)
{
	printf("\n");
	print_groups(t->survey, d, title, t->names, t->reading->limit);
}

static void print_usage(const struct told *t)
{
	print_total(t->survey, t->reading->hours);
	print_by(t, DIM_MODEL, "model");
}

#define TOTAL_PARTS SURVEY_DIM(DIM_ERROR)

/* What print_total() says beside the totals. */
static void json_total(struct jsonw *w, const struct survey *v)
{
	tell_retries(w, v);
	tell_endings(w, &v->total);
}

static void json_usage(struct jsonw *w, const struct told *t)
{
	json_total(w, t->survey);
	tell_time(w, STR("from"), t->survey->range.from_ms);
	jsonw_key(w, STR("token_usage"));
	tell_totals(w, &t->survey->total);
	jsonw_key(w, STR("series"));
	struct tell_place place = {0};
	while (!tell_series(w, t->survey, &place.at))
		;
}

enum ctl_exit ctl_usage(struct ctl *c)
{
	return run(c, TOTAL_PARTS | SURVEY_SERIES | SURVEY_DIM(DIM_MODEL), TIER_HOUR,
		print_usage, json_usage);
}

/* ---- by day and by week ---------------------------------------------------------------------- */

enum { DAYS_SHOWN = 14, WEEKS_SHOWN = 8, DATE_CHARS = 10 };

/* The newest spans in which there was anything, a ring; and what came before them. */
struct spans {
	struct {
		uint64_t from_ms;
		struct totals totals;
	} newest[DAYS_SHOWN];
	uint32_t most, n; /* n: in all */
	struct totals earlier;
};

static void add_span(struct spans *s, uint64_t from_ms, const struct totals *t)
{
	uint32_t i = s->n % s->most;
	if (is_nothing(t))
		return;
	if (s->n++ >= s->most)
		totals_add(&s->earlier, &s->newest[i].totals);
	s->newest[i].from_ms = from_ms;
	s->newest[i].totals = *t;
}

static void print_spans(const struct spans *s, const char *title)
{
	char date[SHOW_TIME_BYTES];
	printf("\n");
	print_head(title);
	for (uint32_t back = 1; back <= MIN(s->n, s->most); back++) {
		uint32_t i = (s->n - back) % s->most;
		show_time(s->newest[i].from_ms, date);
		date[DATE_CHARS] = '\0';
		print_line(date, &s->newest[i].totals);
	}
	print_rest(s->n - MIN(s->n, s->most), "earlier", &s->earlier);
	if (s->n == 0)
		printf("  %10s\n", "none");
}

static void print_calendar(const struct survey *v)
{
	struct spans days = {.most = DAYS_SHOWN}, weeks = {.most = WEEKS_SHOWN};
	uint32_t at = 0;
	uint64_t from_ms;
	struct totals week;
	for (uint32_t i = 0; i < v->n_points; i++)
		add_span(
			&days, v->first_ms + i * tier_ms(TELL_COST_STEP), &v->point[i]);
	while (tell_next_week(v, &at, &from_ms, &week))
		add_span(&weeks, from_ms, &week);
	print_spans(&days, "day, UTC");
	print_spans(&weeks, "week from");
}

/* Limits and budgets only where an Atlas runs: the ledger alone is enough for the rest. */
static void look_ahead(struct ahead *a, const struct told *t)
{
	struct segment s;
	struct err e = {0};
	*a = (struct ahead){.survey = t->survey, .now_ms = clock_wall_ms()};
	if (!segment_open(&s, t->ctl->segment, &e))
		return;
	ahead_take(a, &s, clock_mono_ns());
	segment_close(&s);
}

static void print_period(const struct ahead_model *m, enum period p)
{
	struct ahead_period x = ahead_period(m, p);
	char spent[NUM_USD_BYTES], low[NUM_USD_BYTES], mid[NUM_USD_BYTES],
		high[NUM_USD_BYTES];
	num_format_usd(x.spent, spent);
	num_format_usd(x.low, low);
	num_format_usd(x.expected, mid);
	num_format_usd(x.high, high);
	printf("  this %-5s  $%s so far", period_name(p), spent);
	if (x.is_known)
		printf(", $%s at its end", mid);
	if (x.has_band)
		printf(" ($%s to $%s)", low, high);
	printf("\n");
}

/* The earliest alone where it may as well last. */
static void print_end(const char *what, const char *of, const struct ahead_moment *t)
{
	char at[SHOW_TIME_BYTES], first[SHOW_TIME_BYTES], last[SHOW_TIME_BYTES];
	if (t->earliest_ms == UINT64_MAX)
		return;
	show_time(t->earliest_ms, first);
	if (t->expected_ms == UINT64_MAX) {
		printf("  %s of %s may run out, at %s at the earliest\n", what, of,
			first);
		return;
	}
	printf("  %s of %s runs out at %s", what, of, show_time(t->expected_ms, at));
	if (t->latest_ms == UINT64_MAX)
		printf(" (%s at the earliest)", first);
	else if (t->latest_ms != t->earliest_ms)
		printf(" (%s to %s)", first, show_time(t->latest_ms, last));
	printf("\n");
}

/* Hours in which nobody asked are no history to go by, unless others are. */
static void print_history(const struct told *t, const struct ahead_model *m)
{
	char seen[SHOW_SPAN_BYTES];
	struct ahead_period day = ahead_period(m, PERIOD_DAY);
	printf("\nif it goes on like this, ");
	if (t->survey->total.attempts == 0 && !day.has_band) {
		printf("with nothing sent in the last %" PRIu64 " h\n",
			t->reading->hours);
		return;
	}
	printf("from %s of history", show_span(ahead_observed_ms(m) * NS_PER_MS, seen));
	if (day.has_band)
		printf(" (in brackets where nine outcomes in ten lie)\n");
	else if (day.is_known)
		printf(" (where nine outcomes in ten lie is told from a day of whole "
		       "hours on)\n");
	else
		printf(" (what is to come is told from ten minutes on)\n");
}

static void print_budgets(
	const struct ahead *a, const struct ahead_model *m, enum period p)
{
	char what[32], anew[SHOW_TIME_BYTES];
	snprintf(what, sizeof what, "the %s's budget", period_name(p));
	show_time(period_end_ms(p, a->now_ms), anew);
	for (uint32_t i = 0; i < a->n_budgets[p]; i++) {
		const struct ahead_budget *b = &a->budget[p][i];
		struct ahead_moment end = ahead_budget_ends(m, b);
		if (ahead_is_used_up(&end))
			printf("  %s of %s is used up; it begins anew at %s\n", what,
				b->client, anew);
		else
			print_end(what, b->client, &end);
	}
}

static void print_limit(const struct ahead_model *m, const struct ahead_limit *l)
{
	static const char what[] = "the hour's limit";
	struct ahead_moment end = ahead_limit_ends(m, l);
	if (ahead_is_used_up(&end))
		printf("  %s of %s is used up\n", what, limit_unit_name(l->unit));
	else
		print_end(what, limit_unit_name(l->unit), &end);
}

static void print_ahead(const struct told *t)
{
	struct ahead a;
	char n[SHOW_COUNT_BYTES];
	look_ahead(&a, t);
	struct ahead_model *m = ahead_learn(&a);
	print_history(t, m);
	for (unsigned p = 0; p < PERIODS; p++)
		print_period(m, (enum period)p);
	for (unsigned p = 0; p < PERIODS; p++)
		print_budgets(&a, m, (enum period)p);
	if (a.n_left_out > 0)
		printf("  %s more, each after those of its period\n",
			show_count(a.n_left_out, "budget", n));
	for (uint32_t i = 0; i < a.n_limits; i++)
		print_limit(m, &a.limit[i]);
	ahead_model_free(m);
}

static void print_cost(const struct told *t)
{
	print_total(t->survey, t->reading->hours);
	print_by(t, DIM_MODEL, "model");
	print_by(t, DIM_CLIENT, "client");
	print_by(t, DIM_KEY, "key");
	print_by(t, DIM_SESSION, "session");
	print_calendar(t->survey);
	print_ahead(t);
}

static void json_cost(struct jsonw *w, const struct told *t)
{
	struct tell_names how = {names_tell_client, t->names};
	struct tell_place place = {0};
	struct ahead ahead;
	json_total(w, t->survey);
	while (!tell_cost(w, t->survey, &how, &place))
		;
	look_ahead(&ahead, t);
	tell_cost_ahead(w, &ahead);
}

enum ctl_exit ctl_cost(struct ctl *c)
{
	return run(c, TOTAL_PARTS | TELL_COST_PARTS, TELL_COST_STEP, print_cost,
		json_cost);
}

static void print_sessions(const struct told *t)
{
	print_groups(t->survey, DIM_SESSION, "session", t->names, t->reading->limit);
}

static void json_sessions(struct jsonw *w, const struct told *t)
{
	const struct tell_list list = {.key = STR("session_id")};
	struct tell_place place = {0};
	jsonw_key(w, STR("sessions"));
	while (!tell_groups(w, t->survey->by[DIM_SESSION], &list, &place.at))
		;
}

enum ctl_exit ctl_sessions(struct ctl *c)
{
	return run(c, SURVEY_DIM(DIM_SESSION), TIER_DAY, print_sessions, json_sessions);
}
