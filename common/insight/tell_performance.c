/* Score, issues and what stands behind them. */
#include "insight/tell_performance.h"

#include "base/num.h"
#include "insight/score.h"
#include "insight/tell_cost.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	P50 = 500,
	P90 = 900,
	P99 = 990,
	WHOLE = 1000, /* of utilization */
	SCORE_PLACES = 2,
	NOTE_BYTES = 256,
	ISSUE_FROM = 200 /* hundredths of a point a part must cost to be named */
};

static uint64_t all_attempts(const struct totals *t)
{
	return num_add_sat(t->attempts, t->unsent);
}

static struct totals none_of(const struct groups *errors)
{
	const struct group *x = groups_find(errors, STR(""));
	return x != NULL ? x->totals : (struct totals){0};
}

/* ---- words --------------------------------------------------------------------------- */

ATTR_PRINTF(2, 3)
static void say(struct jsonw *w, const char *fmt, ...)
{
	char text[NOTE_BYTES];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	jsonw_string(w, (struct str){text, strlen(text)});
}

static void tell_issues(struct jsonw *w, const struct survey *v, const struct score *s,
	const struct score_input *in)
{
	const struct totals *t = &v->total;
	const struct group *worst = advice_worst_failure(v->by[DIM_ERROR]);
	jsonw_begin_array(w);
	if (s->failures >= ISSUE_FROM)
		say(w, "%llu of %llu requests failed (%llu %%); most often: %s",
			(unsigned long long)in->failed, (unsigned long long)in->judged,
			(unsigned long long)num_percent(in->failed, in->judged),
			worst != NULL ? worst->name : "no reason was given");
	if (s->retries >= ISSUE_FROM)
		say(w, "a retry was called for after %llu of %llu attempts (%llu %%)",
			(unsigned long long)t->retried,
			(unsigned long long)in->attempts,
			(unsigned long long)num_percent(t->retried, in->attempts));
	if (s->waiting >= ISSUE_FROM)
		say(w, "one request in ten waits %llu ms or longer in the queue",
			(unsigned long long)in->wait_p90_ms);
	if (s->unknown >= ISSUE_FROM)
		say(w,
			"the outcome of %llu request%s is unknown, and counted at its "
			"upper bound",
			(unsigned long long)t->unknown_requests,
			t->unknown_requests == 1 ? "" : "s");
	if (s->utilization >= ISSUE_FROM)
		say(w, "the fullest upstream limit is %llu %% used",
			(unsigned long long)num_percent(in->utilization, WHOLE));
	jsonw_end_array(w);
}

/* ---- numbers ------------------------------------------------------------------------- */

void tell_histo(struct jsonw *w, const struct histo *h)
{
	jsonw_begin_object(w);
	tell_u64(w, STR("count"), h->n);
	tell_u64(w, STR("mean"), histo_mean(h));
	tell_u64(w, STR("p50"), histo_quantile(h, P50));
	tell_u64(w, STR("p90"), histo_quantile(h, P90));
	tell_u64(w, STR("p99"), histo_quantile(h, P99));
	tell_u64(w, STR("max"), h->max);
	jsonw_end_object(w);
}

static void tell_metrics(struct jsonw *w, const struct survey *v)
{
	jsonw_begin_object(w);
	jsonw_key(w, STR("queue_wait_ms"));
	tell_histo(w, &v->times.wait);
	jsonw_key(w, STR("processing_ms"));
	tell_histo(w, &v->times.processing);
	jsonw_key(w, STR("first_token_ms"));
	tell_histo(w, &v->times.first);
	jsonw_key(w, STR("tokens_per_second"));
	tell_histo(w, &v->times.rate);
	tell_totals_members(w, &v->total);
	jsonw_end_object(w);
}

/* Of all attempts, how many ended in each error: name → share. */
static void tell_error_rates(struct jsonw *w, const struct survey *v)
{
	const struct groups *errors = v->by[DIM_ERROR];
	uint64_t all = all_attempts(&v->total);
	jsonw_begin_object(w);
	for (uint32_t i = 0; i < groups_listed(errors); i++) {
		const struct group *x = groups_at(errors, i);
		if (x->n_name > 0)
			tell_ratio(w, (struct str){x->name, x->n_name},
				all_attempts(&x->totals), all);
	}
	jsonw_end_object(w);
}

/* n_names: 0 = it is one, else all others, so many. */
static void tell_error(
	struct jsonw *w, const char *type, uint32_t n_names, const struct totals *t)
{
	jsonw_begin_object(w);
	tell_text(w, STR("type"), type);
	if (n_names > 0)
		tell_u64(w, STR("names"), n_names);
	tell_u64(w, STR("attempts"), all_attempts(t));
	tell_u64(w, STR("retried"), t->retried);
	tell_u64(w, STR("requests_failed"), t->failed);
	tell_usd(w, STR("total_cost_usd"), t->cost_nanousd);
	jsonw_end_object(w);
}

/* Types are the upstream's words, too: there may be any number of them. */
static void tell_errors(struct jsonw *w, const struct survey *v)
{
	const struct groups *errors = v->by[DIM_ERROR];
	struct totals other;
	uint32_t n;
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < groups_listed(errors); i++) {
		const struct group *x = groups_at(errors, i);
		if (x->n_name > 0)
			tell_error(w, x->name, 0, &x->totals);
	}
	if (groups_other(errors, &n, &other))
		tell_error(w, "other", n, &other);
	jsonw_end_array(w);
}

void tell_retries(struct jsonw *w, const struct survey *v)
{
	const struct totals *t = &v->total;
	jsonw_key(w, STR("retries"));
	jsonw_begin_object(w);
	tell_u64(w, STR("attempts_retried"), t->retried);
	tell_ratio(w, STR("retry_rate"), t->retried, score_sent(v));
	tell_ratio(w, STR("average_retries_per_request"), t->retried, t->ended);
	jsonw_end_object(w);
}

/* Nothing to judge: nothing has failed either. */
void tell_endings(struct jsonw *w, const struct totals *t)
{
	uint64_t judged = totals_judged(t);
	jsonw_key(w, STR("endings"));
	jsonw_begin_object(w);
	tell_u64(w, STR("ended"), t->ended);
	tell_u64(w, STR("answered"), t->answered);
	tell_u64(w, STR("failed"), t->failed);
	tell_u64(w, STR("refused"), totals_refused(t));
	tell_u64(w, STR("cancelled"), t->cancelled);
	jsonw_end_object(w);
	tell_ratio(w, STR("success_rate"), judged ? t->answered : 1, MAX(judged, 1));
}

static void tell_part(struct jsonw *w, struct str key, uint32_t cost)
{
	jsonw_key(w, key);
	jsonw_fixed(w, -(int64_t)cost, SCORE_PLACES);
}

static void tell_parts(struct jsonw *w, const struct score *s)
{
	jsonw_begin_object(w);
	tell_part(w, STR("failures"), s->failures);
	tell_part(w, STR("retries"), s->retries);
	tell_part(w, STR("waiting"), s->waiting);
	tell_part(w, STR("unknown"), s->unknown);
	tell_part(w, STR("utilization"), s->utilization);
	jsonw_end_object(w);
}

/* What errors have cost is the part of the total that no answer came for. */
static void tell_cost_analysis(struct jsonw *w, const struct survey *v)
{
	const struct totals *t = &v->total;
	struct totals fine = none_of(v->by[DIM_ERROR]);
	jsonw_begin_object(w);
	tell_usd(w, STR("total_cost_usd"), t->cost_nanousd);
	tell_usd(w, STR("average_cost_per_request"),
		num_nearest(t->cost_nanousd, 1, t->requests));
	tell_usd(w, STR("average_cost_per_token"),
		num_nearest(t->cost_nanousd, 1, t->total_tokens));
	tell_usd(w, STR("cost_of_errors_usd"),
		num_sub_sat(t->cost_nanousd, fine.cost_nanousd));
	tell_ratio(
		w, STR("characters_per_token"), t->measured_chars, t->measured_tokens);
	jsonw_key(w, STR("cost_trend"));
	tell_trend(w, v);
	jsonw_end_object(w);
}

void tell_performance(struct jsonw *w, const struct advice_facts *facts)
{
	const struct survey *v = facts->survey;
	struct score_input in = score_input_of(v);
	in.utilization = facts->utilization;
	struct score s = score_of(&in);
	jsonw_key(w, STR("performance_score"));
	jsonw_fixed(w, s.left, SCORE_PLACES);
	jsonw_key(w, STR("score_parts"));
	tell_parts(w, &s);
	jsonw_key(w, STR("issues"));
	tell_issues(w, v, &s, &in);
	jsonw_key(w, STR("suggestions"));
	advice_tell_sentences(w, facts);
	jsonw_key(w, STR("advice"));
	advice_tell(w, facts);
	jsonw_key(w, STR("metrics"));
	tell_metrics(w, v);
	jsonw_key(w, STR("error_rates"));
	tell_error_rates(w, v);
	jsonw_key(w, STR("errors"));
	tell_errors(w, v);
	tell_retries(w, v);
	tell_endings(w, &v->total);
	jsonw_key(w, STR("cost_analysis"));
	tell_cost_analysis(w, v);
	tell_time(w, STR("from"), v->range.from_ms);
}
