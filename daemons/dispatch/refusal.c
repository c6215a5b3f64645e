/* Refusals in words. */
#include "dispatch/refusal.h"

#include "base/num.h"
#include "decide/translate.h"
#include "dispatch/dispatch.h"
#include "dispatch/position.h"
#include "dispatch/reply.h"

static bool is_refused(const struct finish *f)
{
	return f->end.fate == FATE_ANSWERED && f->end.status >= 400;
}

unsigned refusal_write(struct job *j, const struct finish *f, enum attempt_class class)
{
	static char body[APIERR_BODY_BYTES];
	struct translate_input in = {.class = class,
		.status = f->end.status,
		.words = upstream_error_words(j->reply->error),
		.attempts = exchange_attempt(j->exchange),
		.retry_after_ns = f->end.retry_after_ns,
		.held_ns = num_sub_sat(
			position_gate_ns(j->dispatch), j->dispatch->process.now_ns)};
	struct translation t;
	translate(&in, &t);
	size_t n = apierr_write_words(&t.words, body, sizeof body);
	must(n > 0);
	reply_set(j->reply, (struct str){body, n});
	j->exchange->reply.retry_after_ms = t.wait_ms;
	return t.status;
}

void refusal_tell_cut(struct job *j, enum exchange_failure why)
{
	struct apierr e;
	(void)apierr_default(&e, exchange_failure_reason(why));
	struct apierr_words words = apierr_words(&e);
	reply_tell_failure(j->reply, &words);
}

const char *refusal_code(
	const struct job *j, const struct finish *f, enum attempt_class class)
{
	bool is_ours = class == CLASS_TOO_LARGE || f->end.code.n == 0;
	if (!is_ours)
		return j->reply->error->code;
	if (is_refused(f))
		return apierr_row(translate_reason(class, f->end.status))->code;
	return f->failure ? exchange_failure_name(f->failure) : "";
}

enum exchange_failure refusal_failure(const struct finish *f, enum attempt_class class)
{
	if (!is_refused(f))
		return f->failure;
	switch (class) {
	case CLASS_RATE_LIMIT:
	case CLASS_SLOW_DOWN:
	case CLASS_OVERLOADED:
		return FAILURE_UPSTREAM_OVERLOADED;
	case CLASS_QUOTA:
		return FAILURE_UPSTREAM_QUOTA;
	case CLASS_TOO_LARGE:
		return FAILURE_REQUEST_TOO_LARGE;
	case CLASS_SERVER:
		return FAILURE_UPSTREAM_FAILED;
	case CLASS_AUTH:
		return FAILURE_UPSTREAM_AUTHENTICATION;
	default:
		return FAILURE_NONE;
	}
}
