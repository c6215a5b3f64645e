/* Costs of requests by two price lists. */
#include "ctl/whatif_cost.h"

#include "base/num.h"
#include "insight/price.h"

#include <stdlib.h>
#include <string.h>

struct whatif_so_far {
	uint8_t id[EXCHANGE_ID_BYTES];
	uint64_t was_nanousd, is_nanousd;
};

/* ---- one attempt ------------------------------------------------------------------------ */

/* Of an unknown outcome the most it may have cost, of the model that was asked for. */
static bool price_unknown(
	const struct price_request *p, const struct row *r, uint64_t *nanousd)
{
	*nanousd = price_highest(p, r->prompt_tokens, r->completion_tokens, NULL);
	return p->model != NULL;
}

static bool price_answered(
	const struct price_request *p, const struct row *r, uint64_t *nanousd)
{
	struct usage_tokens usage = {.prompt = r->prompt_tokens,
		.completion = r->completion_tokens,
		.cached = r->cached_tokens,
		.cache_write = r->cache_write_tokens,
		.prompt_audio = r->prompt_audio_tokens,
		.reasoning = r->reasoning_tokens,
		.completion_audio = r->completion_audio_tokens};
	return price_compute(p, &usage, nanousd, NULL) != PRICE_UNPRICED;
}

/* By the prices that are asked about. */
static uint64_t price(struct whatif_cost *c, const struct row *r)
{
	uint64_t nanousd;
	bool is_unknown = r->outcome == OUTCOME_UNKNOWN, is_priced;
	const char *name =
		r->model_served[0] && !is_unknown ? r->model_served : r->model;
	if (c->models == NULL || r->outcome == OUTCOME_RELEASED)
		return r->cost_nanousd;
	struct price_request p = {
		.model = models_find(c->models, (struct str){name, strlen(name)}),
		.tier = {r->service_tier, strlen(r->service_tier)},
		.wall_ms = r->sent_ms};
	is_priced = is_unknown ? price_unknown(&p, r, &nanousd)
			       : price_answered(&p, r, &nanousd);
	c->n_unpriced += !is_priced;
	return nanousd;
}

/* ---- those before the last ---------------------------------------------------------------- */

static struct whatif_so_far *find(struct whatif_cost *c, const struct row *r)
{
	for (uint32_t i = r->attempt > 1 ? c->n : 0; i-- > 0;)
		if (memcmp(c->so_far[i].id, r->id, sizeof r->id) == 0)
			return &c->so_far[i];
	return NULL;
}

static struct whatif_so_far *begin(struct whatif_cost *c, const struct row *r)
{
	if (c->n == c->room) {
		c->room = c->room == 0 ? 64 : 2 * c->room;
		c->so_far = realloc(c->so_far, c->room * sizeof *c->so_far);
		must(c->so_far != NULL);
	}
	struct whatif_so_far *s = &c->so_far[c->n++];
	*s = (struct whatif_so_far){0};
	memcpy(s->id, r->id, sizeof s->id);
	return s;
}

void whatif_cost_keep(struct whatif_cost *c, const struct row *r)
{
	struct whatif_so_far *s = find(c, r);
	if (s == NULL)
		s = begin(c, r);
	s->was_nanousd = num_add_sat(s->was_nanousd, r->cost_nanousd);
	s->is_nanousd = num_add_sat(s->is_nanousd, price(c, r));
}

void whatif_cost_take(struct whatif_cost *c, const struct row *r, uint64_t *was_nanousd,
	uint64_t *is_nanousd)
{
	struct whatif_so_far *s = find(c, r);
	*was_nanousd = r->cost_nanousd;
	*is_nanousd = price(c, r);
	if (s == NULL)
		return;
	*was_nanousd = num_add_sat(*was_nanousd, s->was_nanousd);
	*is_nanousd = num_add_sat(*is_nanousd, s->is_nanousd);
	*s = c->so_far[--c->n];
}

uint64_t whatif_cost_highest(const struct whatif_cost *c, const struct row *r)
{
	if (c->models == NULL || r->api == API_RELAYED)
		return r->high_nanousd;
	struct price_request p = {.model = models_find(c->models,
					  (struct str){r->model, strlen(r->model)}),
		.wall_ms = r->sent_ms};
	return price_highest(
		&p, r->high_prompt_tokens, r->high_completion_tokens, NULL);
}

void whatif_cost_fini(struct whatif_cost *c)
{
	free(c->so_far);
}
