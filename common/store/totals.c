/* Adding up rows. */
#include "store/totals.h"

#include "base/num.h"
#include "segment/ending.h"

static bool has_ended(const struct row *r, enum exchange_ending as)
{
	return (r->flags & ROW_FINAL) != 0 &&
	       exchange_ending((enum exchange_failure)r->failure, r->status) == as;
}

/* How it went, whether it reached OpenAI or not. */
static struct totals course_of_row(const struct row *r)
{
	bool is_last = (r->flags & ROW_FINAL) != 0;
	return (struct totals){.ended = is_last,
		.answered = has_ended(r, ENDING_ANSWERED),
		.failed = has_ended(r, ENDING_FAILED),
		.cancelled = has_ended(r, ENDING_CANCELLED),
		.retried = !is_last};
}

static void take_unknown(struct totals *t, const struct row *r)
{
	t->unknown_requests = (r->flags & ROW_COUNTS_UNKNOWN) != 0;
	t->unknown_tokens = t->total_tokens;
	t->unknown_nanousd = t->cost_nanousd;
}

struct totals totals_of_row(const struct row *r)
{
	if (r->outcome == OUTCOME_OPEN || r->outcome >= OUTCOMES)
		return (struct totals){0};
	struct totals t = course_of_row(r);
	if (!row_has_reached(r)) {
		t.unsent = 1;
		return t;
	}
	bool is_measured = r->outcome == OUTCOME_SETTLED_USAGE;
	t.attempts = 1;
	t.requests = (r->flags & ROW_COUNTS_REQUEST) != 0;
	t.unpriced = (r->flags & ROW_UNPRICED) != 0;
	t.prompt_tokens = r->prompt_tokens;
	t.cached_tokens = r->cached_tokens;
	t.completion_tokens = r->completion_tokens;
	t.reasoning_tokens = r->reasoning_tokens;
	t.total_tokens = num_add_sat(r->prompt_tokens, r->completion_tokens);
	t.cost_nanousd = r->cost_nanousd;
	t.estimated = r->outcome == OUTCOME_SETTLED_ESTIMATE;
	t.estimated_nanousd = t.estimated != 0 ? r->cost_nanousd : 0;
	t.measured_chars = is_measured ? r->prompt_chars : 0;
	t.measured_tokens = is_measured ? r->prompt_tokens : 0;
	t.first_ms = t.last_ms = r->sent_ms;
	if (r->outcome == OUTCOME_UNKNOWN)
		take_unknown(&t, r);
	return t;
}

void totals_add_row(struct totals *t, const struct row *r)
{
	struct totals one = totals_of_row(r);
	totals_add(t, &one);
}

static void add(uint64_t *a, uint64_t b)
{
	*a = num_add_sat(*a, b);
}

uint64_t totals_judged(const struct totals *t)
{
	return num_add_sat(t->answered, t->failed);
}

uint64_t totals_refused(const struct totals *t)
{
	return num_sub_sat(t->ended, num_add_sat(totals_judged(t), t->cancelled));
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
	add(&a->measured_chars, b->measured_chars);
	add(&a->measured_tokens, b->measured_tokens);
	add(&a->unknown_requests, b->unknown_requests);
	add(&a->unknown_tokens, b->unknown_tokens);
	add(&a->unknown_nanousd, b->unknown_nanousd);
	add(&a->estimated, b->estimated);
	add(&a->estimated_nanousd, b->estimated_nanousd);
	add(&a->unpriced, b->unpriced);
	add(&a->ended, b->ended);
	add(&a->answered, b->answered);
	add(&a->failed, b->failed);
	add(&a->cancelled, b->cancelled);
	add(&a->retried, b->retried);
	add(&a->unsent, b->unsent);
	if (a->first_ms == 0 || (b->first_ms != 0 && b->first_ms < a->first_ms))
		a->first_ms = b->first_ms;
	a->last_ms = MAX(a->last_ms, b->last_ms);
}
