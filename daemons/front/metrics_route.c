/*
 * GET /metrics for Prometheus: the counters of all processes, the gauges, and from the
 * ledger what was spent and how long things took, since it was made. Names are those
 * of OpenTelemetry's GenAI conventions where there are such; the labels that those require
 * are not there: the histograms are of all kinds of operation together.
 */
#include "front/answer.h"
#include "front/metrics_gauges.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/prom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	METRICS_BYTES = 1 << 20,
	NAME_BYTES = 96,
	USD_PLACES = 9,
	MS_PLACES = 3,
	MODELS_NAMED = 100
};

#define TOKENS "atlas_tokens_total"
#define COST   "atlas_cost_usd_total"
#define OTHER  "other"

static void write_counters(struct prom *p, const struct front *f)
{
	char name[NAME_BYTES];
	const struct counters *all = &f->process.segment->shared->counters;
	for (unsigned id = 0; id < COUNTERS; id++) {
		snprintf(name, sizeof name, "atlas_%s_total",
			counter_name((enum counter_id)id));
		prom_family(p, name, "counter", counter_help((enum counter_id)id));
		prom_u64(p, name, NULL, 0, counter_sum(all, (enum counter_id)id));
	}
}

static struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

static void write_totals(struct prom *p, const struct totals *t)
{
	const struct {
		const char *name, *help;
		uint64_t v;
	} rows[] = {
		{"atlas_ledger_requests_total", "requests that reached the upstream",
			t->requests},
		{"atlas_ledger_attempts_total", "attempts that reached the upstream",
			t->attempts},
		{"atlas_ledger_ended_total", "requests that have ended", t->ended},
		{"atlas_ledger_answered_total", "requests answered in full",
			t->answered},
		{"atlas_ledger_failed_total",
			"requests that the upstream or Atlas failed", t->failed},
		{"atlas_ledger_refused_total", "requests refused for their own fault",
			totals_refused(t)},
		{"atlas_ledger_cancelled_total", "requests that were cancelled",
			t->cancelled},
		{"atlas_ledger_retried_total",
			"attempts after which a retry was called for", t->retried},
		{"atlas_ledger_unknown_total", "requests of unknown outcome",
			t->unknown_requests},
		{"atlas_ledger_unpriced_total", "attempts whose model has no price",
			t->unpriced},
		{"atlas_ledger_estimated_total",
			"attempts that were answered without a usage report",
			t->estimated},
		{"atlas_unknown_tokens_total",
			"of the tokens billed, those of attempts of unknown outcome: "
			"the most that they can be",
			t->unknown_tokens},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		prom_family(p, rows[i].name, "counter", rows[i].help);
		prom_u64(p, rows[i].name, NULL, 0, rows[i].v);
	}
}

/* Both are in the cost by model, too. */
static void write_inexact(struct prom *p, const struct totals *t)
{
	const char *unknown = "atlas_unknown_cost_usd_total",
		   *estimated = "atlas_estimated_cost_usd_total";
	prom_family(p, unknown, "counter",
		"of the cost in dollars, that of attempts of unknown outcome: the most "
		"that it can be");
	prom_fixed(p, unknown, NULL, 0, t->unknown_nanousd, USD_PLACES);
	prom_family(p, estimated, "counter",
		"of the cost in dollars, that of attempts answered without a usage "
		"report: what Atlas makes it");
	prom_fixed(p, estimated, NULL, 0, t->estimated_nanousd, USD_PLACES);
}

/* ---- by model ---------------------------------------------------------------------------- */

/* Names are the clients' own words, and each is a series that a collector keeps: those that
 * were used first are told by name, all others together. By what does not change, or one
 * would take another's place and both counters go down. */
struct models_told {
	uint32_t n;
	const struct group *named[GROUPS_LISTED];
	struct totals other;
};

/* Has it used anything, and is it its own when written as a label? */
static bool may_be_named(const struct group *x)
{
	for (uint32_t i = 0; i < x->n_name; i++)
		if (x->name[i] < ' ' || x->name[i] > '~')
			return false;
	return x->totals.total_tokens > 0 && strcmp(x->name, OTHER) != 0;
}

static int by_first_use(const void *pa, const void *pb)
{
	const struct group *a = *(const struct group *const *)pa;
	const struct group *b = *(const struct group *const *)pb;
	uint64_t at = a->totals.first_ms, bt = b->totals.first_ms;
	return at != bt ? (at > bt) - (at < bt) : strcmp(a->name, b->name);
}

static void pick_models(struct models_told *m, const struct groups *models)
{
	uint32_t n;
	(void)groups_other(models, &n, &m->other);
	for (uint32_t i = 0; i < groups_listed(models); i++) {
		const struct group *x = groups_at(models, i);
		if (may_be_named(x))
			m->named[m->n++] = x;
		else
			totals_add(&m->other, &x->totals);
	}
	qsort(m->named, m->n, sizeof(void *), by_first_use);
	while (m->n > MODELS_NAMED)
		totals_add(&m->other, &m->named[--m->n]->totals);
}

static void write_tokens_of(struct prom *p, struct str model, const struct totals *t)
{
	struct prom_label label[] = {
		{"gen_ai_request_model", model}, {"gen_ai_token_type", STR("input")}};
	prom_u64(p, TOKENS, label, 2, t->prompt_tokens);
	label[1].value = STR("output");
	prom_u64(p, TOKENS, label, 2, t->completion_tokens);
}

static void write_cost_of(struct prom *p, struct str model, const struct totals *t)
{
	struct prom_label label = {"gen_ai_request_model", model};
	prom_fixed(p, COST, &label, 1, t->cost_nanousd, USD_PLACES);
}

typedef void write_model_fn(struct prom *p, struct str model, const struct totals *t);

static void write_models(
	struct prom *p, const struct models_told *m, write_model_fn *write)
{
	for (uint32_t i = 0; i < m->n; i++)
		write(p, str_of(m->named[i]->name), &m->named[i]->totals);
	write(p, str_of(OTHER), &m->other);
}

static void write_by_model(struct prom *p, const struct groups *models)
{
	struct models_told told = {0};
	pick_models(&told, models);
	prom_family(p, TOKENS, "counter", "tokens billed, by model and type");
	write_models(p, &told, write_tokens_of);
	prom_family(p, COST, "counter", "what it cost in dollars, by model");
	write_models(p, &told, write_cost_of);
}

/* ---- all of it --------------------------------------------------------------------------- */

static void write_times(struct prom *p, const struct times *t)
{
	const struct {
		const char *name, *help;
		const struct histo *h;
		unsigned places;
	} rows[] = {
		{"atlas_queue_wait_seconds",
			"of each request, from its coming to its first sending, or, "
			"never sent, to its end",
			&t->wait, MS_PLACES},
		{"gen_ai_client_operation_duration_seconds",
			"from sending to the end, of attempts that reached the upstream "
			"and that neither their client nor Atlas has cut short",
			&t->processing, MS_PLACES},
		{"gen_ai_server_time_to_first_token_seconds",
			"from sending to the answer's first byte, streamed or whole",
			&t->first, MS_PLACES},
		{"atlas_output_tokens_per_second",
			"completion tokens a second, of each answer, from the first "
			"byte of a stream, from the sending of a whole one",
			&t->rate, 0},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		prom_family(p, rows[i].name, "histogram", rows[i].help);
		prom_histo(p, rows[i].name, rows[i].h, rows[i].places);
	}
}

static void write_all(struct prom *p, const struct front *f, const struct survey *v)
{
	write_counters(p, f);
	metrics_write_gauges(p, &f->process);
	write_totals(p, &v->total);
	write_inexact(p, &v->total);
	write_by_model(p, v->by[DIM_MODEL]);
	write_times(p, &v->times);
}

static void answer(struct conn *c, const struct survey *v)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	struct prom p = {.p = malloc(METRICS_BYTES), .cap = METRICS_BYTES};
	must(p.p != NULL);
	write_all(&p, c->front, v);
	if (p.is_full) {
		answer_error(c, APIERR_INTERNAL);
	} else {
		conn_reply_begin(c, &r, buf, 200);
		http_reply_add(&r, STR("Content-Type"),
			STR("text/plain; version=0.0.4; charset=utf-8"));
		http_reply_add(&r, STR("Cache-Control"), STR("no-store"));
		conn_reply_whole(c, &r, (struct str){p.p, p.n});
	}
	free(p.p);
}

void metrics_handle(struct conn *c)
{
	struct apierr e;
	struct monitoring_survey ask = {
		.parts = SURVEY_TIMES | SURVEY_DIM(DIM_MODEL), .answer = answer};
	if (!monitoring_read(c, NULL, 0, &e))
		answer_apierr(c, &e);
	else
		monitoring_begin(c, &ask, UINT64_MAX);
}
