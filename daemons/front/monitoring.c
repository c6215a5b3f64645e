/* Parameters, surveys and answers of the monitoring endpoints. */
#include "front/monitoring.h"

#include "base/num.h"
#include "front/answer.h"
#include "front/auth.h"
#include "front/router.h"
#include "http/query.h"
#include "store/keys.h"
#include "text/chars.h"

#include <event2/buffer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS_DEFAULT = 24, HOURS_MAX = 8760, PARAM_BYTES = 512, PARAMS_MAX = 8 };

/* ---- parameters ---------------------------------------------------------------------- */

static bool refuse_query(struct apierr *e)
{
	return apierr_set(e, APIERR_INVALID_VALUE, "query",
		"the query must be name=value pairs joined by &, percent-encoded.");
}

static bool refuse_unknown(struct str key, const struct monitoring_param *param,
	size_t n, struct apierr *e)
{
	char names[128] = "", name[32];
	size_t at = 0;
	for (size_t i = 0; i < n && at < sizeof names; i++)
		at += (size_t)snprintf(names + at, sizeof names - at, "%s" STR_FMT,
			i > 0 ? ", " : "", STR_ARG(param[i].name));
	key.n = chars_fit(key, sizeof name - 1);
	snprintf(name, sizeof name, STR_FMT, STR_ARG(key));
	if (n == 0)
		return apierr_set(e, APIERR_INVALID_VALUE, name,
			"there is no parameter %s here: this takes none.", name);
	return apierr_set(e, APIERR_INVALID_VALUE, name,
		"there is no parameter %s here; there is: %s.", name, names);
}

static bool is_named(const struct monitoring_param *p, struct str key)
{
	return p->name.n == key.n && memcmp(p->name.p, key.p, key.n) == 0;
}

static bool take_param(const struct monitoring_param *p, struct str value,
	bool is_second, struct apierr *e)
{
	char name[32];
	snprintf(name, sizeof name, STR_FMT, STR_ARG(p->name));
	if (is_second)
		return apierr_set(e, APIERR_INVALID_VALUE, name,
			"%s is given twice; say it once.", name);
	return p->take(p->to, value) ||
	       apierr_set(e, APIERR_INVALID_VALUE, name, "%s", p->must_be);
}

bool monitoring_read(const struct conn *c, const struct monitoring_param *param,
	size_t n, struct apierr *e)
{
	char text[PARAM_BYTES];
	struct str key, value;
	const struct request *r = c->request;
	struct http_query q = {http_str(r->head_text, r->head.query)};
	bool seen[PARAMS_MAX] = {false};
	must(n <= PARAMS_MAX);
	for (;;) {
		size_t i = 0;
		enum http_query_result got =
			http_query_next(&q, text, sizeof text, &key, &value);
		if (got == HTTP_QUERY_ABSENT)
			return true;
		if (got != HTTP_QUERY_FOUND)
			return refuse_query(e);
		while (i < n && !is_named(&param[i], key))
			i++;
		if (i == n)
			return refuse_unknown(key, param, n, e);
		if (!take_param(&param[i], value, seen[i], e))
			return false;
		seen[i] = true;
	}
}

static bool take_hours(void *to, struct str value)
{
	uint64_t *hours = to;
	return num_parse_u64(value, hours) && *hours >= 1 && *hours <= HOURS_MAX;
}

struct monitoring_param monitoring_hours(uint64_t *hours)
{
	*hours = HOURS_DEFAULT;
	return (struct monitoring_param){STR("hours"), take_hours, hours,
		"hours must be one whole number from 1 to 8760."};
}

bool monitoring_read_hours(const struct conn *c, uint64_t *hours, struct apierr *e)
{
	struct monitoring_param p = monitoring_hours(hours);
	return monitoring_read(c, &p, 1, e);
}

/* ---- answers --------------------------------------------------------------------------- */

struct ask {
	struct survey survey;
	struct survey_want want;
	struct monitoring_survey how;
	bool is_begun, is_read;
	struct evbuffer *text; /* once it is read: what is told of it */
	struct jsonw json;     /* and the turn's part */
	struct tell_place place;
};

static void drop_ask(void *state)
{
	struct ask *a = state;
	if (a->is_begun)
		survey_fini(&a->survey);
	jsonw_fini(&a->json);
	if (a->text != NULL)
		evbuffer_free(a->text);
	free(a);
}

/* As long as the store: not before the walk reads that. */
static struct closed *closed_of(struct front *f)
{
	if (f->closed == NULL)
		f->closed = closed_new();
	return f->closed;
}

static enum query_verdict read_some(struct ask *a, struct front *f, struct err *e)
{
	struct store *s = f->store;
	if (!a->is_begun) {
		struct query_summary sum;
		if (!query_summary(s, &sum, e) ||
			(a->want.is_of_client &&
				!query_behind(s, &a->want.behind_ms, e)))
			return QUERY_FAILED;
		memcpy(a->want.kept_ms, sum.kept_ms, sizeof a->want.kept_ms);
		a->want.closed = closed_of(f);
		survey_init(&a->survey, &a->want);
		a->is_begun = true;
	}
	enum query_verdict v = survey_slice(s, &a->survey, e);
	if (v != QUERY_DONE || a->how.write == NULL)
		return v;
	a->is_read = true;
	a->text = evbuffer_new();
	must(a->text != NULL);
	jsonw_init(&a->json, MONITORING_ANSWER_BYTES);
	jsonw_begin_object(&a->json);
	return QUERY_MORE;
}

static enum query_verdict write_some(struct ask *a, struct conn *c)
{
	struct str part;
	bool is_told = a->how.write(&a->json, c, &a->survey, a->want.hours, &a->place);
	if (is_told)
		jsonw_end_object(&a->json);
	if (jsonw_part(&a->json, &part))
		must(evbuffer_add(a->text, part.p, part.n) == 0);
	return is_told ? QUERY_DONE : QUERY_MORE;
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct ask *a = w->state;
	return a->is_read ? write_some(a, w->conn) : read_some(a, w->conn->front, e);
}

static void finish(struct walk *w)
{
	struct ask *a = w->state;
	struct str rest;
	w->place.n_bad += a->survey.n_bad;
	if (a->how.write == NULL)
		a->how.answer(w->conn, &a->survey);
	else if (jsonw_done(&a->json, &rest))
		answer_json_buffer(w->conn, a->text);
	else
		answer_error(w->conn, APIERR_INTERNAL);
}

void monitoring_begin(
	struct conn *c, const struct monitoring_survey *ask, uint64_t hours)
{
	struct ask *a = calloc(1, sizeof *a);
	must(a != NULL);
	a->how = *ask;
	a->want = (struct survey_want){.now_ms = c->front->process.now_ms,
		.hours = hours,
		.parts = ask->parts,
		.strands = ask->strands};
	a->want.is_of_client = auth_sees_own_only(c, &a->want.client_id);
	bool is_of_names = ask->strands != DIM_TOTAL || a->want.is_of_client;
	a->want.step = ask->is_by_day ? TIER_DAY : survey_step(hours, is_of_names);
	warm_note(c->front, &a->want);
	struct walk plan = {.slice = slice,
		.finish = finish,
		.drop = drop_ask,
		.is_one_moment = true,
		.state = a};
	walk_begin(c, &plan);
}

void monitoring_ask(struct conn *c, const struct monitoring_survey *ask)
{
	struct apierr e;
	uint64_t hours;
	if (monitoring_read_hours(c, &hours, &e))
		monitoring_begin(c, ask, hours);
	else
		answer_apierr(c, &e);
}

/* ---- names ------------------------------------------------------------------------------ */

const char *monitoring_client(const struct front *f, uint64_t id)
{
	return clients_name(&f->process.segment->clients, id);
}

struct tell_client monitoring_tell_client(const void *front, uint64_t id)
{
	const struct front *f = front;
	const struct client *e = clients_by_id(&f->process.segment->clients, id);
	return (struct tell_client){monitoring_client(f, id),
		.is_revoked = e == NULL || client_is_revoked(e)};
}
