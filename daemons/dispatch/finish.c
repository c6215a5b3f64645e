/* From a transfer's result to what happened. */
#include "dispatch/finish.h"

#include "dispatch/dispatch.h"
#include "dispatch/reply.h"

#include <string.h>

bool finish_is_relayed(const struct job *j)
{
	return j->exchange->request.api == API_RELAYED;
}

bool finish_is_good(const struct job *j)
{
	unsigned status = transfer_head(j->transfer)->status;
	return status == 200 || (finish_is_relayed(j) && status > 200 && status < 300);
}

/* A GET has no body to ask for events in: what it is answered with is what it asked for. */
bool finish_is_stream(const struct job *j)
{
	const struct transfer_head *h = transfer_head(j->transfer);
	const struct exchange_request *q = &j->exchange->request;
	if (h->status != 200)
		return false;
	return q->is_get ? h->is_event_stream : q->stream && !h->is_json;
}

bool finish_is_cancelled(const struct finish *f)
{
	return f->is_ours && (f->failure == FAILURE_CANCELLED ||
				     f->failure == FAILURE_REQUEST_CANCELLED ||
				     f->failure == FAILURE_STOPPED);
}

bool finish_has_reader(const struct job *j, const struct finish *f)
{
	return !exchange_is_abandoned(j->exchange) &&
	       (!f->is_ours || f->failure == FAILURE_UPSTREAM_TIMEOUT ||
		       f->failure == FAILURE_REQUEST_CANCELLED);
}

static void fill_words(struct attempt_end *end, const struct upstream_error *e)
{
	end->code = (struct str){e->code, e->n_code};
	end->message = (struct str){e->message, e->n_message};
}

struct status_row {
	const char *word;
	unsigned status;
};

static unsigned status_of_word(
	const struct status_row *row, size_t n, const char *word, unsigned otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(row[i].word, word) == 0)
			return row[i].status;
	return otherwise;
}

/* An error before any output is an answer like an error status, whatever status it has: by
 * its code, else by its type. */
static unsigned status_of_error(const struct upstream_error *e)
{
	static const struct status_row codes[] = {
		{"rate_limit_exceeded", 429},
		{"slow_down", 429},
		{"insufficient_quota", 429},
		{"credit_balance_exhausted", 429},
		{"organization_spend_limit_exceeded", 429},
		{"project_spend_limit_exceeded", 429},
		{"organization_usage_limit_exceeded", 429},
		{"429", 429},
		{"invalid_api_key", 401},
		{"server_is_overloaded", 503},
		{"model_not_found", 404},
		{"invalid_prompt", 400},
		{"context_length_exceeded", 400},
	};
	static const struct status_row types[] = {
		{"invalid_request_error", 400},
		{"authentication_error", 401},
		{"insufficient_quota", 429},
		{"rate_limit_error", 429},
	};
	unsigned by_type = status_of_word(types, N_ELEMENTS(types), e->type, 500);
	return status_of_word(codes, N_ELEMENTS(codes), e->code, by_type);
}

static void take_hint(struct attempt_end *end)
{
	if (end->status == 429 && end->retry_after_ns == 0)
		end->retry_after_ns = retry_hint_ns(end->message);
}

static struct finish finish_error(const struct job *j)
{
	const struct reply *r = j->reply;
	const struct transfer_head *h = transfer_head(j->transfer);
	struct finish f = {.failure = FAILURE_UPSTREAM_FAILED,
		.end = {.fate = r->has_output ? FATE_CUT : FATE_ANSWERED,
			.status = status_of_error(r->error),
			.retry_after_ns = h->retry_after_ns,
			.advice = h->advice}};
	fill_words(&f.end, r->error);
	take_hint(&f.end);
	return f;
}

static struct finish finish_answered(const struct job *j)
{
	const struct transfer_head *h = transfer_head(j->transfer);
	struct finish f = {.end = {.status = h->status,
				   .retry_after_ns = h->retry_after_ns,
				   .advice = h->advice}};
	if (h->status >= 400) {
		reply_end_error(j->reply);
		fill_words(&f.end, j->reply->error);
	}
	take_hint(&f.end);
	return f;
}

/* JSON instead of a stream may be an error, but no answer. */
static bool is_as_asked(const struct job *j)
{
	return finish_is_stream(j) || !j->exchange->request.stream;
}

/* What is relayed may have any body, or none, as a 205 must (RFC 9110, 15.3.6); only what
 * calls itself JSON has to be. */
static bool end_whole(const struct job *j)
{
	const struct transfer_head *h = transfer_head(j->transfer);
	if (h->status == 205 && reply_waiting(j->reply).n > 0)
		return false;
	if (finish_is_good(j) && finish_is_relayed(j))
		return reply_end_any(j->reply, h->is_json);
	return reply_end_whole(j->reply);
}

/* The answer's framing is complete; is the answer? */
static struct finish finish_complete(struct job *j)
{
	struct reply *r = j->reply;
	if (transfer_head(j->transfer)->status >= 400)
		return finish_answered(j);
	bool is_fine = !r->has_error &&
		       (finish_is_stream(j) ? reply_end_stream(r) : end_whole(j));
	if (r->has_error)
		return finish_error(j);
	if (is_fine && is_as_asked(j))
		return finish_answered(j);
	bool is_out = r->has_output && is_as_asked(j);
	return (struct finish){.end.fate = is_out ? FATE_CUT : FATE_UNKNOWN,
		.failure = finish_is_stream(j) ? FAILURE_UPSTREAM_TRUNCATED
					       : FAILURE_UPSTREAM_PROTOCOL};
}

/* The end mark came: what its framing still owes, or gets wrong, takes nothing away. */
static bool is_whole(const struct job *j)
{
	return finish_is_good(j) && j->reply->is_done;
}

static struct finish finish_broken(struct job *j, enum exchange_failure failure)
{
	struct reply *r = j->reply;
	unsigned status = transfer_head(j->transfer)->status;
	if (status >= 400 || is_whole(j))
		return finish_answered(j);
	if (finish_is_stream(j) && r->has_error)
		return finish_error(j);
	return (struct finish){.end.fate = r->has_output ? FATE_CUT : FATE_UNKNOWN,
		.failure = failure};
}

struct finish finish_of(struct job *j, enum transfer_result result)
{
	switch (result) {
	case TRANSFER_COMPLETE:
		return finish_complete(j);
	case TRANSFER_NOT_SENT:
		return (struct finish){.end.fate = FATE_NOT_SENT,
			.failure = FAILURE_UPSTREAM_UNREACHABLE};
	case TRANSFER_PROTOCOL:
		if (is_whole(j))
			return finish_answered(j);
		return (struct finish){
			.end.fate = j->reply->has_output ? FATE_CUT : FATE_UNKNOWN,
			.failure = FAILURE_UPSTREAM_PROTOCOL};
	case TRANSFER_RESEND:
		process_count(&j->dispatch->process, COUNTER_second_sends_refused, 1);
		break;
	case TRANSFER_BROKEN:
		break;
	}
	return finish_broken(j, finish_is_good(j) ? FAILURE_UPSTREAM_TRUNCATED
						  : FAILURE_UPSTREAM_OUTCOME_UNKNOWN);
}

struct finish finish_ours(struct job *j, enum exchange_failure why)
{
	struct finish f = {.failure = why, .is_ours = true};
	if (why == FAILURE_UPSTREAM_TIMEOUT && is_whole(j))
		return finish_answered(j);
	if (!transfer_was_sent(j->transfer))
		f.end.fate = FATE_NOT_SENT;
	else
		f.end.fate = j->reply->has_output ? FATE_CUT : FATE_UNKNOWN;
	return f;
}
