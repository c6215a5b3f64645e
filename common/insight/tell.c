/* Totals, rows and lists as JSON. */
#include "insight/tell.h"

#include "base/clock.h"
#include "base/num.h"
#include "segment/apis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	RATIO_PLACES = 6, /* so many that a percent made of it is still the nearest */
	RATIO_SCALE = 1000000,
	RATE_PLACES = 6,     /* of $ per million tokens: a pico-dollar a token */
	TOTALS_AT_ONCE = 64, /* some 50 us */
};

/* ---- members ------------------------------------------------------------------- */

static struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

void tell_u64(struct jsonw *w, struct str key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

void tell_usd(struct jsonw *w, struct str key, uint64_t nanousd)
{
	jsonw_key(w, key);
	jsonw_usd(w, nanousd);
}

void tell_u64_or_null(struct jsonw *w, struct str key, bool is_there, uint64_t n)
{
	jsonw_key(w, key);
	if (is_there)
		jsonw_u64(w, n);
	else
		jsonw_null(w);
}

void tell_text(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	jsonw_string(w, str_of(text));
}

void tell_time(struct jsonw *w, struct str key, uint64_t wall_ms)
{
	char text[CLOCK_RFC3339_BYTES];
	jsonw_key(w, key);
	if (wall_ms == 0) {
		jsonw_null(w);
		return;
	}
	clock_rfc3339(wall_ms, text);
	jsonw_string(w, (struct str){text, CLOCK_RFC3339_BYTES - 1});
}

void tell_ratio(struct jsonw *w, struct str key, uint64_t a, uint64_t b)
{
	uint64_t v = num_part(a, RATIO_SCALE, b);
	jsonw_key(w, key);
	jsonw_fixed(w, (int64_t)MIN(v, (uint64_t)INT64_MAX), RATIO_PLACES);
}

/* ---- totals -------------------------------------------------------------------- */

void tell_totals_members(struct jsonw *w, const struct totals *t)
{
	tell_u64(w, STR("total_prompt_tokens"), t->prompt_tokens);
	tell_u64(w, STR("total_completion_tokens"), t->completion_tokens);
	tell_u64(w, STR("total_cached_tokens"), t->cached_tokens);
	tell_u64(w, STR("total_reasoning_tokens"), t->reasoning_tokens);
	tell_u64(w, STR("total_tokens"), t->total_tokens);
	tell_usd(w, STR("total_cost_usd"), t->cost_nanousd);
	tell_u64(w, STR("request_count"), t->requests);
	tell_u64(w, STR("attempt_count"), t->attempts);
	tell_ratio(w, STR("average_tokens_per_request"), t->total_tokens, t->requests);
	tell_ratio(
		w, STR("characters_per_token"), t->measured_chars, t->measured_tokens);
	tell_time(w, STR("first_request"), t->first_ms);
	tell_time(w, STR("last_request"), t->last_ms);
	tell_u64(w, STR("unknown_requests"), t->unknown_requests);
	tell_u64(w, STR("unknown_tokens"), t->unknown_tokens);
	tell_usd(w, STR("unknown_cost_usd"), t->unknown_nanousd);
	tell_u64(w, STR("estimated_attempts"), t->estimated);
	tell_usd(w, STR("estimated_cost_usd"), t->estimated_nanousd);
	tell_u64(w, STR("unpriced_attempts"), t->unpriced);
}

void tell_totals(struct jsonw *w, const struct totals *t)
{
	jsonw_begin_object(w);
	tell_totals_members(w, t);
	jsonw_end_object(w);
}

/* Begin the array where the list begins, end it where that ends; which of n are next? */
static uint32_t begin_some(struct jsonw *w, uint32_t at, uint32_t n, uint32_t at_once)
{
	if (at == 0)
		jsonw_begin_array(w);
	return n - at > at_once ? at + at_once : n;
}

static void tell_point(struct jsonw *w, const struct survey *v, uint32_t i)
{
	const struct totals *t = &v->point[i];
	if (t->attempts == 0 && t->unsent == 0)
		return;
	jsonw_begin_object(w);
	tell_time(w, STR("from"), v->first_ms + i * tier_ms(v->step));
	tell_totals_members(w, t);
	jsonw_end_object(w);
}

bool tell_series(struct jsonw *w, const struct survey *v, uint32_t *at)
{
	uint32_t to = begin_some(w, *at, v->n_points, TOTALS_AT_ONCE);
	for (; *at < to; ++*at)
		tell_point(w, v, *at);
	if (*at < v->n_points)
		return false;
	jsonw_end_array(w);
	return true;
}

/* ---- rows ---------------------------------------------------------------------- */

void tell_client_id(uint64_t id, char out[static TELL_CLIENT_BYTES])
{
	snprintf(out, TELL_CLIENT_BYTES, "%016" PRIx64, id);
}

static void row_names(struct jsonw *w, const struct row *r, const char *client)
{
	char id[EXCHANGE_ID_TEXT_BYTES], client_id[TELL_CLIENT_BYTES];
	exchange_id_format(r->id, id);
	tell_client_id(r->client_id, client_id);
	tell_text(w, STR("id"), id);
	tell_u64(w, STR("attempt"), r->attempt);
	tell_text(w, STR("upstream_id"), r->upstream_id);
	tell_text(w, STR("session_id"), r->session);
	tell_text(w, STR("client"), client != NULL ? client : client_id);
	tell_text(w, STR("client_id"), client_id);
	tell_text(w, STR("key"), r->key);
	tell_text(w, STR("model"), r->model);
	tell_text(w, STR("model_served"), r->model_served);
	tell_text(w, STR("service_tier"), r->service_tier);
	tell_text(w, STR("priority"),
		exchange_priority_name((enum exchange_priority)r->priority));
	jsonw_key(w, STR("stream"));
	jsonw_bool(w, (r->flags & ROW_STREAM) != 0);
	tell_text(w, STR("api"), api_name((enum exchange_api)r->api));
	tell_u64(w, STR("max_tokens"), r->max_tokens);
}

void tell_price(struct jsonw *w, const struct row *r)
{
	char version[TELL_CLIENT_BYTES];
	tell_client_id(r->price_version, version);
	tell_u64(w, STR("prompt_tokens"), r->prompt_tokens);
	tell_u64(w, STR("cached_tokens"), r->cached_tokens);
	tell_u64(w, STR("cache_write_tokens"), r->cache_write_tokens);
	tell_u64(w, STR("prompt_audio_tokens"), r->prompt_audio_tokens);
	tell_u64(w, STR("reasoning_tokens"), r->reasoning_tokens);
	tell_u64(w, STR("completion_tokens"), r->completion_tokens);
	tell_u64(w, STR("completion_audio_tokens"), r->completion_audio_tokens);
	tell_text(w, STR("price_version"), version);
	tell_text(w, STR("pricing"), row_pricing_name(r));
	tell_u64(w, STR("cost_nanousd"), r->cost_nanousd);
}

static void tell_rate(struct jsonw *w, struct str key, uint64_t pico)
{
	jsonw_key(w, key);
	jsonw_fixed(w, (int64_t)MIN(pico, (uint64_t)INT64_MAX), RATE_PLACES);
}

static void tell_rate_or_null(
	struct jsonw *w, struct str key, bool is_there, uint64_t pico)
{
	if (is_there) {
		tell_rate(w, key, pico);
		return;
	}
	jsonw_key(w, key);
	jsonw_null(w);
}

static void rates_origin(struct jsonw *w, const struct rates *r)
{
	tell_text(w, STR("model"), r->model);
	tell_text(w, STR("tier"), model_tier_name((enum model_tier)r->tier));
	tell_time(w, STR("from"), r->from_ms);
	tell_u64_or_null(w, STR("long_context_from"), r->long_from_tokens != UINT64_MAX,
		r->long_from_tokens);
	jsonw_key(w, STR("long_context"));
	jsonw_bool(w, r->is_long);
	jsonw_key(w, STR("highest"));
	jsonw_bool(w, r->is_highest);
}

void tell_rates(struct jsonw *w, struct str key, const struct rates *r)
{
	jsonw_key(w, key);
	if (r == NULL || r->model[0] == '\0') {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	rates_origin(w, r);
	tell_rate(w, STR("input"), r->input);
	tell_rate(w, STR("cached"), r->cached);
	tell_rate(w, STR("cache_write"), r->cache_write);
	tell_rate(w, STR("output"), r->output);
	tell_rate_or_null(w, STR("audio_input"), r->has_audio, r->audio_input);
	tell_rate_or_null(w, STR("audio_output"), r->has_audio, r->audio_output);
	jsonw_end_object(w);
}

static void row_money(struct jsonw *w, const struct row *r)
{
	tell_price(w, r);
	tell_u64(w, STR("total_tokens"),
		num_add_sat(r->prompt_tokens, r->completion_tokens));
	tell_u64(w, STR("prompt_characters"), r->prompt_chars);
	tell_u64(w, STR("completion_characters"), r->completion_chars);
	tell_u64(w, STR("estimated_tokens"), r->estimated_tokens);
	tell_usd(w, STR("cost_usd"), r->cost_nanousd);
	tell_u64(w, STR("cost_high_nanousd"), r->high_nanousd);
	jsonw_key(w, STR("unpriced"));
	jsonw_bool(w, (r->flags & ROW_UNPRICED) != 0);
}

static void row_outcome(struct jsonw *w, const struct row *r)
{
	tell_text(w, STR("outcome"), outcome_name((enum attempt_outcome)r->outcome));
	tell_u64(w, STR("status"), r->status);
	tell_text(w, STR("error_code"), r->error_code);
	tell_text(w, STR("failure"),
		exchange_failure_name((enum exchange_failure)r->failure));
	tell_u64(w, STR("retries"), r->retries);
	tell_text(w, STR("retry_by"), row_retry_by_name(r));
	tell_u64(w, STR("retry_delay_ms"), r->retry_ns / NS_PER_MS);
	tell_text(w, STR("held_by"), row_held_by_name(r));
	tell_u64(w, STR("stabilization"), row_stabilization(r));
	jsonw_key(w, STR("final"));
	jsonw_bool(w, (r->flags & ROW_FINAL) != 0);
}

static void row_times(struct jsonw *w, const struct row *r)
{
	tell_u64(w, STR("queue_ms"), r->queue_ns / NS_PER_MS);
	tell_u64(w, STR("first_token_ms"), r->first_token_ns / NS_PER_MS);
	tell_u64(w, STR("duration_ms"), r->duration_ns / NS_PER_MS);
	tell_time(w, STR("queued_at"), r->queued_ms);
	tell_time(w, STR("sent_at"), row_is_unsent(r) ? 0 : r->sent_ms);
	tell_time(w, STR("done_at"), r->done_ms);
}

void tell_row(struct jsonw *w, const struct row *r, const char *client)
{
	jsonw_begin_object(w);
	row_names(w, r, client);
	row_money(w, r);
	row_outcome(w, r);
	row_times(w, r);
	jsonw_end_object(w);
}

/* ---- lists --------------------------------------------------------------------- */

static void tell_client(struct jsonw *w, uint64_t id, const struct tell_list *l)
{
	char text[TELL_CLIENT_BYTES];
	struct tell_client c = l->client(l->arg, id);
	tell_client_id(id, text);
	tell_text(w, l->key, c.name != NULL ? c.name : text);
	tell_text(w, STR("client_id"), text);
	jsonw_key(w, STR("revoked"));
	if (c.name != NULL)
		jsonw_bool(w, c.is_revoked);
	else
		jsonw_null(w);
}

void tell_group_name(struct jsonw *w, const struct group *g, const struct tell_list *l)
{
	struct str name = {g->name, g->n_name};
	uint64_t id = 0;
	if (l->client != NULL) {
		(void)!key_number(name, &id);
		tell_client(w, id, l);
		return;
	}
	jsonw_key(w, l->key);
	jsonw_string(w, name);
}

static void tell_group(
	struct jsonw *w, const struct group *x, const struct tell_list *l)
{
	jsonw_begin_object(w);
	tell_group_name(w, x, l);
	tell_totals_members(w, &x->totals);
	jsonw_end_object(w);
}

bool tell_groups(struct jsonw *w, const struct groups *g, const struct tell_list *l,
	uint32_t *at)
{
	uint32_t n;
	struct totals other;
	uint32_t to = begin_some(w, *at, groups_listed(g), TOTALS_AT_ONCE);
	for (; *at < to; ++*at)
		tell_group(w, groups_at(g, *at), l);
	if (*at < groups_listed(g))
		return false;
	if (groups_other(g, &n, &other)) {
		jsonw_begin_object(w);
		tell_text(w, l->key, "other");
		tell_u64(w, STR("names"), n);
		tell_totals_members(w, &other);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	return true;
}

static void tell_steps(struct jsonw *w, const struct strands *t, uint32_t name)
{
	jsonw_key(w, STR("points"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < t->n_points; i++) {
		const struct trail_point *p = strands_at(t, name, i);
		if (p->requests == 0 && p->tokens == 0 && p->cost_nanousd == 0)
			continue;
		jsonw_begin_object(w);
		tell_time(w, STR("from"), t->first_ms + i * tier_ms(t->step));
		tell_u64(w, STR("request_count"), p->requests);
		tell_u64(w, STR("total_tokens"), p->tokens);
		tell_usd(w, STR("total_cost_usd"), p->cost_nanousd);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

/* How many names the strand of all others stands for. */
static uint32_t names_beside(const struct strands *t, const struct groups *g)
{
	struct totals other;
	uint32_t n;
	(void)groups_other(g, &n, &other);
	return groups_listed(g) + n - t->n_names;
}

static void tell_strand(struct jsonw *w, const struct strands *t,
	const struct groups *g, const struct tell_list *l, uint32_t i)
{
	jsonw_begin_object(w);
	if (i < t->n_names) {
		tell_group_name(w, t->of[i], l);
	} else {
		tell_text(w, l->key, "other");
		tell_u64(w, STR("names"), names_beside(t, g));
	}
	tell_steps(w, t, i);
	jsonw_end_object(w);
}

bool tell_strands(struct jsonw *w, const struct strands *t, const struct groups *g,
	const struct tell_list *l, uint32_t *at)
{
	uint32_t n = t->n_names + t->has_other;
	uint32_t to = begin_some(w, *at, n, 1);
	for (; *at < to; ++*at)
		tell_strand(w, t, g, l, *at);
	if (*at < n)
		return false;
	jsonw_end_array(w);
	return true;
}
