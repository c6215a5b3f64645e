/* Windows of models. */
#include "front/chat_window.h"

#include "front/front.h"

#include <stdio.h>
#include <string.h>

enum {
	WINDOW_TOKENS = 128000, /* of a model of which none is known */
	ANSWER_TOKENS = 4096    /* kept free when no max_tokens is given */
};

/* Its row, CHAT_WINDOWS_MAX = it has none. */
static uint32_t find(const struct chat_windows *w, const char *model)
{
	uint32_t n = MIN(w->n, (uint32_t)CHAT_WINDOWS_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(w->model[i], model) == 0)
			return i;
	return CHAT_WINDOWS_MAX;
}

void chat_window_learn(struct front *f, const struct exchange *x)
{
	const struct exchange_request *q = &x->request;
	const struct exchange_reply *y = &x->reply;
	struct chat_windows *w = &f->windows;
	if (y->estimated || y->retries > 0 || y->prompt_tokens == 0 ||
		q->has_unseen_prompt)
		return;
	uint32_t i = find(w, q->model);
	if (i == CHAT_WINDOWS_MAX) {
		i = w->n++ % CHAT_WINDOWS_MAX;
		snprintf(w->model[i], sizeof w->model[i], "%s", q->model);
		w->ratio[i] = (struct context_ratio){0, 0};
	}
	context_learn(&w->ratio[i], q->prompt_chars, y->prompt_tokens);
}

struct context_ratio chat_window_ratio(const struct front *f, const char *model)
{
	uint32_t i = find(&f->windows, model);
	return i < CHAT_WINDOWS_MAX ? f->windows.ratio[i]
				    : (struct context_ratio){0, 0};
}

static const struct model *model_of(const struct front *f, const char *name)
{
	return models_find(f->models, (struct str){name, strlen(name)});
}

uint64_t chat_window_tokens(const struct front *f, const char *model)
{
	const struct model *m = model_of(f, model);
	return m != NULL && m->context_tokens > 0 ? m->context_tokens : WINDOW_TOKENS;
}

uint64_t chat_window_room(const struct front *f, const char *model, uint64_t max_tokens)
{
	const struct model *m = model_of(f, model);
	uint64_t answer = max_tokens > 0 ? max_tokens : ANSWER_TOKENS;
	if (max_tokens == 0 && m != NULL && m->max_output_tokens > 0)
		answer = MIN(answer, m->max_output_tokens);
	return context_room(chat_window_tokens(f, model), answer);
}
