/*
 * POST /monitoring/reset-rate-limits: what was used of the upstream limits is forgotten,
 * and every upstream key is taken for steady. Dispatch does it and tells the ledger.
 */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/ordering.h"
#include "front/router.h"

enum { ANSWER_BYTES = 256 };

static void answer_reset(
	struct conn *c, const struct order *o, const struct order_answer *a)
{
	char buf[ANSWER_BYTES];
	struct jsonw w;
	(void)o;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	tell_text(&w, STR("status"), "reset");
	tell_u64(&w, STR("limits"), a->n_limits);
	tell_u64(&w, STR("keys"), a->n_keys);
	jsonw_end_object(&w);
	answer_jsonw(c, &w);
}

void limits_reset_handle(struct conn *c)
{
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	struct order o = {.kind = ORDER_RESET_LIMITS, .client_id = client->id};
	ordering_begin(c, &o, answer_reset);
}
