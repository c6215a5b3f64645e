/*
 * POST /monitoring/requests/ID/cancel: one request. POST /chat/sessions/ID/cancel: all
 * that waits or runs in a session of the token that asks; an admin's, whoever's it is.
 * Dispatch does it (dispatch/obey.h); here is said what came of it.
 */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/ordering.h"
#include "front/router.h"

#include <string.h>

enum { ANSWER_BYTES = 512 };

static void answer_counts(struct conn *c, struct jsonw *w, const struct order_answer *a)
{
	tell_u64(w, STR("queued"), a->n_queued);
	tell_u64(w, STR("running"), a->n_running);
	jsonw_end_object(w);
	answer_jsonw(c, w);
}

static void answer_request(
	struct conn *c, const struct order *o, const struct order_answer *a)
{
	char buf[ANSWER_BYTES], id[EXCHANGE_ID_TEXT_BYTES];
	struct jsonw w;
	struct apierr e;
	if (a->n_queued + a->n_running == 0) {
		(void)apierr_set(&e, APIERR_NOT_FOUND, "id",
			"No request of this id waits or runs: it has ended already, or "
			"never was.");
		answer_apierr(c, &e);
		return;
	}
	exchange_id_format(o->id, id);
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("cancelled"));
	jsonw_bool(&w, true);
	tell_text(&w, STR("id"), id);
	tell_text(&w, STR("was"), a->n_queued > 0 ? "queued" : "processing");
	answer_counts(c, &w, a);
}

static void answer_session(
	struct conn *c, const struct order *o, const struct order_answer *a)
{
	char buf[ANSWER_BYTES];
	struct jsonw w;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	tell_u64(&w, STR("cancelled"), (uint64_t)a->n_queued + a->n_running);
	tell_text(&w, STR("session_id"), o->session);
	answer_counts(c, &w, a);
}

void request_cancel_handle(struct conn *c)
{
	struct order o = {.kind = ORDER_CANCEL_REQUEST};
	if (monitoring_read_id(c, o.id))
		ordering_begin(c, &o, answer_request);
}

void session_cancel_handle(struct conn *c)
{
	struct apierr e;
	struct order o = {.kind = ORDER_CANCEL_SESSION};
	char text[EXCHANGE_SESSION_BYTES - 1];
	struct str session = router_name(c, text, sizeof text);
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	if (session.n == 0) {
		(void)apierr_set(&e, APIERR_INVALID_VALUE, "session_id",
			"A session's id has 1 to %d characters.",
			EXCHANGE_SESSION_BYTES - 1);
		answer_apierr(c, &e);
		return;
	}
	memcpy(o.session, session.p, session.n);
	if (client->role != CLIENT_ADMIN)
		o.client_id = client->id;
	ordering_begin(c, &o, answer_session);
}
