/* What a client is told where a status cannot say it any more, and while it waits. */
#include "front/relay_parts.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/wait.h"
#include "text/stream_end.h"
#include "text/upstream_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COMMENT_BYTES = 128 };

#define LOOK_AGAIN_NS (NS_PER_S / 4) /* dispatch tells waits as often */

static const struct str none = {"", 0};

/* ---- failures ------------------------------------------------------------------------ */

static void say_full(const struct exchange *x, struct apierr *e)
{
	if (x->reply.counted > 0)
		(void)apierr_set(e, APIERR_QUEUE_FULL, NULL,
			"The queue is full: %" PRIu64
			" requests wait, and [queue] max_size lets no more of this "
			"priority.",
			x->reply.counted);
}

/* By the reason that its last place had. */
static void say_timeout(
	const struct settings *s, const struct exchange *x, struct apierr *e)
{
	static const char *const whats[WAIT_REASONS] = {
		[WAIT_NOTHING] = "those before it",
		[WAIT_REQUESTS] = "the limit on requests upstream",
		[WAIT_TOKENS] = "the limit on tokens upstream",
		[WAIT_PACE] = "the pace that the upstream key is held to",
		[WAIT_BACKOFF] = "the upstream to take requests again",
		[WAIT_FAULTS] = "the upstream to answer without errors",
		[WAIT_CONCURRENCY] = "one of those that run ([queue] max_concurrent)",
	};
	uint32_t reason = exchange_place(x).reason;
	uint64_t waited_ns = num_sub_sat(x->reply.done_ns, x->request.queued_ns);
	uint64_t waited_ms = waited_ns / NS_PER_MS;
	(void)apierr_set(e, APIERR_QUEUE_TIMEOUT, NULL,
		"It has waited %" PRIu64 ".%" PRIu64 " s, as long as [queue] max_wait "
		"(%" PRIu64 " ms) lets it, in the end for %s.",
		waited_ms / 1000, waited_ms % 1000 / 100,
		s->queue_max_wait_ns / NS_PER_MS,
		reason < WAIT_REASONS ? whats[reason] : whats[WAIT_NOTHING]);
}

static void say_too_large(
	const struct segment *s, const struct exchange *x, struct apierr *e)
{
	uint16_t row = x->reply.limit_row;
	if (row >= MAX_UPSTREAM_LIMITS || x->reply.counted == 0)
		return; /* it is the upstream that says so */
	const struct upstream_limit *l = &s->shared->limits.limit[row];
	int n_scope = (int)strnlen(l->scope, sizeof l->scope);
	bool is_all = n_scope == 3 && memcmp(l->scope, "all", 3) == 0;
	(void)apierr_set(e, APIERR_REQUEST_TOO_LARGE, NULL,
		"It is counted as %" PRIu64 " tokens, more than the whole limit of "
		"%" PRIu64 " %s in %" PRIu64 " s for %.*s%s; make it or its max_tokens "
		"smaller.",
		x->reply.counted, limit_value(l),
		limit_unit_name((enum limit_unit)l->unit), l->window_ns / NS_PER_S,
		n_scope, l->scope, is_all ? " models" : "");
}

static void say_cancelled(const struct exchange *x, struct apierr *e)
{
	if (exchange_attempt(x) == 0)
		(void)apierr_set(e, APIERR_CANCELLED, NULL,
			"The request was cancelled while it waited; it was never sent "
			"and has used nothing.");
}

void relay_say_unknown(const struct exchange *x, struct apierr *e)
{
	unsigned status = x->reply.status;
	(void)apierr_default(e, APIERR_UPSTREAM_OUTCOME_UNKNOWN);
	if (status >= 200 && status < 300)
		(void)apierr_set(e, APIERR_UPSTREAM_OUTCOME_UNKNOWN, NULL,
			"The answer broke off, and nobody knows what it has used; it may "
			"have been billed, so Atlas has not sent the request again.");
}

void relay_describe(const struct front *f, const struct exchange *x, struct apierr *e)
{
	const struct exchange_reply *r = &x->reply;
	enum apierr_reason reason =
		exchange_failure_reason((enum exchange_failure)r->failure);
	(void)apierr_default(e, reason);
	if (reason == APIERR_CANCELLED)
		say_cancelled(x, e);
	else if (reason == APIERR_UPSTREAM_OUTCOME_UNKNOWN)
		relay_say_unknown(x, e);
	else if (reason == APIERR_QUEUE_FULL)
		say_full(x, e);
	else if (reason == APIERR_QUEUE_TIMEOUT)
		say_timeout(&f->process.settings, x, e);
	else if (reason == APIERR_REQUEST_TOO_LARGE)
		say_too_large(f->process.segment, x, e);
	size_t n = strlen(e->message);
	if (r->retries > 0)
		snprintf(e->message + n, sizeof e->message - n,
			" Atlas tried it %llu times.", r->retries + 1ull);
}

void relay_put_error(struct conn *c, const struct relay *y,
	const struct apierr_words *words, unsigned status)
{
	const struct exchange *x = relay_exchange(c->front, y);
	const struct exchange_request *q = &x->request;
	char events[STREAM_FAILURE_BYTES], id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(q->id, id);
	struct stream_failure f = {.end = api_get((enum exchange_api)q->api)->end,
		.words = *words,
		.id = {id, strlen(id)},
		.model = {q->model, strnlen(q->model, sizeof q->model)},
		.sequence = y->passes_on ? x->reply.next_sequence : 0,
		.created_s = q->queued_ms / 1000};
	if (f.end == STREAM_END_EVENT && status != 429)
		f.words.code = STR("server_error"); /* the codes it has are few */
	size_t n = stream_failure_write(&f, events, sizeof events);
	if (y->in_event) /* it will never be whole, but it must not swallow ours */
		conn_stream_put(c, STR("\n\n"), none);
	conn_stream_put(c, (struct str){events, n}, none);
	conn_stream_end(c);
}

void relay_put_refusal(struct conn *c, const struct relay *y, struct str body)
{
	struct upstream_error e;
	struct apierr own;
	struct apierr_words words;
	unsigned status = relay_exchange(c->front, y)->reply.status;
	if (upstream_error_parse(body, &e)) {
		words = upstream_error_words(&e);
	} else {
		(void)apierr_default(&own, APIERR_UPSTREAM_REFUSED);
		words = apierr_words(&own);
	}
	relay_put_error(c, y, &words, status);
}

/* ---- the queue ----------------------------------------------------------------------- */

struct wait_place relay_place(const struct front *f, const struct exchange *x)
{
	return exchange_told_place(
		x, f->process.settings.queue_max_wait_ns, f->process.now_ns);
}

void relay_tell_place(struct conn *c, struct relay *y, const struct exchange *x)
{
	char text[COMMENT_BYTES], rank[32] = "";
	uint64_t now_ns = c->front->process.now_ns;
	struct wait_place place = relay_place(c->front, x);
	if (!y->tells_queue || exchange_state(x) != EXCHANGE_QUEUED ||
		!wait_is_news(&y->told, &place, now_ns))
		return;
	if (!y->head_out)
		relay_begin_early(c, y, x);
	if (place.rank > 0)
		snprintf(rank, sizeof rank, " position=%u", place.rank);
	int n = snprintf(text, sizeof text, ": queued%s wait_ms=%llu reason=%s%s\n\n",
		rank, (unsigned long long)place.wait_ms, wait_reason_name(place.reason),
		place.times_out ? " times_out=true" : "");
	conn_stream_put(c, (struct str){text, (size_t)n}, none);
	y->last_put_ns = now_ns;
}

static uint64_t look_for_shortest_wait(const struct front *f)
{
	uint64_t shortest_ms = UINT64_MAX;
	for (uint32_t slot = 0; slot < f->n_slots; slot++) {
		const struct exchange *x = &f->channel.exchanges[slot];
		struct wait_place place = relay_place(f, x);
		if (place.rank > 0 && exchange_state(x) == EXCHANGE_QUEUED)
			shortest_ms = MIN(shortest_ms, place.wait_ms);
	}
	return shortest_ms == UINT64_MAX ? 0 : shortest_ms;
}

uint64_t relay_shortest_wait_ms(struct front *f)
{
	uint64_t now_ns = f->process.now_ns;
	if (now_ns >= f->shortest_wait_until_ns) {
		f->shortest_wait_ms = look_for_shortest_wait(f);
		f->shortest_wait_until_ns = now_ns + LOOK_AGAIN_NS;
	}
	return f->shortest_wait_ms;
}
