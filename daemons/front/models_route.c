/* GET /v1/models: the catalogue in OpenAI's shape. */
#include "front/answer.h"
#include "front/front.h"
#include "front/router.h"
#include "text/jsonw.h"

#include <string.h>

enum { MODELS_ANSWER_BYTES = 1 << 20 };

static void write_model(struct jsonw *w, const struct model *m)
{
	jsonw_begin_object(w);
	jsonw_key(w, STR("id"));
	jsonw_string(w, (struct str){m->name, strlen(m->name)});
	jsonw_key(w, STR("object"));
	jsonw_string(w, STR("model"));
	jsonw_key(w, STR("created"));
	jsonw_u64(w, 0);
	jsonw_key(w, STR("owned_by"));
	jsonw_string(w, STR("openai"));
	jsonw_end_object(w);
}

void models_handle(struct conn *c)
{
	const struct models *models = c->front->models;
	struct jsonw w;
	struct str body;
	jsonw_init(&w, MODELS_ANSWER_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("object"));
	jsonw_string(&w, STR("list"));
	jsonw_key(&w, STR("data"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < models_count(models); i++)
		write_model(&w, models_get(models, i));
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &body));
	answer_json(c, 200, body);
	jsonw_fini(&w);
}
