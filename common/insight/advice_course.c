/* Rules about how it went: retries, waiting, limits, failures. */
#include "insight/advice_rules.h"

#include "base/num.h"

#include <string.h>

enum {
	P90 = 900,
	IN_VAIN_LEAST = 3, /* requests */
	IN_VAIN_PERCENT = 90,
	RETRIED_PERCENT = 5,
	WAIT_MS = 5000,
	CROWDED_PERCENT = 10,
	FULL = 900, /* of WHOLE: thousandths of a limit */
	WHOLE = 1000,
	IDLE_PART = 5,
	IDLE_HOURS = 24,
	HURRIED_PERCENT = 50,
	HURRIED_LEAST = 100,
	FAILED_PERCENT = 1,
	UNKNOWN_PERCENT = 1
};

static uint64_t attempts_of(const struct totals *t)
{
	return num_add_sat(t->attempts, t->unsent);
}

static uint64_t wait_p90(const struct advice_facts *f)
{
	return histo_quantile(&f->survey->times.wait, P90);
}

const struct group *advice_worst_failure(const struct groups *errors)
{
	const struct group *worst = NULL;
	for (uint32_t i = 0; i < groups_listed(errors); i++) {
		const struct group *x = groups_at(errors, i);
		if (x->n_name > 0 && x->totals.failed > 0 &&
			(worst == NULL || x->totals.failed > worst->totals.failed))
			worst = x;
	}
	return worst;
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

/* ---- retries ---------------------------------------------------------------------------- */

static bool is_most_of(uint64_t part, uint64_t all)
{
	return num_mul_sat(part, 100) >= num_mul_sat(all, IN_VAIN_PERCENT);
}

/* Each request that failed after all its retries has that many of them. Of more, some were
 * mended; of fewer, some failed without any, and nobody knows of the others. */
static bool is_in_vain(const struct advice_facts *f, const struct group *x)
{
	uint64_t failed = x->totals.failed, retried = x->totals.retried;
	uint64_t all = num_mul_sat(failed, f->max_retries);
	return x->n_name > 0 && failed >= IN_VAIN_LEAST && retried > 0 &&
	       is_most_of(all, retried) && is_most_of(retried, all);
}

/* A retry costs what the first attempt did, which would have been made all the same. */
static uint64_t cost_of_retries(const struct totals *t)
{
	uint64_t n = attempts_of(t);
	return num_nearest(t->cost_nanousd, MIN(t->retried, n), n);
}

bool advise_retries_in_vain(const struct advice_facts *f, struct advice *a)
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
	advice_note(a, "retried", ADVICE_COUNT, worst->totals.retried);
	advice_note(a, "failed", ADVICE_COUNT, worst->totals.failed);
	a->saves_nanousd = cost_of_retries(&worst->totals);
	advice_say(a,
		"lower [retry] max_retries: %llu retries called for after %s have mended "
		"nothing, and those who asked waited for them",
		(unsigned long long)worst->totals.retried, worst->name);
	return true;
}

static bool are_many_retried(const struct advice_facts *f, uint64_t retried)
{
	uint64_t all = score_sent(f->survey);
	return all >= ADVICE_LEAST && advice_reaches(retried, all, RETRIED_PERCENT);
}

static void note_retried(const struct advice_facts *f, struct advice *a)
{
	advice_note(a, "retried", ADVICE_PERCENT,
		num_percent(f->survey->total.retried, score_sent(f->survey)));
}

/* Of the period, at the share that they have since the start: no other delay grows with
 * [retry] base_delay. */
static uint64_t retried_by_backoff(const struct advice_facts *f)
{
	return num_nearest(f->survey->total.retried, f->retried_by_backoff, f->retried);
}

bool advise_lower_limits(const struct advice_facts *f, struct advice *a)
{
	if (!is_limit_error(worst_error(f->survey->by[DIM_ERROR])) ||
		!are_many_retried(f, f->survey->total.retried))
		return false;
	note_retried(f, a);
	advice_say(a,
		"lower [limits] requests_per_minute or tokens_per_minute to what the "
		"account really has, so that the queue waits instead of the upstream "
		"refusing");
	return true;
}

bool advise_slower_retries(const struct advice_facts *f, struct advice *a)
{
	if (is_limit_error(worst_error(f->survey->by[DIM_ERROR])) ||
		!are_many_retried(f, retried_by_backoff(f)))
		return false;
	note_retried(f, a);
	advice_say(a,
		"raise [retry] base_delay, so that a retry meets the upstream recovered");
	return true;
}

/* ---- waiting and limits ----------------------------------------------------------------- */

static bool does_wait(const struct advice_facts *f, struct advice *a)
{
	if (f->survey->times.wait.n < ADVICE_LEAST || wait_p90(f) < WAIT_MS)
		return false;
	advice_note(a, "wait_p90", ADVICE_MS, wait_p90(f));
	advice_note(
		a, "fullest_limit", ADVICE_PERCENT, num_percent(f->utilization, WHOLE));
	return true;
}

static uint64_t all_asked(const struct advice_facts *f)
{
	uint64_t all = 0;
	for (unsigned p = 0; p < PRIORITIES; p++)
		all = num_add_sat(all, f->asked[p]);
	return all;
}

/* Now, or for so many since the start: who asks after a busy hour finds them empty. A pace
 * that is held for the upstream's refusals counts as a limit there, and asks for lower ones. */
static bool are_limits_tight(const struct advice_facts *f)
{
	const struct totals *t = &f->survey->total;
	if (f->utilization >= FULL)
		return true;
	return f->limit_waits > f->place_waits &&
	       advice_reaches(f->limit_waits, all_asked(f), CROWDED_PERCENT) &&
	       !advice_reaches(t->retried, score_sent(f->survey), RETRIED_PERCENT);
}

bool advise_higher_limits(const struct advice_facts *f, struct advice *a)
{
	if (!are_limits_tight(f) || !does_wait(f, a))
		return false;
	advice_note(a, "waited_for_a_limit", ADVICE_COUNT, f->limit_waits);
	advice_say(a,
		"ask the provider for higher limits: one request in ten waits %llu ms "
		"or longer for them",
		(unsigned long long)wait_p90(f));
	return true;
}

/* Only who was held up by those that run gains by more of them; a pace or a limit holds
 * just as many back then. */
bool advise_more_at_a_time(const struct advice_facts *f, struct advice *a)
{
	if (f->utilization >= FULL || f->place_waits <= f->limit_waits ||
		!advice_reaches(f->place_waits, all_asked(f), CROWDED_PERCENT) ||
		!does_wait(f, a))
		return false;
	advice_note(a, "waited_for_a_place", ADVICE_COUNT, f->place_waits);
	advice_say(a,
		"raise [queue] max_concurrent: one request in ten waits %llu ms or "
		"longer, and since the start %llu waited for others to end although the "
		"limits would let more run",
		(unsigned long long)wait_p90(f), (unsigned long long)f->place_waits);
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

bool advise_idle_limits(const struct advice_facts *f, struct advice *a)
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
	advice_note(a, "busiest_hour", is_tokens ? ADVICE_TOKENS : ADVICE_COUNT, used);
	advice_note(a, "limit", is_tokens ? ADVICE_TOKENS : ADVICE_COUNT, limit);
	advice_say(a,
		"lower [limits] %s_per_hour: the busiest hour used %llu of %llu, so it would "
		"stop no runaway client in time",
		unit, (unsigned long long)used, (unsigned long long)limit);
	return true;
}

bool advise_priorities(const struct advice_facts *f, struct advice *a)
{
	uint64_t all = all_asked(f);
	uint64_t hurried =
		num_add_sat(f->asked[PRIORITY_HIGH], f->asked[PRIORITY_URGENT]);
	if (all < HURRIED_LEAST || !advice_reaches(hurried, all, HURRIED_PERCENT + 1) ||
		wait_p90(f) < WAIT_MS)
		return false;
	advice_note(a, "high_or_urgent", ADVICE_PERCENT, num_percent(hurried, all));
	advice_note(a, "wait_p90", ADVICE_MS, wait_p90(f));
	advice_say(a,
		"let fewer clients ask for high priority (`atlasctl tokens update NAME "
		"--priority normal`): %llu %% of the requests do, so it puts nobody first",
		(unsigned long long)a->figure[0].value);
	return true;
}

/* ---- what went wrong -------------------------------------------------------------------- */

bool advise_failures(const struct advice_facts *f, struct advice *a)
{
	const struct totals *t = &f->survey->total;
	const struct group *worst = advice_worst_failure(f->survey->by[DIM_ERROR]);
	uint64_t judged = totals_judged(t);
	if (worst == NULL || !advice_reaches(t->failed, judged, FAILED_PERCENT))
		return false;
	advice_note(a, "failed", ADVICE_COUNT, t->failed);
	advice_note(a, "of", ADVICE_COUNT, judged);
	advice_say(a, "look at one of the failures: atlasctl requests --error %s",
		worst->name);
	return true;
}

bool advise_unknown_outcomes(const struct advice_facts *f, struct advice *a)
{
	const struct totals *t = &f->survey->total;
	if (!advice_reaches(t->unknown_requests, t->requests, UNKNOWN_PERCENT))
		return false;
	advice_note(a, "unknown", ADVICE_COUNT, t->unknown_requests);
	a->in_question_nanousd = t->unknown_nanousd;
	advice_say(a,
		"compare with the provider's usage (atlasctl reconcile): %llu request%s "
		"counted at the upper bound may not have been billed",
		(unsigned long long)t->unknown_requests,
		t->unknown_requests == 1 ? "" : "s");
	return true;
}
