/* The rules, one function each. */
#include "insight/advice.h"

#include "base/num.h"
#include "insight/price.h"
#include "insight/tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	P90 = 900,
	SAVES_LEAST_PERCENT = 5, /* of the period's cost, to be worth a word */
	SHORT_ANSWER_TOKENS = 200,
	CACHED_FROM_TOKENS = 1024, /* shorter prompts are never cached */
	CACHED_LITTLE_PERCENT = 20,
	CACHED_WELL_PERCENT = 50, /* what a stable beginning of prompts brings */
	IN_VAIN_LEAST = 3,        /* requests */
	IN_VAIN_PERCENT = 90,
	RETRIED_PERCENT = 5,
	WAIT_MS = 5000,
	FULL = 900, /* thousandths of a limit */
	IDLE_PART = 5,
	IDLE_HOURS = 24,
	HURRIED_PERCENT = 50,
	HURRIED_LEAST = 100,
	FAILED_PERCENT = 1,
	UNKNOWN_PERCENT = 1
};

/* ---- figures and words ------------------------------------------------------------------ */

ATTR_PRINTF(2, 3)
static void say(struct advice *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(a->text, sizeof a->text, fmt, ap);
	va_end(ap);
}

static void note(struct advice *a, const char *name, enum advice_unit unit, uint64_t v)
{
	must(a->n_figures < ADVICE_FIGURES);
	a->figure[a->n_figures].name = name;
	a->figure[a->n_figures].unit = unit;
	a->figure[a->n_figures++].value = v;
}

static uint64_t percent(uint64_t part, uint64_t all)
{
	return all > 0 ? num_mul_sat(part, 100) / all : 0;
}

static uint64_t attempts_of(const struct totals *t)
{
	return num_add_sat(t->attempts, t->unsent);
}

static uint64_t mean(uint64_t sum, uint64_t n)
{
	return n > 0 ? sum / n : 0;
}

static uint64_t wait_p90(const struct advice_facts *f)
{
	return histo_quantile(&f->survey->times.wait, P90);
}

static bool is_worth_it(const struct advice_facts *f, uint64_t saves)
{
	return saves > 0 &&
	       percent(saves, f->survey->total.cost_nanousd) >= SAVES_LEAST_PERCENT;
}

/* The most frequent error. */
static const struct group *worst_error(const struct groups *errors)
{
	const struct group *worst = NULL;
	for (uint32_t i = 0; i < groups_listed(errors); i++) {
		const struct group *x = groups_at(errors, i);
		if (x->n_name > 0 &&
			(worst == NULL ||
				attempts_of(&x->totals) > attempts_of(&worst->totals)))
			worst = x;
	}
	return worst;
}

static bool is_limit_error(const struct group *x)
{
	return x != NULL && strstr(x->name, "rate_limit") != NULL;
}

/* ---- money ------------------------------------------------------------------------------ */

/* What as many average attempts would cost; 0 = not known. Not the sums at once: so long
 * a prompt would be at the rates of long contexts. */
static uint64_t cost_at(const struct advice_facts *f, const struct model *model,
	const struct totals *t, uint64_t cached)
{
	uint64_t nanousd;
	struct price_request q = {
		.model = model, .tier = STR(""), .wall_ms = f->now_ms};
	struct usage_tokens usage = {.prompt = mean(t->prompt_tokens, t->attempts),
		.completion = mean(t->completion_tokens, t->attempts),
		.cached = mean(cached, t->attempts)};
	if (price_compute(&q, &usage, &nanousd) == PRICE_UNPRICED)
		return 0;
	return num_mul_sat(nanousd, t->attempts);
}

/* NAME-mini or NAME-nano, of a name without its date. */
static const struct model *sibling(const struct models *models, const struct model *m)
{
	static const char *const smaller[] = {"mini", "nano"};
	char name[MODELS_NAME_BYTES + 8];
	for (size_t i = 0; i < N_ELEMENTS(smaller); i++) {
		snprintf(name, sizeof name, "%s-%s", m->name, smaller[i]);
		const struct model *s =
			models_find(models, (struct str){name, strlen(name)});
		if (s != NULL)
			return s;
	}
	return NULL;
}

static uint64_t saved_by_sibling(
	const struct advice_facts *f, const struct group *x, const struct model **found)
{
	const struct totals *t = &x->totals;
	const struct model *m =
		models_find(f->models, (struct str){x->name, x->n_name});
	if (m == NULL ||
		mean(t->completion_tokens, t->attempts) > SHORT_ANSWER_TOKENS ||
		(*found = sibling(f->models, m)) == NULL)
		return 0;
	uint64_t own = cost_at(f, m, t, t->cached_tokens);
	uint64_t other = cost_at(f, *found, t, t->cached_tokens);
	return other > 0 ? num_sub_sat(own, other) : 0;
}

static bool cheaper_model(const struct advice_facts *f, struct advice *a)
{
	const struct groups *models = f->survey->by[DIM_MODEL];
	const struct group *best = NULL;
	const struct model *to = NULL, *other;
	for (uint32_t i = 0; i < groups_listed(models); i++) {
		uint64_t saves = saved_by_sibling(f, groups_at(models, i), &other);
		if (saves <= a->saves_nanousd)
			continue;
		a->saves_nanousd = saves;
		best = groups_at(models, i);
		to = other;
	}
	if (!is_worth_it(f, a->saves_nanousd))
		return false;
	uint64_t tokens = mean(best->totals.completion_tokens, best->totals.attempts);
	note(a, "requests", ADVICE_COUNT, best->totals.requests);
	note(a, "tokens_an_answer", ADVICE_TOKENS, tokens);
	say(a,
		"try %s where %s answers in few words: its %llu requests wrote %llu tokens "
		"each on average",
		to->name, best->name, (unsigned long long)best->totals.requests,
		(unsigned long long)tokens);
	return true;
}

/* If half of the prompts' tokens were read from the cache. */
static uint64_t saved_by_cache(const struct advice_facts *f, const struct group *x)
{
	const struct totals *t = &x->totals;
	const struct model *m =
		models_find(f->models, (struct str){x->name, x->n_name});
	if (m == NULL || mean(t->prompt_tokens, t->attempts) < CACHED_FROM_TOKENS ||
		percent(t->cached_tokens, t->prompt_tokens) >= CACHED_LITTLE_PERCENT)
		return 0;
	uint64_t well = t->prompt_tokens / 100 * CACHED_WELL_PERCENT;
	return num_sub_sat(cost_at(f, m, t, t->cached_tokens), cost_at(f, m, t, well));
}

static bool caching(const struct advice_facts *f, struct advice *a)
{
	const struct groups *models = f->survey->by[DIM_MODEL];
	const struct group *best = NULL;
	for (uint32_t i = 0; i < groups_listed(models); i++) {
		uint64_t saves = saved_by_cache(f, groups_at(models, i));
		if (saves <= a->saves_nanousd)
			continue;
		a->saves_nanousd = saves;
		best = groups_at(models, i);
	}
	if (!is_worth_it(f, a->saves_nanousd))
		return false;
	const struct totals *t = &best->totals;
	note(a, "tokens_a_prompt", ADVICE_TOKENS, mean(t->prompt_tokens, t->attempts));
	note(a, "cached", ADVICE_PERCENT, percent(t->cached_tokens, t->prompt_tokens));
	say(a,
		"begin the prompts for %s with what is always the same: they have %llu "
		"tokens on average, and only %llu %% of them are read from the cache",
		best->name, (unsigned long long)a->figure[0].value,
		(unsigned long long)a->figure[1].value);
	return true;
}

/* ---- retries ---------------------------------------------------------------------------- */

/* Each request that failed after all its retries has that many of them. */
static bool is_in_vain(const struct advice_facts *f, const struct group *x)
{
	uint64_t failed = num_sub_sat(x->totals.ended, x->totals.answered);
	return x->n_name > 0 && failed >= IN_VAIN_LEAST && x->totals.retried > 0 &&
	       num_mul_sat(failed, num_mul_sat(f->max_retries, 100)) >=
		       num_mul_sat(x->totals.retried, IN_VAIN_PERCENT);
}

static bool retries_in_vain(const struct advice_facts *f, struct advice *a)
{
	const struct groups *errors = f->survey->by[DIM_ERROR];
	const struct group *worst = NULL;
	for (uint32_t i = 0; i < groups_listed(errors); i++) {
		const struct group *x = groups_at(errors, i);
		if (is_in_vain(f, x) &&
			(worst == NULL || x->totals.retried > worst->totals.retried))
			worst = x;
	}
	if (worst == NULL)
		return false;
	note(a, "retried", ADVICE_COUNT, worst->totals.retried);
	note(a, "failed", ADVICE_COUNT,
		num_sub_sat(worst->totals.ended, worst->totals.answered));
	a->saves_nanousd = worst->totals.cost_nanousd;
	say(a,
		"lower [retry] max_retries: %llu retries after %s have mended nothing, and "
		"those who asked waited for them",
		(unsigned long long)worst->totals.retried, worst->name);
	return true;
}

static bool are_many_retried(const struct advice_facts *f, struct advice *a)
{
	const struct totals *t = &f->survey->total;
	if (percent(t->retried, attempts_of(t)) < RETRIED_PERCENT)
		return false;
	note(a, "retried", ADVICE_PERCENT, percent(t->retried, attempts_of(t)));
	return true;
}

static bool lower_limits(const struct advice_facts *f, struct advice *a)
{
	if (!is_limit_error(worst_error(f->survey->by[DIM_ERROR])) ||
		!are_many_retried(f, a))
		return false;
	say(a, "lower [limits] requests_per_minute or tokens_per_minute to what the "
	       "account really has, so that the queue waits instead of the upstream "
	       "refusing");
	return true;
}

static bool slower_retries(const struct advice_facts *f, struct advice *a)
{
	if (is_limit_error(worst_error(f->survey->by[DIM_ERROR])) ||
		!are_many_retried(f, a))
		return false;
	say(a, "raise [retry] base_delay, so that a retry meets the upstream recovered");
	return true;
}

/* ---- waiting and limits ----------------------------------------------------------------- */

static bool does_wait(const struct advice_facts *f, struct advice *a)
{
	if (wait_p90(f) < WAIT_MS)
		return false;
	note(a, "wait_p90", ADVICE_MS, wait_p90(f));
	note(a, "fullest_limit", ADVICE_PERCENT, f->utilization / 10);
	return true;
}

static bool higher_limits(const struct advice_facts *f, struct advice *a)
{
	if (f->utilization < FULL || !does_wait(f, a))
		return false;
	say(a,
		"ask the provider for higher limits: one request in ten waits longer "
		"than %llu ms for them",
		(unsigned long long)wait_p90(f));
	return true;
}

static bool more_at_a_time(const struct advice_facts *f, struct advice *a)
{
	if (f->utilization >= FULL || !does_wait(f, a))
		return false;
	say(a,
		"raise [queue] max_concurrent: one request in ten waits longer than %llu "
		"ms although the limits would let more run",
		(unsigned long long)wait_p90(f));
	return true;
}

/* The busiest of the whole hours of the period, once there is a day of them. */
static bool peak(const struct advice_facts *f, struct survey_hour *most)
{
	const struct survey *v = f->survey;
	uint64_t from = v->range.from_ms / tier_ms(TIER_HOUR);
	uint32_t n = 0;
	*most = (struct survey_hour){0};
	for (uint32_t i = 0; i < v->n_hours; i++) {
		if (v->first_hour + i < from)
			continue;
		n += n > 0 || v->hour[i].requests > 0;
		most->requests = MAX(most->requests, v->hour[i].requests);
		most->tokens = MAX(most->tokens, v->hour[i].tokens);
	}
	return n >= IDLE_HOURS;
}

static bool is_idle(uint64_t used, uint64_t limit)
{
	return limit > 0 && num_mul_sat(used, IDLE_PART) < limit;
}

static bool idle_limits(const struct advice_facts *f, struct advice *a)
{
	struct survey_hour most;
	if (!peak(f, &most))
		return false;
	bool is_tokens = is_idle(most.tokens, f->tokens_per_hour);
	if (!is_tokens && !is_idle(most.requests, f->requests_per_hour))
		return false;
	uint64_t used = is_tokens ? most.tokens : most.requests;
	uint64_t limit = is_tokens ? f->tokens_per_hour : f->requests_per_hour;
	const char *unit = is_tokens ? "tokens" : "requests";
	note(a, "busiest_hour", is_tokens ? ADVICE_TOKENS : ADVICE_COUNT, used);
	note(a, "limit", is_tokens ? ADVICE_TOKENS : ADVICE_COUNT, limit);
	say(a,
		"lower [limits] %s_per_hour: the busiest hour used %llu of %llu, so it would "
		"stop no runaway client in time",
		unit, (unsigned long long)used, (unsigned long long)limit);
	return true;
}

static bool priorities(const struct advice_facts *f, struct advice *a)
{
	uint64_t all = 0;
	for (unsigned p = 0; p < PRIORITIES; p++)
		all = num_add_sat(all, f->asked[p]);
	uint64_t hurried =
		num_add_sat(f->asked[PRIORITY_HIGH], f->asked[PRIORITY_URGENT]);
	if (all < HURRIED_LEAST || percent(hurried, all) <= HURRIED_PERCENT ||
		wait_p90(f) < WAIT_MS)
		return false;
	note(a, "high_or_urgent", ADVICE_PERCENT, percent(hurried, all));
	note(a, "wait_p90", ADVICE_MS, wait_p90(f));
	say(a,
		"let fewer clients ask for high priority (`atlasctl tokens update NAME "
		"--priority normal`): %llu %% of the requests do, so it puts nobody first",
		(unsigned long long)a->figure[0].value);
	return true;
}

/* ---- what went wrong -------------------------------------------------------------------- */

static bool failures(const struct advice_facts *f, struct advice *a)
{
	const struct totals *t = &f->survey->total;
	const struct group *worst = worst_error(f->survey->by[DIM_ERROR]);
	uint64_t failed = num_sub_sat(t->ended, t->answered);
	if (worst == NULL || percent(failed, t->ended) < FAILED_PERCENT)
		return false;
	note(a, "failed", ADVICE_COUNT, failed);
	note(a, "of", ADVICE_COUNT, t->ended);
	say(a, "look at one of the failures: atlasctl requests --error %s",
		worst->name);
	return true;
}

static bool unknown_outcomes(const struct advice_facts *f, struct advice *a)
{
	const struct totals *t = &f->survey->total;
	if (percent(t->unknown_requests, t->requests) < UNKNOWN_PERCENT)
		return false;
	note(a, "unknown", ADVICE_COUNT, t->unknown_requests);
	a->saves_nanousd = t->unknown_nanousd;
	say(a,
		"compare with the provider's usage (atlasctl reconcile): %llu requests "
		"are counted at their upper bound and may not have been billed",
		(unsigned long long)t->unknown_requests);
	return true;
}

/* ---- the table --------------------------------------------------------------------------- */

#define ADVICE(rule, text) {#rule, rule},
static const struct {
	const char *name;
	bool (*find)(const struct advice_facts *f, struct advice *a);
} rules[ADVICE_RULES] = {
#include "insight/advice.def"
};
#undef ADVICE

static const char *const units[ADVICE_UNITS] = {"count", "percent", "ms", "tokens"};

const char *advice_rule_name(enum advice_rule r)
{
	return r < ADVICE_RULES ? rules[r].name : "impossible";
}

bool advice_find(enum advice_rule r, const struct advice_facts *f, struct advice *out)
{
	must(r < ADVICE_RULES);
	*out = (struct advice){0};
	return rules[r].find(f, out);
}

void advice_tell_sentences(struct jsonw *w, const struct advice_facts *f)
{
	struct advice a;
	jsonw_begin_array(w);
	for (unsigned r = 0; r < ADVICE_RULES; r++)
		if (advice_find((enum advice_rule)r, f, &a))
			jsonw_string(w, (struct str){a.text, strlen(a.text)});
	jsonw_end_array(w);
}

static void tell_one(struct jsonw *w, enum advice_rule r, const struct advice *a)
{
	jsonw_begin_object(w);
	tell_text(w, STR("rule"), rules[r].name);
	tell_text(w, STR("text"), a->text);
	tell_usd(w, STR("saves_usd"), a->saves_nanousd);
	jsonw_key(w, STR("figures"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < a->n_figures; i++) {
		jsonw_begin_object(w);
		tell_text(w, STR("name"), a->figure[i].name);
		tell_text(w, STR("unit"), units[a->figure[i].unit]);
		tell_u64(w, STR("value"), a->figure[i].value);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	jsonw_end_object(w);
}

void advice_tell(struct jsonw *w, const struct advice_facts *f)
{
	struct advice a;
	jsonw_begin_array(w);
	for (unsigned r = 0; r < ADVICE_RULES; r++)
		if (advice_find((enum advice_rule)r, f, &a))
			tell_one(w, (enum advice_rule)r, &a);
	jsonw_end_array(w);
}
