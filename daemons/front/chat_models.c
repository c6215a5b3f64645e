/* GET /chat/models: whom its client may chat with, what that costs, how much it may hold. */
#include "decide/client_limits.h"
#include "front/admit.h"
#include "front/answer.h"
#include "front/front.h"
#include "front/router.h"
#include "insight/tell.h"

#include <string.h>

enum { LIST_BYTES = 1 << 20, MICRO_PLACES = 6 };

/* Pico-dollars a token are micro-dollars for a million of them. */
static void tell_rate(struct jsonw *w, struct str key, uint64_t pico)
{
	jsonw_key(w, key);
	jsonw_fixed(w, (int64_t)MIN(pico, (uint64_t)INT64_MAX), MICRO_PLACES);
}

static void tell_model(struct jsonw *w, const struct model *m, uint64_t now_ms)
{
	const struct model_rate *r =
		&model_price_at(m, now_ms)->usual[MODEL_TIER_DEFAULT];
	jsonw_begin_object(w);
	tell_text(w, STR("id"), m->name);
	tell_text(w, STR("name"), m->display);
	tell_u64(w, STR("context_tokens"), m->context_tokens);
	tell_u64(w, STR("max_output_tokens"), m->max_output_tokens);
	tell_rate(w, STR("input_usd_per_million"), r->input);
	tell_rate(w, STR("cached_usd_per_million"), r->cached);
	tell_rate(w, STR("output_usd_per_million"), r->output);
	jsonw_end_object(w);
}

static bool is_for_chats(const struct model *m, const struct client_limits *l)
{
	struct str name = {m->name, strlen(m->name)};
	return (m->apis & (MODEL_API_CHAT | MODEL_API_RESPONSES)) != 0 &&
	       client_limits_allow_model(l, name);
}

void chat_models_handle(struct conn *c)
{
	const struct models *models = c->front->models;
	struct client_limits l;
	struct jsonw w;
	admit_limits(c, &l);
	jsonw_init(&w, LIST_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("models"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < models_count(models); i++) {
		const struct model *m = models_get(models, i);
		if (is_for_chats(m, &l))
			tell_model(&w, m, c->front->process.now_ms);
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	answer_jsonw(c, &w);
	jsonw_fini(&w);
}
