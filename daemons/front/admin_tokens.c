/* Client tokens over HTTP. */
#include "front/admin_tokens.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "front/admin_body.h"
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/token_tell.h"
#include "segment/tokens.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_DEFAULT = 100, LIST_MAX = 1000, ANSWER_BYTES = 8192, CREATED = 201 };

/* A change under way: conn->ask. */
struct token_ask {
	struct token_ask *next; /* in front->token_asks */
	struct conn *conn;      /* NULL = the client has left */
	struct token_wait wait;
	struct admin_body body;
	struct client_limits old; /* PATCH: before it */
	char text[TOKEN_BYTES];   /* POST: the token */
	uint64_t until_ns;
};

static struct facts lane_of(const struct front *f)
{
	struct facts lane;
	must(segment_facts(f->process.segment, f->process.heritage->slot, &lane));
	return lane;
}

static const struct clients *clients_of(const struct front *f)
{
	return &f->process.segment->clients;
}

/* ---- answers -------------------------------------------------------------------------- */

static void answer_done(struct conn *c, unsigned status, struct jsonw *w)
{
	struct str body;
	jsonw_end_object(w);
	must(jsonw_done(w, &body)); /* its parts are bounded */
	answer_json(c, status, body);
}

static void begin_token(struct jsonw *w, char *buf, uint64_t id, const char *name)
{
	char text[TOKEN_ID_BYTES];
	token_id_format(id, text);
	jsonw_init_fixed(w, buf, ANSWER_BYTES);
	jsonw_begin_object(w);
	tell_text(w, STR("id"), text);
	tell_text(w, STR("name"), name);
}

/* They may come later, so it is no error; but it may be a slip. */
static void tell_unknown(struct jsonw *w, struct conn *c, const struct token_ask *a)
{
	struct known_models known = {
		c->front->models, &c->front->process.settings.models};
	token_tell_unknown_models(w, &known, &a->body.change.limits);
}

static void answer_created(struct conn *c, struct token_ask *a)
{
	char buf[ANSWER_BYTES];
	struct jsonw w;
	begin_token(&w, buf, a->wait.id, a->body.name);
	tell_text(&w, STR("role"), client_role_name(a->body.role));
	tell_text(&w, STR("token"), a->text);
	token_tell_limits(&w, &a->body.change.limits);
	tell_unknown(&w, c, a);
	answer_done(c, CREATED, &w);
	explicit_bzero(buf, sizeof buf);
}

static void tell_change(struct jsonw *w, const struct token_ask *a,
	const struct client_limits *now, enum client_limit which)
{
	char text[CLIENT_MODELS_BYTES];
	jsonw_begin_object(w);
	tell_text(w, STR("limit"), client_limit_name(which));
	tell_text(w, STR("old"), client_limit_format(&a->old, which, text));
	tell_text(w, STR("new"), client_limit_format(now, which, text));
	jsonw_end_object(w);
}

static void answer_changed(struct conn *c, const struct token_ask *a)
{
	char buf[ANSWER_BYTES];
	struct jsonw w;
	struct client_limits now;
	const struct clients *clients = clients_of(c->front);
	clients_limits(clients, a->wait.ix, &now);
	begin_token(&w, buf, a->wait.id, clients_at(clients, a->wait.ix)->name);
	jsonw_key(&w, STR("changes"));
	jsonw_begin_array(&w);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++)
		if ((a->body.change.set & 1u << i) != 0)
			tell_change(&w, a, &now, (enum client_limit)i);
	jsonw_end_array(&w);
	tell_unknown(&w, c, a);
	answer_done(c, 200, &w);
}

static void answer_revoked(struct conn *c, const struct token_ask *a)
{
	char buf[ANSWER_BYTES];
	struct jsonw w;
	const struct client *entry = clients_at(clients_of(c->front), a->wait.ix);
	begin_token(&w, buf, a->wait.id, entry->name);
	jsonw_key(&w, STR("revoked"));
	jsonw_bool(&w, true);
	answer_done(c, 200, &w);
}

static void answer_outcome(struct conn *c, struct token_ask *a, enum token_outcome o)
{
	struct apierr e;
	if (o == TOKEN_DONE && a->wait.kind == FACT_TOKEN) {
		answer_created(c, a);
	} else if (o == TOKEN_DONE && a->wait.kind == FACT_TOKEN_LIMITS) {
		answer_changed(c, a);
	} else if (o == TOKEN_DONE) {
		answer_revoked(c, a);
	} else if (o == TOKEN_LOST) {
		answer_error(c, APIERR_TOKEN_CONFLICT);
	} else {
		(void)apierr_set(&e, APIERR_LEDGER_UNAVAILABLE, NULL,
			"It was not written down in time; look into GET /admin/tokens "
			"before you try again.");
		answer_apierr(c, &e);
	}
}

/* ---- waiting ---------------------------------------------------------------------------- */

static void on_left(struct conn *c)
{
	struct token_ask *a = c->ask;
	a->conn = NULL;
}

static void on_writable(struct conn *c)
{
	(void)c; /* nothing is written before the end */
}

static const struct conn_ops ops = {on_left, on_writable};

static void free_ask(struct token_ask *a)
{
	explicit_bzero(a, sizeof *a); /* it may hold a token */
	free(a);
}

static bool is_over(const struct front *f, const struct token_ask *a)
{
	struct facts lane = lane_of(f);
	return a->conn == NULL || f->process.now_ns >= a->until_ns ||
	       token_look(clients_of(f), &a->wait, facts_committed(&lane)) !=
		       TOKEN_UNDER_WAY;
}

bool admin_tokens_have_work(const struct front *f)
{
	for (const struct token_ask *a = f->token_asks; a != NULL; a = a->next)
		if (is_over(f, a))
			return true;
	return false;
}

bool admin_tokens_turn(struct front *f)
{
	bool busy = false;
	for (struct token_ask **at = &f->token_asks, *a; (a = *at) != NULL;) {
		if (!is_over(f, a)) {
			at = &a->next;
			continue;
		}
		struct facts lane = lane_of(f);
		*at = a->next;
		busy = true;
		if (a->conn != NULL)
			answer_outcome(a->conn, a,
				token_look(clients_of(f), &a->wait,
					facts_committed(&lane)));
		free_ask(a);
	}
	return busy;
}

void admin_tokens_close(struct front *f)
{
	for (struct token_ask *a = f->token_asks, *next; a != NULL; a = next) {
		next = a->next;
		free_ask(a);
	}
	f->token_asks = NULL;
}

/* Push the fact and wait for it; takes a. */
static void submit(struct conn *c, struct token_ask *a, const struct fact_head *fact)
{
	struct front *f = c->front;
	struct facts lane = lane_of(f);
	if (!facts_push(&lane, fact)) {
		free_ask(a);
		answer_error(c, APIERR_LEDGER_UNAVAILABLE);
		return;
	}
	token_wait_for(&a->wait, clients_of(f), fact, facts_position(&lane));
	process_ring(&f->process, SLOT_RECORD);
	process_keep(&f->process, EVENT_TOKEN_CHANGED, a->wait.id);
	log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "token_id=%016" PRIx64, a->wait.id);
	a->conn = c;
	a->until_ns = f->process.now_ns + ADMIN_WAIT_MS * NS_PER_MS;
	a->next = f->token_asks;
	f->token_asks = a;
	conn_wait(c, &ops, a);
}

/* ---- the changes --------------------------------------------------------------------------- */

static struct token_ask *new_ask(void)
{
	struct token_ask *a = calloc(1, sizeof *a);
	must(a != NULL);
	return a;
}

static void refuse(struct conn *c, struct token_ask *a, const struct apierr *e)
{
	free_ask(a);
	answer_apierr(c, e);
}

static bool read_body(
	struct conn *c, struct token_ask *a, bool is_new, struct apierr *e)
{
	struct str body = {c->request->body, c->request->n_body};
	process_read_clocks(&c->front->process); /* the fact is stamped */
	return admin_body_read(&a->body, body, is_new, e);
}

void admin_token_create_handle(struct conn *c)
{
	struct token_ask *a = new_ask();
	struct apierr e;
	struct err why = {0};
	struct fact_token fact;
	if (!read_body(c, a, true, &e)) {
		refuse(c, a, &e);
		return;
	}
	struct token_order o = {.role = a->body.role,
		.name = {a->body.name, strlen(a->body.name)},
		.limits = a->body.change.limits,
		.wall_ms = c->front->process.now_ms};
	if (!token_check_new(clients_of(c->front), o.name, &why)) {
		(void)apierr_set(&e, APIERR_TOKEN_CONFLICT, "name", "%s.", why.text);
		refuse(c, a, &e);
		return;
	}
	token_make(&o, &fact, a->text);
	submit(c, a, &fact.head);
}

/* The live token that the path names; NULL = answered. */
static const struct client *find_named(struct conn *c, struct token_ask *a)
{
	struct apierr e;
	struct err why = {0};
	char text[FACT_NAME_BYTES];
	struct str name = router_name(c, text, sizeof text);
	const struct client *entry = token_find_live(clients_of(c->front), name, &why);
	if (entry == NULL) {
		(void)apierr_set(&e, APIERR_NOT_FOUND, NULL, "%s.", why.text);
		refuse(c, a, &e);
	}
	return entry;
}

void admin_token_change_handle(struct conn *c)
{
	struct token_ask *a = new_ask();
	struct apierr e;
	if (!read_body(c, a, false, &e)) {
		refuse(c, a, &e);
		return;
	}
	const struct client *entry = find_named(c, a);
	if (entry == NULL)
		return;
	struct fact_token_limits fact = {.client_id = entry->id,
		.set = a->body.change.set,
		.limits = a->body.change.limits};
	fact_begin(
		&fact.head, FACT_TOKEN_LIMITS, sizeof fact, c->front->process.now_ms);
	clients_limits(clients_of(c->front),
		clients_index_of(clients_of(c->front), entry), &a->old);
	submit(c, a, &fact.head);
}

void admin_token_revoke_handle(struct conn *c)
{
	struct token_ask *a = new_ask();
	struct apierr e;
	const struct client *entry = find_named(c, a);
	if (entry == NULL)
		return;
	if (token_is_last_admin(clients_of(c->front), entry)) {
		(void)apierr_set(&e, APIERR_TOKEN_CONFLICT, NULL,
			"It is the last admin token, and without one nobody could make "
			"another here: make that first, or revoke this one with "
			"`atlasctl tokens revoke`.");
		refuse(c, a, &e);
		return;
	}
	process_read_clocks(&c->front->process); /* the fact is stamped */
	struct fact_token_revoke fact = {.client_id = entry->id};
	fact_begin(
		&fact.head, FACT_TOKEN_REVOKE, sizeof fact, c->front->process.now_ms);
	submit(c, a, &fact.head);
}

/* ---- the list ------------------------------------------------------------------------------- */

struct listing {
	struct jsonw w;
	struct token_teller teller;
	uint64_t limit, n;
	bool has_more;
};

static bool on_token(void *arg, const struct token *t)
{
	struct listing *l = arg;
	if (l->n == l->limit) {
		l->has_more = true;
		return false;
	}
	l->n++;
	token_tell(&l->teller, t, &l->w);
	return true;
}

static enum query_verdict list_slice(struct walk *w, struct err *e)
{
	struct listing *l = w->state;
	enum query_verdict v =
		query_tokens(w->conn->front->store, &w->place, on_token, l, e);
	return v == QUERY_MORE && l->has_more ? QUERY_DONE : v;
}

static void list_finish(struct walk *w)
{
	struct listing *l = w->state;
	jsonw_end_array(&l->w);
	jsonw_key(&l->w, STR("has_more"));
	jsonw_bool(&l->w, l->has_more);
	jsonw_end_object(&l->w);
	answer_jsonw(w->conn, &l->w);
}

static void list_drop(void *state)
{
	struct listing *l = state;
	jsonw_fini(&l->w);
	free(l);
}

static bool take_limit(void *to, struct str value)
{
	uint64_t *limit = to;
	return num_parse_u64(value, limit) && *limit >= 1 && *limit <= LIST_MAX;
}

static bool take_after(void *to, struct str value)
{
	uint64_t *after = to;
	return value.n == TOKEN_ID_BYTES - 1 && num_parse_hex(value, after) &&
	       *after < UINT64_MAX;
}

static struct listing *new_listing(const struct front *f, uint64_t limit)
{
	struct listing *l = calloc(1, sizeof *l);
	must(l != NULL);
	l->limit = limit;
	l->teller = (struct token_teller){clients_of(f), &f->process.settings,
		f->process.now_ns, f->process.now_ms};
	jsonw_init(&l->w, MONITORING_ANSWER_BYTES);
	jsonw_begin_object(&l->w);
	tell_text(&l->w, STR("object"), "list");
	jsonw_key(&l->w, STR("data"));
	jsonw_begin_array(&l->w);
	return l;
}

void admin_tokens_handle(struct conn *c)
{
	struct apierr e;
	uint64_t limit = LIST_DEFAULT, after = 0;
	struct monitoring_param params[] = {
		{STR("limit"), take_limit, &limit,
			"limit must be one whole number from 1 to 1000."},
		{STR("after"), take_after, &after,
			"after must be the id of a token, 16 hex digits."}};
	if (!monitoring_read(c, params, N_ELEMENTS(params), &e)) {
		answer_apierr(c, &e);
		return;
	}
	struct walk plan = {.slice = list_slice,
		.finish = list_finish,
		.drop = list_drop,
		.place = query_start(),
		.state = new_listing(c->front, limit)};
	if (after > 0)
		plan.place.next = after + 1;
	walk_begin(c, &plan);
}
