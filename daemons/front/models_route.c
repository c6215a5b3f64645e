/* GET /v1/models and /v1/models/ID: of the catalogue what the client may use, in OpenAI's
 * shape. */
#include "decide/client_limits.h"
#include "front/admit.h"
#include "front/answer.h"
#include "front/front.h"
#include "front/router.h"
#include "text/jsonw.h"

#include <string.h>

enum { MODELS_ANSWER_BYTES = 1 << 20, MODEL_ANSWER_BYTES = 1024 };

/* When it came out; where the catalogue does not know that, when its price began. */
static uint64_t created_s(const struct model *m, uint64_t now_ms)
{
	uint64_t priced_ms = model_price_at(m, now_ms)->from_ms;
	return (m->released_ms ? m->released_ms : priced_ms) / 1000;
}

static void write_model(
	struct jsonw *w, const struct model *m, struct str name, uint64_t now_ms)
{
	bool is_tuned = name.n > 3 && memcmp(name.p, "ft:", 3) == 0;
	jsonw_begin_object(w);
	jsonw_key(w, STR("id"));
	jsonw_string(w, name);
	jsonw_key(w, STR("object"));
	jsonw_string(w, STR("model"));
	jsonw_key(w, STR("created"));
	jsonw_u64(w, created_s(m, now_ms));
	jsonw_key(w, STR("owned_by"));
	jsonw_string(w, is_tuned ? STR("user") : STR("openai"));
	jsonw_end_object(w);
}

void models_handle(struct conn *c)
{
	const struct models *models = c->front->models;
	struct client_limits l;
	struct jsonw w;
	struct str body;
	admit_limits(c, &l);
	jsonw_init(&w, MODELS_ANSWER_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("object"));
	jsonw_string(&w, STR("list"));
	jsonw_key(&w, STR("data"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < models_count(models); i++) {
		const struct model *m = models_get(models, i);
		struct str name = {m->name, strlen(m->name)};
		if (client_limits_allow_model(&l, name))
			write_model(&w, m, name, c->front->process.now_ms);
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &body));
	answer_json(c, 200, body);
	jsonw_fini(&w);
}

/* The same for one that is not there and one that is not this client's to know of. */
static void refuse_model(struct conn *c, struct str name)
{
	struct apierr e;
	(void)apierr_set(&e, APIERR_MODEL_NOT_FOUND, "model",
		"There is no model \"" STR_FMT
		"\", or this token may not use it; see GET /v1/models.",
		STR_ARG(name));
	answer_apierr(c, &e);
}

/* An alias or a dated name is answered as it was asked for. */
void model_handle(struct conn *c)
{
	char text[EXCHANGE_MODEL_BYTES];
	struct str name = router_name(c, text, sizeof text);
	const struct model *m = models_find(c->front->models, name);
	char buf[MODEL_ANSWER_BYTES];
	struct client_limits l;
	struct jsonw w;
	struct str body;
	admit_limits(c, &l);
	if (m == NULL || !client_limits_allow_model(&l, name)) {
		refuse_model(c, name);
		return;
	}
	jsonw_init_fixed(&w, buf, sizeof buf);
	write_model(&w, m, name, c->front->process.now_ms);
	must(jsonw_done(&w, &body));
	answer_json(c, 200, body);
}
