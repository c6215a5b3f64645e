/* Atlas's own tools. */
#include "front/tools_parts.h"

#include "base/clock.h"
#include "base/str.h"
#include "front/monitoring.h"
#include "front/tool_calls.h"
#include "insight/ahead.h"
#include "insight/tell.h"
#include "insight/tell_performance.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

#define NO_LEDGER UINT32_MAX
#define NOTHING   "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"
#define PERIOD                                                                         \
	"{\"type\":\"object\",\"properties\":{\"period\":{\"type\":\"string\","        \
	"\"enum\":[\"hour\",\"today\",\"day\",\"week\",\"month\",\"year\"],"           \
	"\"description\":\"today begins at midnight UTC; the others are the last 60 "  \
	"minutes, 24 hours, 7, 30 and 365 days\"}},\"required\":[\"period\"],"         \
	"\"additionalProperties\":false}"

enum { GROUPS_TOLD = 20 };

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* ---- what they tell ------------------------------------------------------------------ */

static void write_sums(struct jsonw *w, const struct totals *t)
{
	tell_u64(w, STR("request_count"), t->requests);
	tell_u64(w, STR("prompt_tokens"), t->prompt_tokens);
	tell_u64(w, STR("completion_tokens"), t->completion_tokens);
	tell_u64(w, STR("total_tokens"), t->total_tokens);
	tell_usd(w, STR("total_cost_usd"), t->cost_nanousd);
}

static const struct tell_list by_model = {.key = STR("model")};

static void write_groups(struct jsonw *w, struct str list, const struct tell_list *how,
	const struct groups *g)
{
	uint32_t n = groups_listed(g), told = MIN(n, (uint32_t)GROUPS_TOLD);
	jsonw_key(w, list);
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < told; i++) {
		jsonw_begin_object(w);
		tell_group_name(w, groups_at(g, i), how);
		write_sums(w, &groups_at(g, i)->totals);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	if (n > told)
		tell_u64(w, STR("not_listed"), n - told);
}

static void write_span(struct jsonw *w, const struct conn *c, const struct survey *v)
{
	tell_time(w, STR("from"), v->range.from_ms);
	tell_time(w, STR("to"), c->front->process.now_ms);
}

static void write_usage(struct jsonw *w, struct conn *c, const struct survey *v)
{
	write_span(w, c, v);
	write_sums(w, &v->total);
	write_groups(w, STR("by_model"), &by_model, v->by[DIM_MODEL]);
	write_groups(w, STR("by_client"),
		&(struct tell_list){STR("client"), monitoring_tell_client, c->front},
		v->by[DIM_CLIENT]);
}

static void write_cost(struct jsonw *w, struct conn *c, const struct survey *v)
{
	write_span(w, c, v);
	write_sums(w, &v->total);
	tell_usd(w, STR("previous_period_usd"), v->previous.cost_nanousd);
	write_groups(w, STR("by_model"), &by_model, v->by[DIM_MODEL]);
}

static void write_forecast(struct jsonw *w, struct conn *c, const struct survey *v)
{
	const struct process *p = &c->front->process;
	struct ahead ahead = {.survey = v, .now_ms = p->now_ms};
	write_span(w, c, v);
	tell_usd(w, STR("spent_usd"), v->total.cost_nanousd);
	ahead_take(&ahead, p->segment, p->now_ns);
	ahead_tell(w, &ahead);
}

static void write_suggestions(struct jsonw *w, struct conn *c, const struct survey *v)
{
	struct advice_facts facts;
	monitoring_facts(c->front, v, &facts);
	tell_performance(w, &facts);
}

static void write_limits(struct jsonw *w, struct conn *c, const struct survey *v)
{
	(void)v;
	monitoring_tell_limits(w, &c->front->process);
}

static void write_queue(struct jsonw *w, struct conn *c, const struct survey *v)
{
	(void)v;
	monitoring_tell_queue(w, &c->front->process);
}

static void write_time(struct jsonw *w, struct conn *c, const struct survey *v)
{
	(void)v;
	tell_time(w, STR("now"), c->front->process.now_ms);
}

#define TOOL(name, role, parts, write, parameters, sample, description)                \
	[OWN_TOOL_##name] = {STR(#name), STR(parameters), STR(sample),                 \
		STR(description), ROUTE_##role, parts, write},
const struct tool tools_own[OWN_TOOLS] = {
#include "front/tools.def"
};
#undef TOOL

/* ---- arguments ------------------------------------------------------------------------- */

static const struct {
	struct str name;
	uint64_t hours; /* 0 = since midnight */
} periods[] = {{STR("hour"), 1}, {STR("today"), 0}, {STR("day"), 24},
	{STR("week"), 24 * 7}, {STR("month"), 24 * 30}, {STR("year"), 24 * 365}};

/* The period of the arguments; what else they have is passed by. */
static bool read_period(struct str args, size_t *which)
{
	struct scan s;
	struct scan_token key, v;
	scan_init(&s, args, SCAN_MAX_DEPTH);
	if (scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &key) == SCAN_KEY) {
		if (scan_next(&s, &v) <= SCAN_ERROR)
			return false;
		for (size_t i = 0; i < N_ELEMENTS(periods); i++)
			if (scan_is(&key, STR("period")) && v.type == SCAN_STRING &&
				scan_is(&v, periods[i].name)) {
				*which = i;
				return true;
			}
		if (!scan_skip(&s, &v))
			return false;
	}
	return false;
}

/* Whole hours up to an end that may lie ahead: of today, so that it begins at midnight. */
static void want_period(struct survey_want *want, size_t which, uint64_t now_ms)
{
	want->hours = periods[which].hours;
	want->now_ms = now_ms;
	if (want->hours > 0)
		return;
	uint64_t midnight = now_ms / DAY_MS * DAY_MS;
	want->hours = (now_ms - midnight) / HOUR_MS + 1;
	want->now_ms = midnight + want->hours * HOUR_MS;
}

/* ---- one call --------------------------------------------------------------------------- */

struct look {
	struct tool_ask ask;
	const struct tool *tool;
	struct front *front;
	struct survey_want want;
	struct survey survey;
	bool is_begun, is_done;
};

static void answer_error_text(
	struct conn *c, const struct tool_ask *ask, const char *text)
{
	char buf[256];
	struct jsonw w;
	struct str result;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	tell_text(&w, STR("error"), text);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &result));
	ask->done(c, ask->arg, result);
}

static void answer_tool(struct conn *c, const struct tool *t,
	const struct tool_ask *ask, const struct survey *v)
{
	struct jsonw w;
	struct str result;
	jsonw_init(&w, TOOL_RESULT_BYTES);
	jsonw_begin_object(&w);
	t->write(&w, c, v);
	jsonw_end_object(&w);
	if (jsonw_done(&w, &result))
		ask->done(c, ask->arg, result);
	else
		answer_error_text(c, ask, "there is more to tell than fits");
	jsonw_fini(&w);
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct look *l = w->state;
	struct query_summary sum;
	if (!l->is_begun) {
		if (!query_summary(l->front->store, &sum, e))
			return QUERY_FAILED;
		memcpy(l->want.kept_ms, sum.kept_ms, sizeof l->want.kept_ms);
		survey_init(&l->survey, &l->want);
		l->is_begun = true;
	}
	return survey_slice(l->front->store, &l->survey, e);
}

static void finish(struct walk *w)
{
	struct look *l = w->state;
	l->is_done = true;
	answer_tool(w->conn, l->tool, &l->ask, &l->survey);
}

static void drop(void *state)
{
	struct look *l = state;
	if (!l->is_done)
		l->ask.left(l->front, l->ask.arg);
	if (l->is_begun)
		survey_fini(&l->survey);
	free(l);
}

static void look(struct conn *c, const struct tool *t, const struct tool_ask *ask)
{
	size_t which;
	if (!read_period(ask->args, &which)) {
		answer_error_text(
			c, ask, "period must be hour, today, day, week, month or year");
		return;
	}
	struct look *l = calloc(1, sizeof *l);
	must(l != NULL);
	l->ask = *ask;
	l->tool = t;
	l->front = c->front;
	l->want.parts = t->parts;
	want_period(&l->want, which, c->front->process.now_ms);
	walk_begin(c, &(struct walk){.slice = slice,
			      .finish = finish,
			      .drop = drop,
			      .is_one_moment = true,
			      .state = l});
}

/* ---- one call of a tool of the configuration -------------------------------------------- */

struct outside {
	struct tool_ask ask;
	struct str result; /* from malloc */
};

static void on_outside_done(struct conn *c, void *arg, uint32_t ix, struct str result)
{
	struct outside *o = arg;
	(void)c, (void)ix;
	o->result = str_copy(result);
}

static void drop_outside(struct outside *o)
{
	str_free(&o->result);
	free(o);
}

static void on_outside_end(struct conn *c, void *arg, const struct apierr *failure)
{
	struct outside *o = arg;
	if (failure != NULL)
		answer_error_text(c, &o->ask, failure->message);
	else
		o->ask.done(c, o->ask.arg, o->result);
	drop_outside(o);
}

static void on_outside_left(struct front *f, void *arg)
{
	struct outside *o = arg;
	o->ask.left(f, o->ask.arg);
	drop_outside(o);
}

static void run_outside(struct conn *c, const struct tool_ask *ask)
{
	struct outside *o = calloc(1, sizeof *o);
	must(o != NULL);
	o->ask = *ask;
	tool_calls_begin(c, &(struct tool_calls_plan){.n = 1,
				    .wish = {{ask->name, ask->args}},
				    .session = "",
				    .done = on_outside_done,
				    .end = on_outside_end,
				    .left = on_outside_left,
				    .arg = o});
}

void tools_run(struct conn *c, const struct tool_ask *ask)
{
	uint32_t mask = tools_named(c->front, ask->name) & ask->mask & tools_of(c);
	const struct tool *t =
		mask & TOOLS_OWN_MASK ? &tools_own[__builtin_ctz(mask)] : NULL;
	if (mask == 0)
		answer_error_text(c, ask, "there is no such tool");
	else if (t == NULL)
		run_outside(c, ask);
	else if (t->parts == NO_LEDGER)
		answer_tool(c, t, ask, NULL);
	else
		look(c, t, ask);
}
