/* Intent and settle facts. */
#include "dispatch/settle.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "dispatch/upstream.h"
#include "insight/price.h"
#include "segment/ending.h"
#include "text/scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct model *find_model(const struct dispatch *d, const char *name)
{
	return models_find(d->models, (struct str){name, strlen(name)});
}

static struct estimate_request request_of(
	const struct dispatch *d, const struct exchange_request *q)
{
	const struct model *m = find_model(d, q->model);
	bool predicted = d->process.settings.limits_count == SETTINGS_COUNT_PREDICTED;
	return (struct estimate_request){
		.rule = predicted ? ESTIMATE_PREDICTED
				  : ESTIMATE_MAX_TOKENS_OR_CHARACTERS,
		.prompt_chars = q->prompt_chars,
		.body_bytes = q->body_bytes,
		.has_unseen_prompt = q->has_unseen_prompt,
		.model_context_tokens = m ? m->context_tokens : 0,
		.max_tokens = q->max_tokens,
		.n_choices = q->n_choices,
		.model_max_tokens = m ? m->max_output_tokens : 0,
		.writes_nothing = !exchange_writes(q),
		.usual_tokens = history_usual(d->governor.history, q->model),
		.smallest_limit = governor_smallest_tokens(d, q->model)};
}

void settle_estimate(const struct dispatch *d, struct job *j)
{
	struct estimate_request r = request_of(d, &j->exchange->request);
	j->estimate = estimate_tokens(&r);
	j->counted = estimate_counted(&r);
}

static struct price_request price_request(
	const struct dispatch *d, const char *model, const char *tier, uint64_t sent_ms)
{
	return (struct price_request){
		find_model(d, model), {tier, strlen(tier)}, sent_ms};
}

static void fill_high(const struct dispatch *d, const struct exchange_request *q,
	uint64_t sent_ms, struct fact_intent *f)
{
	struct estimate_request r = request_of(d, q);
	struct price_request p = price_request(d, q->model, "", sent_ms);
	f->high_prompt_tokens = estimate_high_prompt(&r);
	if (exchange_writes(q))
		f->high_completion_tokens = estimate_high_completion(&r);
	if (q->api != API_RELAYED)
		f->high_nanousd = price_highest(&p, f->high_prompt_tokens,
			f->high_completion_tokens, &f->high_rates);
}

static void push(struct dispatch *d, const struct fact_head *fact)
{
	must(facts_push(&d->facts, fact));
	process_count(&d->process, COUNTER_facts_written, 1);
	d->facts_pushed = true;
}

static void tell_begun(const struct fact_intent *f)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	if (!log_is_on(LOG_DEBUG))
		return;
	exchange_id_format(f->id, id);
	log_event(LOG_DEBUG, EVENT_ATTEMPT_BEGUN,
		"id=%s attempt=%u key=%s estimated_tokens=%" PRIu64, id, f->attempt,
		f->key, f->estimated_tokens);
}

void settle_push_intent(struct dispatch *d, struct exchange *x, const struct job *j)
{
	const struct exchange_request *q = &x->request;
	const struct process *p = &d->process;
	struct fact_intent f = {.attempt = exchange_attempt(x),
		.priority = q->priority,
		.stream = q->stream,
		.api = q->api,
		.stabilization = (uint8_t)d->governor.key.state,
		.client_id = q->client_id,
		.queued_ms = q->queued_ms,
		.sent_ms = j->sent_ms,
		.sent_boot_ns = clock_boot_ns(),
		.boot = p->segment->boot,
		.held_by = (uint8_t)j->held_by,
		.hold = j->hold,
		.tightest = q->tightest,
		.queue_ns = p->now_ns > q->queued_ns ? p->now_ns - q->queued_ns : 0,
		.estimated_tokens = j->estimate,
		.price_version = models_price_version(d->models),
		.prompt_chars = q->prompt_chars,
		.max_tokens = q->max_tokens};
	fact_begin(&f.head, FACT_INTENT, sizeof f, p->now_ms);
	memcpy(f.id, q->id, sizeof f.id);
	fill_high(d, q, j->sent_ms, &f);
	x->reply.high = (struct exchange_bound){
		f.high_prompt_tokens, f.high_completion_tokens, f.high_nanousd};
	snprintf(f.key, sizeof f.key, "%s", d->upstream->key_name);
	snprintf(f.model, sizeof f.model, "%.*s", EXCHANGE_MODEL_BYTES - 1, q->model);
	snprintf(f.session, sizeof f.session, "%.*s", EXCHANGE_SESSION_BYTES - 1,
		q->session);
	snprintf(f.tier_asked, sizeof f.tier_asked, "%.*s", EXCHANGE_TIER_BYTES - 1,
		q->tier);
	push(d, &f.head);
	d->facts_reserved_bytes += sizeof(struct fact_settle);
	tell_begun(&f);
}

static bool is_settled(enum attempt_outcome o)
{
	return o == OUTCOME_SETTLED_USAGE || o == OUTCOME_SETTLED_ESTIMATE;
}

/* A relayed path has no price that we know; what is not settled costs nothing, or what its
 * intent has said. */
static enum price_verdict price_settlement(const struct dispatch *d,
	const struct exchange *x, uint64_t sent_ms, const struct settlement *s,
	struct fact_settle *f)
{
	const char *model = s->model_served[0] ? s->model_served : x->request.model;
	struct price_request q = price_request(d, model, s->service_tier, sent_ms);
	bool costs = is_settled(s->outcome) || s->outcome == OUTCOME_UNKNOWN;
	if (costs && x->request.api == API_RELAYED)
		return PRICE_UNPRICED;
	if (!is_settled(s->outcome))
		return PRICE_EXACT;
	return price_compute(&q, &s->tokens, &f->cost_nanousd, &f->rates);
}

static void add(uint64_t *sum, uint64_t n)
{
	*sum = num_add_sat(*sum, n);
}

/* As the ledger counts it. */
static void add_unknown(struct exchange_reply *r)
{
	r->n_unknown++;
	add(&r->unknown.prompt_tokens, r->high.prompt_tokens);
	add(&r->unknown.completion_tokens, r->high.completion_tokens);
	add(&r->unknown.cost_nanousd, r->high.cost_nanousd);
}

/* What the request has used and cost is that of all its attempts. */
static void fill_reply(const struct dispatch *d, struct exchange *x,
	const struct settlement *s, enum price_verdict verdict, uint64_t cost)
{
	struct exchange_reply *r = &x->reply;
	r->unpriced |= verdict == PRICE_UNPRICED;
	r->status = (uint16_t)s->status;
	r->failure = (uint8_t)s->failure;
	r->done_ns = d->process.now_ns;
	r->estimated = s->outcome == OUTCOME_SETTLED_ESTIMATE;
	if (is_settled(s->outcome)) {
		add(&r->prompt_tokens, s->tokens.prompt);
		add(&r->cached_tokens, s->tokens.cached);
		add(&r->completion_tokens, s->tokens.completion);
		add(&r->reasoning_tokens, s->tokens.reasoning);
		add(&r->cost_nanousd, cost);
	}
	if (s->outcome == OUTCOME_UNKNOWN)
		add_unknown(r);
	snprintf(r->upstream_id, sizeof r->upstream_id, "%s", s->upstream_id);
}

static void fill_tokens(struct fact_settle *f, const struct usage_tokens *t)
{
	f->prompt_tokens = t->prompt;
	f->cached_tokens = t->cached;
	f->cache_write_tokens = t->cache_write;
	f->prompt_audio_tokens = t->prompt_audio;
	f->completion_tokens = t->completion;
	f->reasoning_tokens = t->reasoning;
	f->completion_audio_tokens = t->completion_audio;
}

static uint64_t since(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns != 0 && to_ns > from_ns ? to_ns - from_ns : 0;
}

/* A name the upstream gave, rid of keys: the ledger keeps the whole array. */
static void put_name(char *out, size_t cap, const char *name)
{
	snprintf(out, cap, "%s", name);
	size_t n = scrub_keys(out, strlen(out));
	memset(out + n, 0, cap - n);
}

void settle_attempt(struct dispatch *d, struct exchange *x, uint64_t sent_ms,
	const struct settlement *s)
{
	struct exchange_reply *r = &x->reply;
	struct fact_settle f = {.attempt = exchange_attempt(x),
		.outcome = (uint8_t)s->outcome,
		.final = s->final,
		.failure = (uint8_t)s->failure,
		.status = (uint16_t)(s->status != 0 ? s->status : s->head),
		.retries = r->retries,
		.price_version = models_price_version(d->models),
		.done_ms = d->process.now_ms,
		.completion_chars = s->n_chars,
		.charged_tokens = s->charged_tokens,
		.retry_by = (uint8_t)s->retry_by,
		.retry_ns = s->retry_ns};
	if (is_settled(s->outcome))
		fill_tokens(&f, &s->tokens);
	enum price_verdict verdict = price_settlement(d, x, sent_ms, s, &f);
	f.unpriced = verdict == PRICE_UNPRICED;
	f.assumed = verdict == PRICE_ASSUMED;
	fill_reply(d, x, s, verdict, f.cost_nanousd);
	f.first_token_ns = since(r->sent_ns, r->first_byte_ns);
	f.duration_ns = since(r->sent_ns, r->done_ns);
	fact_begin(&f.head, FACT_SETTLE, sizeof f, d->process.now_ms);
	memcpy(f.id, x->request.id, sizeof f.id);
	put_name(f.model_served, sizeof f.model_served, s->model_served);
	put_name(f.service_tier, sizeof f.service_tier, s->service_tier);
	snprintf(f.upstream_id, sizeof f.upstream_id, "%s", s->upstream_id);
	snprintf(f.error_code, sizeof f.error_code, "%s", s->error_code);
	exchange_decide_attempt(x, s->final);
	push(d, &f.head);
	d->facts_reserved_bytes -= MIN(d->facts_reserved_bytes, sizeof f);
	exchange_close_attempt(x);
	if (s->outcome == OUTCOME_UNKNOWN)
		process_count(&d->process, COUNTER_attempts_unknown, 1);
}

/* Its end belongs to the attempts that it has; without any, to the failures. */
static bool is_for_the_ledger(const struct exchange *x, enum exchange_failure why)
{
	if (why == FAILURE_BAD_EXCHANGE)
		return false;
	return exchange_attempt(x) > 0 ||
	       (why != FAILURE_LEDGER_UNAVAILABLE &&
		       exchange_ending(why, 0) == ENDING_FAILED);
}

void settle_unsent(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	struct exchange *x = j->exchange;
	struct exchange_reply kept = x->reply; /* of what was sent before */
	struct settlement s = {.outcome = OUTCOME_RELEASED,
		.failure = why,
		.final = true,
		.model_served = "",
		.service_tier = "",
		.upstream_id = "",
		.error_code = exchange_failure_name(why)};
	if (!is_for_the_ledger(x, why) ||
		!facts_has_room(&d->facts, d->facts_reserved_bytes + SETTLE_ROOM_BYTES))
		return;
	x->reply.sent_ns = x->reply.first_byte_ns = 0;
	x->reply.retries = exchange_open_attempt(x) - 1;
	j->sent_ms = d->process.now_ms;
	j->held_by = (enum wait_reason)exchange_place(x).reason;
	settle_push_intent(d, x, j);
	settle_attempt(d, x, j->sent_ms, &s);
	x->reply = kept;
	x->reply.failure = (uint8_t)why; /* which a successor ends it with */
}

void settle_orphan(struct dispatch *d, struct exchange *x, enum attempt_outcome outcome,
	enum exchange_failure why)
{
	bool final = why != FAILURE_NONE;
	struct settlement s = {.outcome = outcome,
		.failure = why,
		.final = final,
		.status = outcome == OUTCOME_UNKNOWN ? x->reply.status : 0,
		.model_served = "",
		.service_tier = "",
		.upstream_id = "",
		.error_code = final ? exchange_failure_name(why) : ""};
	settle_attempt(d, x, d->process.now_ms, &s);
}

void settle_intent(struct dispatch *d, struct exchange *x, enum exchange_failure why)
{
	struct exchange_reply kept = x->reply; /* of what was sent before */
	x->reply.sent_ns = x->reply.first_byte_ns = 0;
	settle_orphan(d, x, OUTCOME_RELEASED, why);
	x->reply = kept;
	x->reply.failure = (uint8_t)why;
}
