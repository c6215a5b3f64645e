/* Adding up rows. */
#include "store/totals.h"

#include "base/num.h"

enum { MINUTE_MS = 60000 };

uint64_t totals_minute(uint64_t wall_ms)
{
	return wall_ms / MINUTE_MS;
}

static struct totals totals_of_row(const struct row *r)
{
	struct totals t = {.attempts = 1,
		.requests = (r->flags & ROW_COUNTS_REQUEST) != 0,
		.unpriced = (r->flags & ROW_UNPRICED) != 0,
		.prompt_tokens = r->prompt_tokens,
		.cached_tokens = r->cached_tokens,
		.completion_tokens = r->completion_tokens,
		.reasoning_tokens = r->reasoning_tokens,
		.total_tokens = num_add_sat(r->prompt_tokens, r->completion_tokens),
		.cost_nanousd = r->cost_nanousd,
		.prompt_chars = r->outcome == OUTCOME_RELEASED ? 0 : r->prompt_chars,
		.first_ms = r->sent_ms,
		.last_ms = r->sent_ms};
	if (r->outcome == OUTCOME_UNKNOWN) {
		t.unknown_requests = (r->flags & ROW_COUNTS_UNKNOWN) != 0;
		t.unknown_tokens = t.total_tokens;
		t.unknown_nanousd = t.cost_nanousd;
	}
	return t;
}

void totals_add_row(struct totals *t, const struct row *r)
{
	if (!row_has_reached(r))
		return;
	struct totals one = totals_of_row(r);
	totals_add(t, &one);
}

static void add(uint64_t *a, uint64_t b)
{
	*a = num_add_sat(*a, b);
}

void totals_add(struct totals *a, const struct totals *b)
{
	add(&a->requests, b->requests);
	add(&a->attempts, b->attempts);
	add(&a->prompt_tokens, b->prompt_tokens);
	add(&a->cached_tokens, b->cached_tokens);
	add(&a->completion_tokens, b->completion_tokens);
	add(&a->reasoning_tokens, b->reasoning_tokens);
	add(&a->total_tokens, b->total_tokens);
	add(&a->cost_nanousd, b->cost_nanousd);
	add(&a->prompt_chars, b->prompt_chars);
	add(&a->unknown_requests, b->unknown_requests);
	add(&a->unknown_tokens, b->unknown_tokens);
	add(&a->unknown_nanousd, b->unknown_nanousd);
	add(&a->unpriced, b->unpriced);
	if (a->first_ms == 0 || (b->first_ms != 0 && b->first_ms < a->first_ms))
		a->first_ms = b->first_ms;
	a->last_ms = MAX(a->last_ms, b->last_ms);
}
