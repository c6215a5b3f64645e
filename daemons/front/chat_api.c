/* By which API models are asked. */
#include "front/chat_api.h"

#include "front/front.h"
#include "text/upstream_error.h"

#include <stdio.h>
#include <string.h>

static bool is_noted(const struct chat_lacks *l, const char *model)
{
	uint32_t n = MIN(l->n, (uint32_t)CHAT_LACKS_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(l->model[i], model) == 0)
			return true;
	return false;
}

enum exchange_api chat_api_of(const struct front *f, const char *model)
{
	const struct model *m =
		models_find(f->models, (struct str){model, strlen(model)});
	bool is_for_responses = m != NULL && (m->apis & MODEL_API_RESPONSES) != 0 &&
				(m->apis & MODEL_API_CHAT) == 0;
	return is_for_responses && !is_noted(&f->lacks, model) ? API_RESPONSES
							       : API_CHAT_COMPLETIONS;
}

/* Not that there is no such model. */
bool chat_api_is_lacking(enum exchange_api api, unsigned status, struct str body)
{
	static const struct str no_model = STR("model_not_found");
	struct upstream_error e;
	if (api != API_RESPONSES || (status != 404 && status != 405))
		return false;
	return !upstream_error_parse(body, &e) || e.n_code != no_model.n ||
	       memcmp(e.code, no_model.p, no_model.n) != 0;
}

void chat_api_note_lack(struct front *f, const char *model)
{
	struct chat_lacks *l = &f->lacks;
	if (!is_noted(l, model))
		snprintf(l->model[l->n++ % CHAT_LACKS_MAX], EXCHANGE_MODEL_BYTES, "%s",
			model);
}

void chat_api_forget(struct front *f)
{
	f->lacks.n = 0;
}
