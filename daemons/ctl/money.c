/* atlasctl usage, cost and sessions: what a period came to, from the ledger's rollups. */
#include "base/num.h"
#include "ctl/names.h"
#include "ctl/reading.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/tell_cost.h"
#include "store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- clients' names ---------------------------------------------------------------------- */

static void client_name(const void *arg, struct str key, char *out)
{
	uint64_t id = 0;
	(void)!key_number(key, &id);
	const char *name = names_find(arg, id);
	tell_client_id(id, out);
	if (name != NULL)
		snprintf(out, EXCHANGE_SESSION_BYTES, "%s", name);
}

/* ---- for people ---------------------------------------------------------------------------- */

static void print_line(const char *name, const struct totals *t)
{
	char cost[NUM_USD_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	printf("  %-32s %10" PRIu64 " %14" PRIu64 " %18s\n",
		name[0] != '\0' ? name : "-", t->requests, t->total_tokens, cost);
}

static void print_group(const struct group *x, enum dim d, const struct names *names)
{
	char name[EXCHANGE_SESSION_BYTES];
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
	printf("\n  %-32s %10s %14s %18s\n", title, "requests", "tokens", "dollars");
	(void)groups_other(g, &n, &rest);
	for (uint32_t i = 0; i < groups_listed(g); i++) {
		if (i < limit)
			print_group(groups_at(g, i), d, names);
		else
			totals_add(&rest, &groups_at(g, i)->totals);
	}
	if (rest.attempts > 0 || rest.unsent > 0)
		print_line("(others)", &rest);
}

static void print_total(const struct survey *v, uint64_t hours)
{
	const struct totals *t = &v->total;
	char cost[NUM_USD_BYTES], unknown[NUM_USD_BYTES], from[SHOW_TIME_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	num_format_usd(t->unknown_nanousd, unknown);
	printf("last %" PRIu64 " h, from %s\n", hours,
		show_time(v->range.from_ms, from));
	printf("  requests   %" PRIu64 " (%" PRIu64 " attempts, %" PRIu64
	       " made again, %" PRIu64 " never sent)\n",
		t->requests, t->attempts, t->retried, t->unsent);
	printf("  answered   %" PRIu64 " of %" PRIu64 " that have ended\n", t->answered,
		t->ended);
	printf("  tokens     %" PRIu64 " prompt (%" PRIu64 " cached), %" PRIu64
	       " completion (%" PRIu64 " reasoning)\n",
		t->prompt_tokens, t->cached_tokens, t->completion_tokens,
		t->reasoning_tokens);
	printf("  cost       $%s, of it unknown at most $%s\n", cost, unknown);
}

/* ---- the commands ---------------------------------------------------------------------------- */

typedef void print_fn(
	const struct survey *v, const struct reading *r, const struct names *names);
typedef void json_fn(
	struct jsonw *w, const struct survey *v, const struct names *names);

static void answer(const struct ctl *c, const struct survey *v, const struct reading *r,
	const struct names *names, print_fn *print, json_fn *json)
{
	struct jsonw w;
	if (!c->is_json) {
		print(v, r, names);
		return;
	}
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	json(&w, v, names);
	show_json_u64(&w, STR("time_period_hours"), r->hours);
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
		answer(c, &v, &r, names, print, json);
	survey_fini(&v);
	names_free(names);
	store_close(s);
	return status;
}

static void print_usage(
	const struct survey *v, const struct reading *r, const struct names *names)
{
	print_total(v, r->hours);
	print_groups(v, DIM_MODEL, "model", names, r->limit);
}

static void json_usage(
	struct jsonw *w, const struct survey *v, const struct names *names)
{
	(void)names;
	jsonw_key(w, STR("token_usage"));
	tell_totals(w, &v->total);
	jsonw_key(w, STR("series"));
	tell_series(w, v);
}

enum ctl_exit ctl_usage(struct ctl *c)
{
	return run(c, SURVEY_SERIES | SURVEY_DIM(DIM_MODEL), TIER_HOUR, print_usage,
		json_usage);
}

static void print_cost(
	const struct survey *v, const struct reading *r, const struct names *names)
{
	print_total(v, r->hours);
	print_groups(v, DIM_MODEL, "model", names, r->limit);
	print_groups(v, DIM_CLIENT, "client", names, r->limit);
	print_groups(v, DIM_KEY, "key", names, r->limit);
	print_groups(v, DIM_SESSION, "session", names, r->limit);
}

static void json_cost(
	struct jsonw *w, const struct survey *v, const struct names *names)
{
	struct tell_names how = {client_name, names};
	tell_cost(w, v, &how, clock_wall_ms());
}

enum ctl_exit ctl_cost(struct ctl *c)
{
	return run(c, TELL_COST_PARTS, TELL_COST_STEP, print_cost, json_cost);
}

static void print_sessions(
	const struct survey *v, const struct reading *r, const struct names *names)
{
	print_groups(v, DIM_SESSION, "session", names, r->limit);
}

static void json_sessions(
	struct jsonw *w, const struct survey *v, const struct names *names)
{
	(void)names;
	jsonw_key(w, STR("sessions"));
	tell_groups(
		w, v->by[DIM_SESSION], &(struct tell_list){.key = STR("session_id")});
}

enum ctl_exit ctl_sessions(struct ctl *c)
{
	return run(c, SURVEY_DIM(DIM_SESSION), TIER_DAY, print_sessions, json_sessions);
}
