/* Rows into events. */
#include "insight/story.h"

#include "base/clock.h"
#include "base/num.h"

#include <string.h>

static void begin(
	struct jsonw *w, uint64_t at_ms, const char *event, const struct row *r)
{
	jsonw_begin_object(w);
	tell_time(w, STR("at"), at_ms);
	tell_text(w, STR("event"), event);
	tell_u64(w, STR("attempt"), r->attempt);
}

static void tell_amount(
	struct jsonw *w, struct str key, enum client_limit of, uint64_t amount)
{
	if (client_limit_unit(of) == CLIENT_UNIT_USD)
		tell_usd(w, key, amount);
	else
		tell_u64(w, key, amount);
}

static void tell_tightest(struct jsonw *w, const struct row *r)
{
	const struct client_limit_use *u = &r->tightest;
	enum client_limit which = (enum client_limit)u->which;
	jsonw_key(w, STR("token_limit"));
	if ((r->flags & ROW_TIGHTEST) == 0) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	tell_text(w, STR("limit"), client_limit_name(which));
	tell_amount(w, STR("allowed"), which, u->allowed);
	tell_u64_or_null(w, STR("at_once"), u->at_once > 0, u->at_once);
	tell_amount(w, STR("used"), which, u->used);
	jsonw_end_object(w);
}

static void tell_queued(struct jsonw *w, const struct row *r)
{
	begin(w, r->queued_ms, "queued", r);
	tell_text(w, STR("priority"),
		exchange_priority_name((enum exchange_priority)r->priority));
	tell_u64(w, STR("prompt_characters"), r->prompt_chars);
	tell_u64(w, STR("max_tokens"), r->max_tokens);
	tell_text(w, STR("service_tier_asked"), r->tier_asked);
	tell_tightest(w, r);
	jsonw_end_object(w);
}

static void tell_or_null(struct jsonw *w, struct str key, const char *name)
{
	jsonw_key(w, key);
	if (name != NULL)
		jsonw_string(w, (struct str){name, strlen(name)});
	else
		jsonw_null(w);
}

static void tell_hold(struct jsonw *w, const struct row *r)
{
	const struct hold *h = &r->hold;
	jsonw_key(w, STR("held_limit"));
	if ((r->flags & ROW_HOLD) == 0) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	tell_text(w, STR("scope"), h->scope);
	tell_text(w, STR("unit"), limit_unit_name((enum limit_unit)h->unit));
	tell_u64(w, STR("window_seconds"), h->window_s);
	tell_u64(w, STR("limit"), h->limit);
	tell_u64_or_null(w, STR("burst"), h->burst > 0, h->burst);
	tell_u64(w, STR("used"), h->used);
	tell_u64(w, STR("ahead"), h->ahead);
	tell_u64(w, STR("needed"), h->needed);
	jsonw_end_object(w);
}

static void tell_held_by(struct jsonw *w, const struct row *r)
{
	enum wait_reason by = row_held_by(r);
	const char *name = by != WAIT_NOTHING ? wait_reason_name(by) : NULL;
	tell_or_null(w, STR("held_by"), name);
	tell_hold(w, r);
}

static void tell_admitted(struct jsonw *w, const struct story *s, uint32_t ix)
{
	const struct row *r = &s->row[ix];
	begin(w, r->sent_ms, "admitted", r);
	tell_text(w, STR("key"), r->key);
	tell_u64(w, STR("waited_ms"), r->queue_ns / NS_PER_MS);
	tell_held_by(w, r);
	tell_u64(w, STR("reserved_tokens"), r->estimated_tokens);
	tell_u64(w, STR("stabilization"), row_stabilization(r));
	tell_u64(w, STR("high_prompt_tokens"), r->high_prompt_tokens);
	tell_u64(w, STR("high_completion_tokens"), r->high_completion_tokens);
	tell_usd(w, STR("high_usd"), r->high_nanousd);
	tell_rates(w, STR("high_rates"), &s->high_rates[ix]);
	jsonw_end_object(w);
}

static void tell_unsent(struct jsonw *w, const struct row *r)
{
	begin(w, r->done_ms, "never_sent", r);
	tell_u64(w, STR("waited_ms"), r->queue_ns / NS_PER_MS);
	tell_held_by(w, r);
	tell_text(w, STR("because"), row_error(r));
	jsonw_end_object(w);
}

static void tell_first_byte(struct jsonw *w, const struct row *r)
{
	uint64_t after_ms = r->first_token_ns / NS_PER_MS;
	begin(w, num_add_sat(r->sent_ms, after_ms), "first_byte", r);
	tell_u64(w, STR("after_ms"), after_ms);
	jsonw_end_object(w);
}

static void tell_settled(struct jsonw *w, const struct story *s, uint32_t ix)
{
	const struct row *r = &s->row[ix];
	bool is_known = r->outcome != OUTCOME_UNKNOWN;
	begin(w, r->done_ms, is_known ? "settled" : "unknown", r);
	tell_text(w, STR("outcome"), outcome_name((enum attempt_outcome)r->outcome));
	tell_u64(w, STR("status"), r->status);
	tell_text(w, STR("error"), row_error(r));
	tell_text(w, STR("model_served"), r->model_served);
	tell_text(w, STR("service_tier"), r->service_tier);
	tell_price(w, r);
	tell_rates(w, STR("rates"), story_rates(s, ix));
	tell_u64(w, STR("duration_ms"), r->duration_ns / NS_PER_MS);
	jsonw_end_object(w);
}

static void tell_retry(struct jsonw *w, const struct story *s, uint32_t ix)
{
	const struct row *r = &s->row[ix];
	uint64_t after_ms;
	const char *by = retry_word_name(row_retry_by(r));
	begin(w, r->done_ms, "retry", r);
	tell_text(w, STR("because"), row_error(r));
	tell_or_null(w, STR("delay_by"), by);
	if (by != NULL)
		tell_u64(w, STR("delay_ms"), r->retry_ns / NS_PER_MS);
	enum story_retry became = story_retry(s, ix, &after_ms);
	if (became == STORY_RETRY_SENT)
		tell_u64(w, STR("next_after_ms"), after_ms);
	if (became == STORY_RETRY_GIVEN_UP) {
		tell_u64(w, STR("given_up_after_ms"), after_ms);
		tell_text(w, STR("given_up_because"), row_error(r + 1));
	}
	jsonw_end_object(w);
}

static void tell_events(struct jsonw *w, const struct story *s, uint32_t ix)
{
	const struct row *r = &s->row[ix];
	if (r->attempt == 1)
		tell_queued(w, r);
	if (row_is_unsent(r)) {
		tell_unsent(w, r);
		return;
	}
	tell_admitted(w, s, ix);
	if (r->first_token_ns > 0)
		tell_first_byte(w, r);
	if (r->outcome == OUTCOME_OPEN)
		return;
	tell_settled(w, s, ix);
	if ((r->flags & ROW_FINAL) == 0)
		tell_retry(w, s, ix);
}

bool story_take(void *arg, uint64_t sequence, const struct row *r)
{
	struct story *s = arg;
	(void)sequence;
	if (s->n < STORY_ATTEMPTS)
		s->row[s->n++] = *r;
	return true;
}

bool story_is_over(const struct story *s)
{
	return s->n > 0 && (s->row[s->n - 1].flags & ROW_FINAL) != 0;
}

bool story_find_rates(struct story *s, struct store *store, struct err *e)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct row *r = &s->row[i];
		if (!rates_find(store, r->rates, &s->rates[i], e) ||
			!rates_find(store, r->high_rates, &s->high_rates[i], e))
			return false;
	}
	return true;
}

const struct rates *story_rates(const struct story *s, uint32_t ix)
{
	bool is_high = s->row[ix].outcome == OUTCOME_UNKNOWN;
	const struct rates *r = is_high ? &s->high_rates[ix] : &s->rates[ix];
	return r->model[0] != '\0' ? r : NULL;
}

enum story_retry story_retry(const struct story *s, uint32_t ix, uint64_t *after_ms)
{
	const struct row *r = &s->row[ix];
	if (ix + 1 >= s->n || (r->flags & ROW_FINAL) != 0 || r->outcome == OUTCOME_OPEN)
		return STORY_RETRY_NONE;
	*after_ms = num_sub_sat(r[1].sent_ms, r->done_ms);
	return row_is_unsent(r + 1) ? STORY_RETRY_GIVEN_UP : STORY_RETRY_SENT;
}

void story_tell(struct jsonw *w, const struct story *s)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(s->id, id);
	jsonw_begin_object(w);
	tell_text(w, STR("id"), id);
	jsonw_key(w, STR("attempts"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < s->n; i++)
		tell_row(w, &s->row[i], s->client[0] != '\0' ? s->client : NULL);
	jsonw_end_array(w);
	jsonw_key(w, STR("story"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < s->n; i++)
		tell_events(w, s, i);
	jsonw_end_array(w);
	jsonw_end_object(w);
}
