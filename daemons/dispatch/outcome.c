/* From an attempt's end to its row and its limits. */
#include "dispatch/outcome.h"

#include "dispatch/dispatch.h"
#include "dispatch/refusal.h"
#include "dispatch/reply.h"
#include "dispatch/settle.h"

/* What its answer says of itself. What makes nothing has none of that: its answer tells of
 * what was made, and counted, before. */
static const struct reply *told_by(const struct job *j)
{
	static const struct reply nothing;
	return exchange_spends(&j->exchange->request) ? j->reply : &nothing;
}

/* What goes on in the background is billed when nobody looks. */
static enum attempt_outcome outcome_of(const struct reply *r, enum attempt_class class)
{
	if (r->usage.state == USAGE_GIVEN)
		return OUTCOME_SETTLED_USAGE;
	switch (class) {
	case CLASS_OK:
		return r->is_running ? OUTCOME_UNKNOWN : OUTCOME_SETTLED_ESTIMATE;
	case CLASS_CUT:
		return r->is_background && !r->has_error ? OUTCOME_UNKNOWN
							 : OUTCOME_SETTLED_ESTIMATE;
	case CLASS_UNKNOWN:
		return OUTCOME_UNKNOWN;
	default:
		return OUTCOME_RELEASED;
	}
}

static struct usage_tokens tokens_of(
	const struct job *j, const struct reply *r, enum attempt_outcome o)
{
	if (o == OUTCOME_SETTLED_USAGE)
		return r->usage.tokens;
	struct usage_tokens t = {0};
	if (o == OUTCOME_SETTLED_ESTIMATE) {
		t.prompt = estimate_of_chars(j->exchange->request.prompt_chars);
		t.completion = estimate_of_chars(r->n_chars);
		t.total = t.prompt + t.completion;
	}
	return t;
}

void outcome_settle(struct dispatch *d, struct job *j, const struct finish *f,
	const struct retry_verdict *v)
{
	const struct reply *r = told_by(j);
	enum attempt_outcome o = outcome_of(r, v->class);
	struct settlement s = {.outcome = o,
		.failure = v->retry ? FAILURE_NONE : refusal_failure(f, v->class),
		.final = !v->retry,
		.status = f->end.status,
		.head = j->exchange->reply.status,
		.tokens = tokens_of(j, r, o),
		.model_served = r->model,
		.service_tier = r->tier,
		.upstream_id = transfer_head(j->transfer)->upstream_id,
		.error_code = refusal_code(j, f, v->class),
		.n_chars = r->n_chars,
		.retry_by = v->retry ? v->by : RETRY_BY_NOBODY,
		.retry_ns = v->retry ? v->delay_ns : 0};
	struct governor_end end = {.class = v->class,
		.outcome = o,
		.is_cancelled = finish_is_cancelled(f),
		.prompt_tokens = s.tokens.prompt,
		.completion_tokens = s.tokens.completion,
		.retry_after_ns = f->end.retry_after_ns};
	s.charged_tokens = governor_charge(d, j, &end);
	settle_attempt(d, j->exchange, j->sent_ms, &s);
	governor_settle(d, j, &end);
	governor_heard(d, j, &end);
}
