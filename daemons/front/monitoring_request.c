/* GET /monitoring/requests/ID: one request's whole story. */
#include "front/answer.h"
#include "front/auth.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/queue_view.h"
#include "insight/story.h"
#include "insight/unsent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For a token that sees only its own, those of others are not there. */
struct asked {
	struct story story;
	bool is_about; /* it waited or ran when what had been said was looked at */
	bool is_own_only;
	uint64_t client_id; /* then */
};

static bool may_see(const struct asked *a, uint64_t client_id)
{
	return !a->is_own_only || a->client_id == client_id;
}

static bool is_about(const struct process *p, const struct asked *a)
{
	struct queue_view_entry e;
	return queue_view_find(&e, p->segment, a->story.id, p->now_ns) &&
	       may_see(a, e.client_id);
}

/* Not in the ledger, though it was about: it may have ended since. */
static bool is_to_be_asked_again(const struct walk *w, struct asked *a)
{
	if (a->story.n > 0 || !a->is_about)
		return false;
	a->is_about = is_about(&w->conn->front->process, a);
	return !a->is_about;
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct asked *a = w->state;
	struct story *s = &a->story;
	struct store *store = w->conn->front->store;
	enum query_verdict v = query_request(store, s->id, &w->place, story_take, s, e);
	if (s->n > 0 && !may_see(a, s->row[0].client_id))
		s->n = 0;
	if (v == QUERY_DONE && !story_find_rates(s, store, e))
		return QUERY_FAILED;
	if (v != QUERY_DONE || !is_to_be_asked_again(w, a))
		return v;
	w->place = query_start();
	walk_ask_again(w);
	return QUERY_MORE;
}

static void answer(struct conn *c, struct story *s)
{
	struct jsonw w;
	const char *client = monitoring_client(c->front, s->row[0].client_id);
	if (client != NULL)
		snprintf(s->client, sizeof s->client, "%s", client);
	jsonw_init(&w, MONITORING_ANSWER_BYTES);
	story_tell(&w, s);
	answer_jsonw(c, &w);
	jsonw_fini(&w);
}

static void explain(const struct walk *w, const struct asked *a, bool is_written)
{
	struct conn *c = w->conn;
	const struct process *p = &c->front->process;
	const struct segment *s = is_about(p, a) ? p->segment : NULL;
	char why[UNSENT_BYTES];
	struct apierr e;
	enum unsent what = unsent_explain(
		s, a->story.id, w->place.n_bad > 0, is_written, p->now_ns, why);
	if (what == UNSENT_UNWRITTEN || what == UNSENT_DAMAGED)
		(void)apierr_set(&e, APIERR_LEDGER_UNAVAILABLE, NULL, "%s", why);
	else
		(void)apierr_set(&e, APIERR_NOT_FOUND, "id", "%s", why);
	answer_apierr(c, &e);
}

static void finish(struct walk *w)
{
	struct asked *a = w->state;
	bool is_written = watermark_is_written(&w->mark);
	if (story_is_over(&a->story) || (a->story.n > 0 && is_written))
		answer(w->conn, &a->story);
	else
		explain(w, a, is_written);
}

bool monitoring_read_id(struct conn *c, uint8_t id[static EXCHANGE_ID_BYTES])
{
	struct apierr e;
	char text[EXCHANGE_ID_TEXT_BYTES];
	if (!monitoring_read(c, NULL, 0, &e)) {
		answer_apierr(c, &e);
		return false;
	}
	if (exchange_id_parse(router_name(c, text, sizeof text), id))
		return true;
	(void)apierr_set(&e, APIERR_INVALID_VALUE, "id",
		"A request id looks like req_ and 32 hex digits, as in the header "
		"X-Atlas-Request-Id.");
	answer_apierr(c, &e);
	return false;
}

void request_story_handle(struct conn *c)
{
	uint8_t id[EXCHANGE_ID_BYTES];
	if (!monitoring_read_id(c, id))
		return;
	struct asked *a = calloc(1, sizeof *a);
	must(a != NULL);
	memcpy(a->story.id, id, sizeof a->story.id);
	a->is_own_only = auth_sees_own_only(c, &a->client_id);
	a->is_about = is_about(&c->front->process, a);
	struct walk plan = {.slice = slice,
		.finish = finish,
		.place = query_start(),
		.is_one_moment = true,
		.is_fresh = true,
		.state = a};
	walk_begin(c, &plan);
}
