/* The rules of client limits. */
#include "decide/clientgate.h"

#include "base/clock.h"
#include "base/num.h"

#include <string.h>

enum {
	PRIORITY_HIGHEST = 3,
	PERCENT = 100,
	SECONDS_A_MINUTE = 60,
	SECONDS_AN_HOUR = 3600
};

/* ---- defaults ------------------------------------------------------------------------ */

static void say_number(struct client_limits *l, enum client_limit which, uint64_t n)
{
	client_limit_set_number(l, which, n);
}

static void say_models(struct client_limits *l, const char *models)
{
	size_t n = strnlen(models, sizeof l->models - 1);
	memcpy(l->models, models, n);
}

void gate_defaults(const struct settings *s, struct client_limits *out)
{
	*out = (struct client_limits){0};
#define SAY_COUNT(name)                say_number(out, CLIENT_LIMIT_##name, s->client_##name)
#define SAY_USD(name)                  say_number(out, CLIENT_LIMIT_##name, s->client_##name)
#define SAY_PRIORITY(name)             say_number(out, CLIENT_LIMIT_##name, s->client_##name)
#define SAY_MODELS(name)               say_models(out, s->client_##name)
#define CLIENT_LIMIT(name, unit, help) SAY_##unit(name);
#include "decide/client_limits.def"
#undef CLIENT_LIMIT
#undef SAY_COUNT
#undef SAY_USD
#undef SAY_PRIORITY
#undef SAY_MODELS
}

/* ---- what no waiting changes ------------------------------------------------------------ */

static unsigned highest_priority(const struct client_limits *l)
{
	if (!client_limit_is_said(l, CLIENT_LIMIT_priority))
		return GATE_PRIORITY_HIGHEST;
	return (unsigned)MIN(client_limit_get(l, CLIENT_LIMIT_priority),
		(uint64_t)GATE_PRIORITY_HIGHEST);
}

unsigned gate_priority(const struct client_limits *l, const struct gate_request *r)
{
	unsigned highest = highest_priority(l);
	unsigned wanted = r->has_priority ? r->priority : GATE_PRIORITY_NORMAL;
	return MIN(wanted, highest);
}

static bool refuse(struct gate_refusal *no, enum client_limit limit,
	enum gate_kind kind, uint64_t allowed, uint64_t asked)
{
	*no = (struct gate_refusal){
		.limit = limit, .kind = kind, .allowed = allowed, .asked = asked};
	return false;
}

static bool check_whole_budgets(const struct client_limits *l,
	const struct gate_request *r, struct gate_refusal *no)
{
	for (unsigned i = CLIENT_LIMIT_budget_day; i <= CLIENT_LIMIT_budget_month;
		i++) {
		uint64_t budget = client_limit_get(l, (enum client_limit)i);
		if (budget > 0 && r->nanousd > budget)
			return refuse(no, (enum client_limit)i, GATE_TOO_LARGE, budget,
				r->nanousd);
	}
	return true;
}

bool gate_check_form(const struct client_limits *l, const struct gate_request *r,
	struct gate_refusal *no)
{
	if (!client_limits_allow_model(l, r->model)) {
		(void)refuse(
			no, CLIENT_LIMIT_models, GATE_NOT_ALLOWED, 0, r->model.n > 0);
		no->models = l->models;
		return false;
	}
	uint64_t most = client_limit_get(l, CLIENT_LIMIT_max_tokens);
	if (most > 0 && r->is_answered_in_text &&
		(r->max_tokens == 0 || r->max_tokens > most))
		return refuse(no, CLIENT_LIMIT_max_tokens, GATE_NOT_ALLOWED, most,
			r->max_tokens);
	most = client_limit_get(l, CLIENT_LIMIT_max_prompt);
	if (most > 0 && r->prompt_chars > most)
		return refuse(no, CLIENT_LIMIT_max_prompt, GATE_TOO_LARGE, most,
			r->prompt_chars);
	if (r->has_priority && r->priority > highest_priority(l))
		return refuse(no, CLIENT_LIMIT_priority, GATE_NOT_ALLOWED,
			highest_priority(l), r->priority);
	return check_whole_budgets(l, r, no);
}

/* ---- concurrency and budgets ------------------------------------------------------------- */

enum period gate_period(enum client_limit which)
{
	must(which >= CLIENT_LIMIT_budget_day && which <= CLIENT_LIMIT_budget_month);
	return (enum period)(which - CLIENT_LIMIT_budget_day);
}

/* Does that budget refuse? What others hold may come back unspent: then it is LATER. */
static bool is_over(enum client_limit which, uint64_t budget,
	const struct gate_request *r, const struct gate_use *use,
	struct gate_refusal *no)
{
	enum period p = gate_period(which);
	uint64_t spent = use->spent_nanousd[p];
	uint64_t held = num_sub_sat(use->held_nanousd, r->nanousd);
	bool is_spent = spent >= budget || r->nanousd > budget - spent;
	if (!is_spent && held <= budget - spent - r->nanousd)
		return false;
	*no = (struct gate_refusal){.limit = which,
		.kind = is_spent ? GATE_SPENT : GATE_LATER,
		.allowed = budget,
		.used = spent,
		.held = held,
		.asked = r->nanousd,
		.renews_ms = period_end_ms(p, use->now_ms)};
	return true;
}

static bool check_budgets(const struct client_limits *l, const struct gate_request *r,
	const struct gate_use *use, struct gate_refusal *no)
{
	bool is_refused = false;
	for (unsigned i = CLIENT_LIMIT_budget_day; i <= CLIENT_LIMIT_budget_month;
		i++) {
		enum client_limit which = (enum client_limit)i;
		uint64_t budget = client_limit_get(l, which);
		struct gate_refusal one;
		if (budget == 0 || !is_over(which, budget, r, use, &one))
			continue;
		bool is_worse = !is_refused || one.kind > no->kind ||
				(one.kind == no->kind && one.renews_ms > no->renews_ms);
		if (is_worse)
			*no = one;
		is_refused = true;
	}
	return !is_refused;
}

bool gate_check_use(const struct client_limits *l, const struct gate_request *r,
	const struct gate_use *use, struct gate_refusal *no)
{
	uint64_t most = client_limit_get(l, CLIENT_LIMIT_concurrent);
	bool is_in_budget = check_budgets(l, r, use, no);
	if (!is_in_budget && no->kind == GATE_SPENT)
		return false;
	if (most > 0 && use->held_requests > most) {
		(void)refuse(no, CLIENT_LIMIT_concurrent, GATE_LATER, most, 1);
		no->used = use->held_requests - 1;
		return false;
	}
	return is_in_budget;
}

bool gate_is_for_budget(const struct gate_refusal *no)
{
	bool is_budget = no->limit >= CLIENT_LIMIT_budget_day &&
			 no->limit <= CLIENT_LIMIT_budget_month;
	return is_budget && no->kind != GATE_LATER;
}

static void note(struct client_limit_use *tightest, const struct client_limits *l,
	enum client_limit which, uint64_t used)
{
	struct client_limit_use u = {.allowed = client_limit_get(l, which),
		.used = used,
		.which = (uint8_t)which};
	client_limit_use_note(tightest, &u);
}

void gate_note_use(const struct client_limits *l, const struct gate_use *use,
	struct client_limit_use *tightest)
{
	note(tightest, l, CLIENT_LIMIT_concurrent, use->held_requests);
	for (unsigned i = CLIENT_LIMIT_budget_day; i <= CLIENT_LIMIT_budget_month;
		i++) {
		enum period p = gate_period((enum client_limit)i);
		note(tightest, l, (enum client_limit)i,
			num_add_sat(use->spent_nanousd[p], use->held_nanousd));
	}
}

/* ---- rates ---------------------------------------------------------------------------------- */

static bool is_of_tokens(enum client_limit which)
{
	return which == CLIENT_LIMIT_tokens_per_minute ||
	       which == CLIENT_LIMIT_tokens_per_hour;
}

static uint64_t period_ns(enum client_limit which)
{
	bool is_minute = which == CLIENT_LIMIT_requests_per_minute ||
			 which == CLIENT_LIMIT_tokens_per_minute;
	return (is_minute ? SECONDS_A_MINUTE : SECONDS_AN_HOUR) * NS_PER_S;
}

bool gate_rate(const struct client_limits *l, enum client_limit which,
	uint64_t burst_percent, struct bucket_rate *out)
{
	must(which < (enum client_limit)GATE_RATES);
	uint64_t limit = client_limit_get(l, which);
	*out = (struct bucket_rate){0};
	if (limit == 0)
		return false;
	uint64_t burst = num_mul_sat(limit, burst_percent) / PERCENT;
	*out = (struct bucket_rate){.tokens = limit,
		.period_ns = period_ns(which),
		.burst = MAX(MIN(burst, limit), UINT64_C(1)),
		.most = is_of_tokens(which) ? limit : 0};
	return true;
}

uint64_t gate_rate_cost(enum client_limit which, const struct gate_request *r)
{
	return is_of_tokens(which) ? r->tokens : 1;
}

uint64_t gate_rate_used(
	const struct bucket_rate *rate, uint64_t tat_ns, uint64_t now_ns)
{
	must(rate->period_ns > 0);
	unsigned __int128 used =
		(unsigned __int128)num_sub_sat(tat_ns, now_ns) * rate->tokens +
		rate->period_ns - 1;
	return (uint64_t)MIN(used / rate->period_ns, (unsigned __int128)UINT64_MAX);
}

void gate_note_rate(enum client_limit which, const struct bucket_rate *rate,
	uint64_t tat_ns, uint64_t now_ns, struct client_limit_use *tightest)
{
	struct client_limit_use u = {.allowed = rate->tokens,
		.used = gate_rate_used(rate, tat_ns, now_ns),
		.at_once = (uint32_t)MIN(rate->burst, (uint64_t)UINT32_MAX),
		.which = (uint8_t)which};
	client_limit_use_note(tightest, &u);
}

void gate_rate_refusal(enum client_limit which, const struct bucket_rate *rate,
	uint64_t cost, uint64_t tat_ns, uint64_t now_ns, struct gate_refusal *no)
{
	struct bucket_take t = bucket_take(tat_ns, rate, cost, now_ns);
	*no = (struct gate_refusal){.limit = which,
		.kind = t.verdict == BUCKET_NEVER ? GATE_TOO_LARGE : GATE_LATER,
		.allowed = rate->tokens,
		.at_once = rate->burst,
		.asked = cost};
	if (no->kind == GATE_TOO_LARGE)
		return;
	no->used = gate_rate_used(rate, tat_ns, now_ns);
	no->wait_ms = num_add_sat(num_sub_sat(t.earliest_ns, now_ns), NS_PER_MS - 1) /
		      NS_PER_MS;
	no->wait_ms = MAX(no->wait_ms, UINT64_C(1));
}
