/* atlasctl why: one request's attempts, as the ledger has them. Needs nobody to run. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/fresh.h"
#include "ctl/names.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/limits_view.h"
#include "insight/story.h"
#include "insight/queue_view.h"
#include "insight/unsent.h"
#include "segment/ending.h"
#include "store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const outcome_sentences[OUTCOMES] = {
	[OUTCOME_OPEN] = "under way, or its end is not written down yet",
	[OUTCOME_SETTLED_USAGE] = "answered; tokens as the upstream reported them",
	[OUTCOME_SETTLED_ESTIMATE] =
		"answered without a usage report; tokens estimated",
	[OUTCOME_RELEASED] = "not sent, or refused upstream; costs nothing",
	[OUTCOME_UNKNOWN] = "sent, fate unknown; counted at its upper bound",
};

/* Whose end was another than an answer: where its client was told less than all of it. */
static const char *const broken_sentences[OUTCOMES] = {
	[OUTCOME_SETTLED_USAGE] =
		"not answered in full; tokens as the upstream reported them",
	[OUTCOME_SETTLED_ESTIMATE] =
		"not answered in full; tokens estimated of what had come",
	[OUTCOME_UNKNOWN] =
		"its answer broke off, fate unknown; counted at its upper bound",
};

static const char *const cancelled_sentences[OUTCOMES] = {
	[OUTCOME_SETTLED_USAGE] = "cancelled; tokens as the upstream reported them",
	[OUTCOME_SETTLED_ESTIMATE] =
		"cancelled while its answer came; tokens estimated of what had come",
	[OUTCOME_UNKNOWN] = "cancelled, fate unknown; counted at its upper bound",
};

/* Of what makes nothing. */
static const char *const looking_sentences[OUTCOMES] = {
	[OUTCOME_SETTLED_ESTIMATE] =
		"answered; it asked only after what is there; costs nothing",
	[OUTCOME_UNKNOWN] =
		"sent, fate unknown; it asked only after what is there; costs nothing",
};

/* By its end as it is counted, where it has one, NULL = it says nothing more. */
static const char *end_sentence(const struct row *r)
{
	enum exchange_failure why = (enum exchange_failure)r->failure;
	if (exchange_ending(why, r->status) == ENDING_CANCELLED)
		return cancelled_sentences[r->outcome];
	return why != FAILURE_NONE && r->status != 0 ? broken_sentences[r->outcome]
						     : NULL;
}

static const char *sentence(const struct row *r)
{
	if (row_is_unsent(r))
		return "never sent; costs nothing";
	if (r->outcome == OUTCOME_RELEASED && r->status != 0)
		return "refused upstream; costs nothing";
	if (r->outcome >= OUTCOMES)
		return "impossible";
	if (!row_spends(r) && looking_sentences[r->outcome])
		return looking_sentences[r->outcome];
	const char *end = end_sentence(r);
	return end != NULL ? end : outcome_sentences[r->outcome];
}

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* ---- for people ---------------------------------------------------------------------------- */

static const char *amount(const struct client_limit_use *u, uint64_t n,
	char out[static CLIENT_MODELS_BYTES])
{
	struct client_limits l = {0};
	enum client_limit which = (enum client_limit)u->which;
	if (n == 0)
		return "0"; /* which as a limit would be none */
	client_limit_set_number(&l, which, n);
	return client_limit_format(&l, which, out);
}

static const char *dollar_of(const struct client_limit_use *u)
{
	bool is_usd = client_limit_unit((enum client_limit)u->which) == CLIENT_UNIT_USD;
	return is_usd ? "$" : "";
}

static void print_tightest(const struct row *r)
{
	const struct client_limit_use *u = &r->tightest;
	const char *name = client_limit_name((enum client_limit)u->which);
	char used[CLIENT_MODELS_BYTES], allowed[CLIENT_MODELS_BYTES];
	if ((r->flags & ROW_TIGHTEST) == 0)
		return;
	printf("  its token  %s%s of %s %s%s used", dollar_of(u),
		amount(u, u->used, used), name, dollar_of(u),
		amount(u, u->allowed, allowed));
	if (u->at_once > 0)
		printf(", of %u at once", u->at_once);
	printf("\n");
}

static void print_request(const char *id, const struct story *st)
{
	const struct row *r = &st->row[0];
	char queued[SHOW_TIME_BYTES], chars[SHOW_COUNT_BYTES];
	char most[NUM_U64_BYTES] = "none";
	if (r->max_tokens > 0)
		(void)num_format_u64(r->max_tokens, most);
	printf("request %s\n  model      %s\n  priority   %s\n  session    %s\n"
	       "  client     %s (%016" PRIx64 ")\n"
	       "  asked      %s, max_tokens %s, tier %s\n"
	       "  queued     %s\n",
		id, r->model,
		exchange_priority_name((enum exchange_priority)r->priority),
		or_dash(r->session), or_dash(st->client), r->client_id,
		show_count(r->prompt_chars, "character", chars), most,
		or_dash(r->tier_asked), show_time(r->queued_ms, queued));
	print_tightest(r);
}

static void print_hold(const struct row *r)
{
	const struct hold *h = &r->hold;
	char limit[SHOW_COUNT_BYTES];
	const char *window = show_window(h->window_s * NS_PER_S);
	bool is_pace = strcmp(h->scope, "key") == 0;
	if ((r->flags & ROW_HOLD) == 0)
		return;
	printf("  held by    %s %s %s%s%s",
		show_count(
			h->limit, h->unit == LIMIT_TOKENS ? "token" : "request", limit),
		*window == 'h' ? "an" : "a", window, is_pace ? "" : " of ",
		is_pace ? ", the pace of its key" : h->scope);
	if (h->burst > 0)
		printf(", let out evenly, at most %" PRIu64 " in advance: %" PRIu64
		       " taken in advance",
			h->burst, h->used);
	else
		printf(": %" PRIu64 " used", h->used);
	printf(", %" PRIu64 " for those ahead, %" PRIu64 " needed\n", h->ahead,
		h->needed);
}

static const char *span_or_dash(uint64_t ns, char span[static SHOW_SPAN_BYTES])
{
	return ns != 0 ? show_span(ns, span) : "-";
}

static void print_times(const struct row *r)
{
	char sent[SHOW_TIME_BYTES], done[SHOW_TIME_BYTES];
	char waited[SHOW_SPAN_BYTES], first[SHOW_SPAN_BYTES], whole[SHOW_SPAN_BYTES];
	enum wait_reason held_by = row_held_by(r);
	show_span(r->queue_ns, waited); /* of a further attempt with those before it */
	printf("  %-10s %s, ", row_is_unsent(r) ? "given up" : "sent",
		show_time(r->sent_ms, sent));
	printf(r->attempt > 1 ? "%s after it came" : "after %s in the queue", waited);
	if (held_by != WAIT_NOTHING)
		printf(", held by %s", wait_reason_name(held_by));
	printf("\n");
	print_hold(r);
	if (r->done_ms != 0 && !row_is_unsent(r))
		printf("  done       %s, first byte after %s, all after %s\n",
			show_time(r->done_ms, done),
			span_or_dash(r->first_token_ns, first),
			span_or_dash(r->duration_ns, whole));
}

static void print_rate(const char *what, uint64_t pico)
{
	char usd[NUM_FIXED_BYTES];
	num_format_fixed(pico, 6, usd);
	printf("%s $%s", what, usd);
}

/* Whose they are. */
static void print_origin(const struct rates *r)
{
	char from[SHOW_TIME_BYTES];
	printf("%s, tier %s%s%s%s%s", r->model,
		model_tier_name((enum model_tier)r->tier),
		r->is_long ? ", of long prompts" : "",
		r->is_highest ? ", the dearest" : "", r->from_ms != 0 ? ", since " : "",
		r->from_ms != 0 ? show_time(r->from_ms, from) : "");
}

/* Does the bound come about by other rates than the cost? */
static bool has_own_rates(const struct rates *high, const struct rates *r)
{
	return high->model[0] != '\0' &&
	       (r == NULL || r->tier != high->tier || r->is_long != high->is_long ||
		       r->input != high->input || r->output != high->output ||
		       strcmp(r->model, high->model) != 0);
}

/* Whatever kind a token is of. */
static void print_high_rates(const struct rates *high)
{
	printf("             by ");
	print_origin(high);
	print_rate(":\n             in", high->input);
	print_rate(", out", high->output);
	printf(" per million tokens of any kind\n");
}

/* Before it was sent: what it was let in with. */
static void print_bounds(const struct story *st, uint32_t ix)
{
	const struct row *r = &st->row[ix];
	const struct rates *by = &st->high_rates[ix];
	char high[NUM_USD_BYTES], tokens[SHOW_COUNT_BYTES];
	enum stabilizer_state pace = (enum stabilizer_state)row_stabilization(r);
	bool has_price = by->model[0] != '\0' || r->high_nanousd > 0 || !row_spends(r);
	num_format_usd(r->high_nanousd, high);
	printf("  reserved   %s of the upstream limits, the key in state %s\n"
	       "  at most    %u prompt (a byte of its body each, or all the model "
	       "reads),\n             %u completion, %s%s\n",
		show_count(r->estimated_tokens, "token", tokens),
		stabilizer_state_name(pace), r->high_prompt_tokens,
		r->high_completion_tokens, has_price ? "$" : "",
		has_price ? high : "for which the catalogue has no price");
	if (has_own_rates(by, story_rates(st, ix)))
		print_high_rates(by);
}

static void print_tokens(const struct row *r)
{
	char cost[NUM_USD_BYTES];
	num_format_usd(r->cost_nanousd, cost);
	printf("  tokens     %" PRIu64 " prompt (%u cached), %" PRIu64
	       " completion (%u reasoning)\n",
		r->prompt_tokens, r->cached_tokens, r->completion_tokens,
		r->reasoning_tokens);
	if (r->cache_write_tokens > 0 || r->prompt_audio_tokens > 0 ||
		r->completion_audio_tokens > 0)
		printf("             %u written to the cache, audio %u in and %u out\n",
			r->cache_write_tokens, r->prompt_audio_tokens,
			r->completion_audio_tokens);
	printf("  cost       %s$%s%s (price version %016" PRIx64 ")\n",
		r->outcome == OUTCOME_UNKNOWN ? "$0 to " : "", cost,
		!row_spends(r)                   ? ""
		: (r->flags & ROW_UNPRICED) != 0 ? ", the model has no price"
		: (r->flags & ROW_ASSUMED) != 0  ? ", at the nearest rate known"
						 : "",
		r->price_version);
}

static void print_rates(const struct rates *r)
{
	if (r == NULL)
		return;
	printf("  rates      ");
	print_origin(r);
	printf(", per million tokens:\n            ");
	print_rate(" in", r->input);
	print_rate(", cached", r->cached);
	print_rate(", cache write", r->cache_write);
	print_rate(", out", r->output);
	if (r->has_audio) {
		print_rate(", audio in", r->audio_input);
		print_rate(", audio out", r->audio_output);
	}
	printf("\n");
	if (r->long_from_tokens != UINT64_MAX)
		printf("             other rates from a prompt of %" PRIu64
		       " tokens on\n",
			r->long_from_tokens);
}

static void print_attempt(const struct story *st, uint32_t ix)
{
	const struct row *r = &st->row[ix];
	printf("\nattempt %u: %s\n  outcome    %s\n", r->attempt,
		outcome_name((enum attempt_outcome)r->outcome), sentence(r));
	print_times(r);
	if (r->status != 0)
		printf("  status     %u%s%s\n", r->status,
			r->error_code[0] != '\0' ? " " : "", r->error_code);
	if ((r->flags & ROW_FINAL) != 0 && r->failure != FAILURE_NONE)
		printf("  failure    %s\n",
			exchange_failure_name((enum exchange_failure)r->failure));
	if (row_is_unsent(r))
		return;
	printf("  upstream   key %s, served by %s, tier %s, id %s\n", or_dash(r->key),
		or_dash(r->model_served), or_dash(r->service_tier),
		or_dash(r->upstream_id));
	print_bounds(st, ix);
	print_tokens(r);
	print_rates(story_rates(st, ix));
}

/* ---- the walk --------------------------------------------------------------------------------- */

static bool walk_once(
	struct store *s, struct story *st, bool *is_damaged, struct err *e)
{
	struct query_place at = query_start();
	enum query_verdict v;
	st->n = 0;
	do
		v = query_request(s, st->id, &at, story_take, st, e);
	while (v == QUERY_MORE);
	show_damaged(at.n_bad);
	*is_damaged = at.n_bad > 0;
	return v == QUERY_DONE && story_find_rates(st, s, e);
}

static enum ctl_exit walk(const struct ctl *c, struct store *s,
	const struct segment *running, struct story *st)
{
	struct queue_view_entry queued;
	struct err e = {0};
	char why[UNSENT_BYTES];
	bool is_written = true, is_about, is_damaged;
	do {
		is_about = running != NULL &&
			   queue_view_find(&queued, running, st->id, clock_mono_ns());
		if (running != NULL)
			is_written = fresh_wait(running);
		if (!walk_once(s, st, &is_damaged, &e))
			return ctl_fail(c, CTL_REFUSED, "%s", e.text);
		if (story_is_over(st) || (st->n > 0 && is_written))
			return CTL_DONE;
	} while (unsent_explain(running, st->id, is_damaged, is_written,
			 clock_mono_ns(), why) == UNSENT_NEVER &&
		 is_about);
	return ctl_fail(c, CTL_REFUSED, "%s: %s", c->arg[0], why);
}

static enum ctl_exit find(const struct ctl *c, struct store *s, struct story *st)
{
	struct segment running;
	bool runs = segment_open(&running, c->segment, NULL);
	enum ctl_exit status = walk(c, s, runs ? &running : NULL, st);
	if (runs)
		segment_close(&running);
	return status;
}

static void find_name(struct store *s, struct story *st)
{
	struct names *names = names_read(s);
	const char *name = names_find(names, st->row[0].client_id);
	snprintf(st->client, sizeof st->client, "%s", name != NULL ? name : "");
	names_free(names);
}

static void tell_json(const struct story *st)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	story_tell(&w, st);
	show_json(&w);
	jsonw_fini(&w);
}

/* What has outlasted its delay held the next attempt. */
static void print_again(const struct row *r, uint64_t after_ms)
{
	char span[SHOW_SPAN_BYTES];
	const char *held_by = row_held_by_name(r + 1);
	printf("  again      %s later", show_span(after_ms * NS_PER_MS, span));
	if (held_by[0] != '\0' && after_ms > r->retry_ns / NS_PER_MS)
		printf(", held by %s", held_by);
	printf("\n");
}

static void print_retry(const struct story *st, uint32_t ix)
{
	const struct row *r = &st->row[ix];
	const char *by = retry_word_name(row_retry_by(r));
	uint64_t after_ms;
	char span[SHOW_SPAN_BYTES];
	if (by != NULL)
		printf("  delay      %s, by %s\n", show_span(r->retry_ns, span), by);
	enum story_retry became = story_retry(st, ix, &after_ms);
	if (became == STORY_RETRY_SENT)
		print_again(r, after_ms);
	if (became == STORY_RETRY_GIVEN_UP)
		printf("  retry      was called for, never sent: %s after %s\n",
			row_error(r + 1), show_span(after_ms * NS_PER_MS, span));
}

static void print_story(const struct ctl *c, const struct story *st)
{
	print_request(c->arg[0], st);
	for (uint32_t i = 0; i < st->n; i++) {
		print_attempt(st, i);
		print_retry(st, i);
	}
}

enum ctl_exit ctl_why(struct ctl *c)
{
	static struct story st;
	struct store *s;
	if (!exchange_id_parse((struct str){c->arg[0], strlen(c->arg[0])}, st.id))
		return ctl_fail(c, CTL_REFUSED,
			"%s is no request id: they look like req_ and 32 hex digits, as "
			"in the header X-Atlas-Request-Id",
			c->arg[0]);
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	status = find(c, s, &st);
	if (status == CTL_DONE)
		find_name(s, &st);
	if (status == CTL_DONE && c->is_json)
		tell_json(&st);
	else if (status == CTL_DONE)
		print_story(c, &st);
	store_close(s);
	return status;
}
