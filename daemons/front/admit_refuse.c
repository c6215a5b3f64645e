/* Sentences for refusals. */
#include "front/admit_refuse.h"

#include "base/clock.h"
#include "front/answer.h"
#include "front/front.h"

#include <inttypes.h>
#include <stdio.h>

/* One way in which a limit refuses. */
struct saying {
	enum counter_id counter;
	void (*say)(const struct gate_refusal *no, struct apierr *e);
};

static const char *const units[] = {[CLIENT_LIMIT_requests_per_minute] = "request",
	[CLIENT_LIMIT_requests_per_hour] = "request",
	[CLIENT_LIMIT_tokens_per_minute] = "token",
	[CLIENT_LIMIT_tokens_per_hour] = "token"};

static void say_too_large(const struct gate_refusal *no, struct apierr *e)
{
	(void)apierr_set(e, APIERR_REQUEST_TOO_LARGE, NULL,
		"It is counted as %" PRIu64 " tokens, more than this token's %s of "
		"%" PRIu64 " at all; make it or its max_tokens smaller.",
		no->asked, client_limit_name(no->limit), no->allowed);
}

/* Most are refused by the burst, long before the limit: both are named. */
static void say_rate(const struct gate_refusal *no, struct apierr *e)
{
	bool is_requests = no->limit == CLIENT_LIMIT_requests_per_minute ||
			   no->limit == CLIENT_LIMIT_requests_per_hour;
	char at_once[96] = "";
	if (no->kind == GATE_TOO_LARGE) {
		say_too_large(no, e);
		return;
	}
	if (no->at_once < no->allowed)
		snprintf(at_once, sizeof at_once,
			", at most %" PRIu64
			" at once and the rest evenly ([client] burst_percent)",
			no->at_once);
	(void)apierr_set(e,
		is_requests ? APIERR_RATE_LIMIT_REQUESTS : APIERR_RATE_LIMIT_TOKENS,
		NULL,
		"This token's %s are limited to %" PRIu64 "%s: %" PRIu64
		" %s%s still %s, %" PRIu64 " more asked for.",
		client_limit_name(no->limit), no->allowed, at_once, no->used,
		units[no->limit], no->used == 1 ? "" : "s",
		no->used == 1 ? "counts" : "count", no->asked);
}

static void say_concurrent(const struct gate_refusal *no, struct apierr *e)
{
	(void)apierr_set(e, APIERR_RATE_LIMIT_REQUESTS, NULL,
		"This token may have %" PRIu64 " request%s at a time, and has %" PRIu64
		" (concurrent).",
		no->allowed, no->allowed == 1 ? "" : "s", no->used);
}

static void dollars(
	enum client_limit which, uint64_t nanousd, char out[static CLIENT_MODELS_BYTES])
{
	struct client_limits l = {0};
	client_limit_set_number(&l, which, nanousd);
	client_limit_format(&l, which, out);
}

/* What no budget of this size has room for, what one has room for in a moment, and what
 * has to wait for the next one. */
static void say_budget(const struct gate_refusal *no, struct apierr *e)
{
	char allowed[CLIENT_MODELS_BYTES], used[CLIENT_MODELS_BYTES],
		held[CLIENT_MODELS_BYTES], asked[CLIENT_MODELS_BYTES],
		renews[CLOCK_RFC3339_BYTES];
	const char *name = client_limit_name(no->limit);
	dollars(no->limit, no->allowed, allowed);
	dollars(no->limit, no->used, used);
	dollars(no->limit, no->held, held);
	dollars(no->limit, no->asked, asked);
	clock_rfc3339(no->renews_ms, renews);
	if (no->kind == GATE_TOO_LARGE)
		(void)apierr_set(e, APIERR_BUDGET_TOO_SMALL, NULL,
			"It may cost %.24s USD, more than this token's %s of %.24s USD "
			"at all; make it or its max_tokens smaller, or name a cheaper "
			"model.",
			asked, name, allowed);
	else if (no->kind == GATE_SPENT)
		(void)apierr_set(e, APIERR_BUDGET_SPENT, NULL,
			"This token's %s is %.24s USD: %.24s is spent, and this may "
			"cost %.24s. It renews at %s.",
			name, allowed, used, asked, renews);
	else
		(void)apierr_set(e, APIERR_BUDGET_HELD, NULL,
			"This token's %s is %.24s USD: %.24s is spent, %.24s is held "
			"for requests whose cost is not settled yet, and this may cost "
			"%.24s. What they do not cost is let go as they are settled.",
			name, allowed, used, held, asked);
}

static void say_priority(const struct gate_refusal *no, struct apierr *e)
{
	(void)apierr_set(e, APIERR_PRIORITY_NOT_ALLOWED, NULL,
		"This token's highest priority is %s; X-Atlas-Priority asks for %s.",
		client_priority_name(no->allowed), client_priority_name(no->asked));
}

static void say_max_tokens(const struct gate_refusal *no, struct apierr *e)
{
	if (no->asked == 0)
		(void)apierr_set(e, APIERR_INVALID_VALUE, "max_tokens",
			"This token must name max_tokens (or the API's newer name for "
			"it), at most %" PRIu64 ".",
			no->allowed);
	else
		(void)apierr_set(e, APIERR_INVALID_VALUE, "max_tokens",
			"This token may ask for %" PRIu64 " max_tokens at most, not "
			"%" PRIu64 ".",
			no->allowed, no->asked);
}

static void say_max_prompt(const struct gate_refusal *no, struct apierr *e)
{
	(void)apierr_set(e, APIERR_REQUEST_TOO_LARGE, NULL,
		"The prompt has %" PRIu64 " characters; this token may send %" PRIu64
		" at most (max_prompt).",
		no->asked, no->allowed);
}

static void say_models(const struct gate_refusal *no, struct apierr *e)
{
	(void)apierr_set(e, APIERR_MODEL_NOT_ALLOWED, "model",
		no->asked > 0
			? "This token may not use that model; it may use %s."
			: "The request names no model, and this token may use only %s.",
		no->models);
}

static const struct saying sayings[CLIENT_LIMITS] = {
	[CLIENT_LIMIT_requests_per_minute] = {COUNTER_refused_rate, say_rate},
	[CLIENT_LIMIT_requests_per_hour] = {COUNTER_refused_rate, say_rate},
	[CLIENT_LIMIT_tokens_per_minute] = {COUNTER_refused_rate, say_rate},
	[CLIENT_LIMIT_tokens_per_hour] = {COUNTER_refused_rate, say_rate},
	[CLIENT_LIMIT_concurrent] = {COUNTER_refused_concurrency, say_concurrent},
	[CLIENT_LIMIT_budget_day] = {COUNTER_refused_budget, say_budget},
	[CLIENT_LIMIT_budget_week] = {COUNTER_refused_budget, say_budget},
	[CLIENT_LIMIT_budget_month] = {COUNTER_refused_budget, say_budget},
	[CLIENT_LIMIT_priority] = {COUNTER_refused_priority, say_priority},
	[CLIENT_LIMIT_max_tokens] = {COUNTER_refused_size, say_max_tokens},
	[CLIENT_LIMIT_max_prompt] = {COUNTER_refused_size, say_max_prompt},
	[CLIENT_LIMIT_models] = {COUNTER_refused_model, say_models},
};

static void tell(struct conn *c, const char *limit, enum counter_id counter,
	const struct apierr *e, uint64_t wait_ms)
{
	struct process *p = &c->front->process;
	const struct client *client =
		clients_at(&p->segment->clients, c->request->client_ix);
	process_count(p, COUNTER_requests_refused, 1);
	process_count(p, counter, 1);
	log_event(LOG_DEBUG, EVENT_REQUEST_REFUSED, "client=%016" PRIx64 " limit=%s",
		client ? client->id : 0, limit);
	answer_apierr_wait(c, e, wait_ms, &(struct answer_headers){0});
}

void admit_refuse(struct conn *c, const struct gate_refusal *no)
{
	struct apierr e;
	must(no->limit < CLIENT_LIMITS);
	sayings[no->limit].say(no, &e);
	tell(c, client_limit_name(no->limit), sayings[no->limit].counter, &e,
		no->wait_ms);
}

void admit_refuse_phrase(struct conn *c)
{
	struct apierr e;
	(void)apierr_default(&e, APIERR_PHRASE_DENIED);
	tell(c, "deny", COUNTER_refused_phrase, &e, 0);
}
