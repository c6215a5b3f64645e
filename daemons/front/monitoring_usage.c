/* GET /monitoring/token-usage and /monitoring/session-usage/ID, from the ledger. */
#include "base/clock.h"
#include "front/answer.h"
#include "front/auth.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/token_tell.h"

#include <stdlib.h>
#include <string.h>

enum { SESSION_ROWS_MAX = 100 };

/* ---- token-usage --------------------------------------------------------------------------- */

static void write_limits(struct jsonw *w, const struct front *f)
{
	const struct limits *limits = &f->process.segment->shared->limits;
	jsonw_begin_array(w);
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		const struct upstream_limit *l = &limits->limit[i];
		if (!limit_is_active(l))
			continue;
		jsonw_begin_object(w);
		tell_text(w, STR("scope"), l->scope);
		tell_text(w, STR("unit"), limit_unit_name((enum limit_unit)l->unit));
		tell_u64(w, STR("window_seconds"), l->window_ns / NS_PER_S);
		tell_u64(w, STR("limit"), limit_value(l));
		tell_u64(w, STR("used"), window_used(&l->window, f->process.now_ns));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static bool write_series(struct jsonw *w, const struct survey *v, uint32_t *at)
{
	if (*at == 0) {
		jsonw_key(w, STR("token_usage"));
		tell_totals(w, &v->total);
		jsonw_key(w, STR("series"));
	}
	return tell_series(w, v, at);
}

static bool write_strands(
	struct jsonw *w, const struct front *f, const struct survey *v, uint32_t *at)
{
	struct tell_list l = {.key = STR("name"), .arg = f};
	if ((v->parts & SURVEY_STRANDS) == 0)
		return true;
	if (v->strands.dim == DIM_CLIENT)
		l.client = monitoring_tell_client;
	if (*at == 0)
		jsonw_key(w, STR("series_by"));
	return tell_strands(w, &v->strands, v->by[v->strands.dim], &l, at);
}

/* The upstream's limits are of all together: whoever sees only its own has its token's. */
static void write_own_limits(struct jsonw *w, const struct conn *c)
{
	const struct process *p = &c->front->process;
	const struct clients *clients = &p->segment->clients;
	const struct client *own = clients_at(clients, c->request->client_ix);
	struct token_teller teller = {clients, &p->settings, p->now_ns, p->now_ms};
	must(own != NULL);
	struct token t = {
		.id = own->id, .created_ms = own->created_ms, .role = own->role};
	memcpy(t.hash, own->hash, sizeof t.hash);
	memcpy(t.name, own->name, sizeof t.name);
	clients_limits(clients, c->request->client_ix, &t.limits);
	jsonw_begin_array(w);
	jsonw_end_array(w);
	jsonw_key(w, STR("token"));
	token_tell(&teller, &t, w);
}

static void write_rest(
	struct jsonw *w, const struct conn *c, const struct survey *v, uint64_t hours)
{
	jsonw_key(w, STR("rate_limiting"));
	if (v->is_of_client)
		write_own_limits(w, c);
	else
		write_limits(w, c->front);
	tell_u64(w, STR("time_period_hours"), hours);
	tell_time(w, STR("from"), v->range.from_ms);
}

static bool write_usage(struct jsonw *w, struct conn *c, const struct survey *v,
	uint64_t hours, struct tell_place *place)
{
	enum { SERIES, STRANDS };
	bool is_told = false;
	switch (place->part) {
	case SERIES:
		is_told = write_series(w, v, &place->at);
		break;
	case STRANDS:
		is_told = write_strands(w, c->front, v, &place->at);
		break;
	default:
		write_rest(w, c, v, hours);
		return true;
	}
	if (is_told)
		*place = (struct tell_place){.part = place->part + 1};
	return false;
}

static bool take_by(void *to, struct str value)
{
	static const struct {
		struct str name;
		enum dim dim;
	} known[] = {{STR("model"), DIM_MODEL}, {STR("client"), DIM_CLIENT},
		{STR("key"), DIM_KEY}, {STR("session"), DIM_SESSION}};
	enum dim *by = to;
	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (value.n == known[i].name.n &&
			memcmp(value.p, known[i].name.p, value.n) == 0)
			*by = known[i].dim;
	return *by != DIM_TOTAL;
}

static void refuse_by(struct conn *c)
{
	struct apierr e;
	(void)apierr_set(&e, APIERR_INSUFFICIENT_ROLE, "by",
		"This token has the role %s: it is told of its own use, and by is about "
		"everybody's. Leave it out.",
		auth_role_name(c));
	answer_apierr(c, &e);
}

void usage_handle(struct conn *c)
{
	struct monitoring_survey ask = {.parts = SURVEY_SERIES, .write = write_usage};
	uint64_t hours, client_id;
	struct monitoring_param params[] = {
		monitoring_hours(&hours),
		{STR("by"), take_by, &ask.strands,
			"by must be model, client, key or session."},
	};
	struct apierr e;
	if (!monitoring_read(c, params, N_ELEMENTS(params), &e)) {
		answer_apierr(c, &e);
		return;
	}
	if (ask.strands != DIM_TOTAL && auth_sees_own_only(c, &client_id)) {
		refuse_by(c);
		return;
	}
	if (ask.strands != DIM_TOTAL)
		ask.parts |= SURVEY_STRANDS;
	monitoring_begin(c, &ask, hours);
}

/* ---- session-usage -------------------------------------------------------------------------- */

struct session_state {
	char session[EXCHANGE_SESSION_BYTES];
	size_t n_rows;
	struct row row[SESSION_ROWS_MAX]; /* newest first */
};

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	(void)sequence;
	struct session_state *s = arg;
	s->row[s->n_rows++] = *r;
	return s->n_rows < SESSION_ROWS_MAX;
}

static enum query_verdict session_slice(struct walk *w, struct err *e)
{
	struct session_state *s = w->state;
	enum query_verdict v = query_session_rows(
		w->conn->front->store, s->session, &w->place, on_row, s, e);
	return v == QUERY_MORE && s->n_rows == SESSION_ROWS_MAX ? QUERY_DONE : v;
}

static void write_session(
	struct jsonw *w, const struct walk *walk, const struct query_session *sum)
{
	const struct session_state *s = walk->state;
	const struct front *f = walk->conn->front;
	jsonw_begin_object(w);
	tell_text(w, STR("session_id"), s->session);
	jsonw_key(w, STR("known"));
	jsonw_bool(w, sum->is_known);
	jsonw_key(w, STR("usage"));
	tell_totals(w, &sum->totals);
	jsonw_key(w, STR("requests"));
	jsonw_begin_array(w);
	for (size_t i = 0; i < s->n_rows; i++)
		tell_row(w, &s->row[i], monitoring_client(f, s->row[i].client_id));
	jsonw_end_array(w);
	jsonw_key(w, STR("up_to_date"));
	jsonw_bool(w, watermark_is_written(&walk->mark));
	jsonw_end_object(w);
}

static void session_finish(struct walk *walk)
{
	const struct session_state *s = walk->state;
	struct conn *c = walk->conn;
	struct query_session sum;
	struct err e = {0};
	struct jsonw w;
	if (!query_session(c->front->store, s->session, &sum, &e)) {
		walk_refuse(c, &e);
		return;
	}
	jsonw_init(&w, MONITORING_ANSWER_BYTES);
	write_session(&w, walk, &sum);
	answer_jsonw(c, &w);
	jsonw_fini(&w);
}

void session_usage_handle(struct conn *c)
{
	char text[EXCHANGE_SESSION_BYTES - 1];
	struct str id = router_name(c, text, sizeof text);
	struct apierr e;
	if (!monitoring_read(c, NULL, 0, &e)) {
		answer_apierr(c, &e);
		return;
	}
	if (id.n == 0) {
		answer_error(c, APIERR_NOT_FOUND);
		return;
	}
	struct session_state *s = calloc(1, sizeof *s);
	must(s != NULL);
	memcpy(s->session, id.p, id.n);
	struct walk plan = {.slice = session_slice,
		.finish = session_finish,
		.place = query_start_last(),
		.is_one_moment = true,
		.is_fresh = true,
		.state = s};
	walk_begin(c, &plan);
}
