/* GET /monitoring/requests/ID: one request's whole story. */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/story.h"
#include "insight/unsent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct story *s = w->state;
	return query_request(w->conn->front->store, s->id, &w->place, story_take, s, e);
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

static void finish(struct walk *w)
{
	struct story *s = w->state;
	struct process *p = &w->conn->front->process;
	char why[UNSENT_BYTES];
	struct apierr e;
	if (s->n > 0) {
		answer(w->conn, s);
		return;
	}
	(void)apierr_set(&e, APIERR_NOT_FOUND, "id", "%s",
		unsent_explain(p->segment, s->id, p->now_ns, why));
	answer_apierr(w->conn, &e);
}

bool monitoring_read_id(struct conn *c, uint8_t id[static EXCHANGE_ID_BYTES])
{
	struct apierr e;
	if (!monitoring_read(c, NULL, 0, &e)) {
		answer_apierr(c, &e);
		return false;
	}
	if (exchange_id_parse(router_tail(c), id))
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
	struct story *s = calloc(1, sizeof *s);
	must(s != NULL);
	memcpy(s->id, id, sizeof s->id);
	struct walk plan = {.slice = slice,
		.finish = finish,
		.place = query_start(),
		.is_one_moment = true,
		.state = s};
	walk_begin(c, &plan);
}
