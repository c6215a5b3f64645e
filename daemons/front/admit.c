/* Taking from a client's limits, and giving back. */
#include "front/admit.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/clientgate.h"
#include "front/admit_refuse.h"
#include "front/front.h"
#include "insight/price.h"
#include "rate/estimate.h"
#include "segment/apis.h"
#include "segment/client_use.h"
#include "text/delay.h"
#include "text/phrase.h"

#include <stdlib.h>
#include <string.h>

/* Money whose settle stands before `position` of dispatch's fact lane. */
struct due {
	uint64_t position, nanousd;
	uint32_t client_ix;
};

struct admit {
	struct client_limits defaults;
	struct facts facts; /* dispatch's lane */
	uint64_t first, n;  /* of the ring of due */
	struct due due[ADMIT_DUE];
};

_Static_assert(
	(int)GATE_RATES == (int)CLIENT_RATES, "the rates come first in the list");
_Static_assert((int)GATE_PRIORITY_NORMAL == (int)PRIORITY_NORMAL &&
		       (int)GATE_PRIORITY_HIGHEST == (int)PRIORITY_URGENT,
	"the same numbers");

/* ---- the part of the front --------------------------------------------------------------- */

void admit_init(struct front *f)
{
	f->admit = calloc(1, sizeof *f->admit);
	must(f->admit != NULL);
	must(segment_facts(f->process.segment, SLOT_DISPATCH, &f->admit->facts));
	gate_defaults(&f->process.settings, &f->admit->defaults);
}

void admit_fini(struct front *f)
{
	free(f->admit);
}

static const struct clients *clients_of(const struct front *f)
{
	return &f->process.segment->clients;
}

void admit_adopt(struct front *f)
{
	struct client_limits old = f->admit->defaults;
	gate_defaults(&f->process.settings, &f->admit->defaults);
	client_use_adopt(clients_of(f), &old, &f->admit->defaults);
}

static void limits_of(const struct front *f, uint32_t ix, struct client_limits *l)
{
	clients_limits(clients_of(f), ix, l);
	client_limits_fill(l, &f->admit->defaults);
}

void admit_limits(const struct conn *c, struct client_limits *l)
{
	limits_of(c->front, c->request->client_ix, l);
}

static bool rate_of(const struct front *f, const struct client_limits *l,
	unsigned which, struct bucket_rate *rate)
{
	return gate_rate(l, (enum client_limit)which,
		f->process.settings.client_burst_percent, rate);
}

/* ---- what a request is to the limits ------------------------------------------------------- */

static bool has_budget(const struct client_limits *l)
{
	return client_limit_get(l, CLIENT_LIMIT_budget_day) > 0 ||
	       client_limit_get(l, CLIENT_LIMIT_budget_week) > 0 ||
	       client_limit_get(l, CLIENT_LIMIT_budget_month) > 0;
}

/* As an attempt counts whose outcome nobody knows: a token is at least one byte of the
 * body, and the answer is as long as it may get. Less held would let a budget be passed by
 * whatever such attempts come to. Pictures that the body only names are not held: they
 * would be as much as the model can read. A model without a price costs nothing that is
 * known. */
static uint64_t cost_at_most(
	const struct front *f, const struct model *m, const struct estimate_request *r)
{
	struct price_request q = {m, STR(""), f->process.now_ms};
	return price_highest(&q, r->body_bytes,
		r->writes_nothing ? 0 : estimate_high_completion(r), NULL);
}

static bool has_token_rate(const struct client_limits *l)
{
	return client_limit_get(l, CLIENT_LIMIT_tokens_per_minute) > 0 ||
	       client_limit_get(l, CLIENT_LIMIT_tokens_per_hour) > 0;
}

/* What its model's requests usually write, where that is what the rates are charged. */
static uint64_t usual_tokens(const struct front *f, const struct client_limits *l,
	const struct exchange_request *q)
{
	struct upstream_keys keys;
	if (q->max_tokens > 0 || !has_token_rate(l) ||
		page_read(f->process.segment->keys, &keys, sizeof keys) == 0)
		return 0;
	return history_told_usual(&keys.usual, q->model);
}

static struct gate_request request_of(const struct front *f,
	const struct client_limits *l, const struct exchange_request *q)
{
	struct str model = {q->model, strnlen(q->model, sizeof q->model)};
	const struct model *m = models_find(f->models, model);
	struct estimate_request r = {.prompt_chars = q->prompt_chars,
		.body_bytes = q->body_bytes,
		.max_tokens = q->max_tokens,
		.n_choices = q->n_choices,
		.model_max_tokens = m ? m->max_output_tokens : 0,
		.writes_nothing = !exchange_writes(q),
		.usual_tokens = usual_tokens(f, l, q)};
	return (struct gate_request){.model = model,
		.prompt_chars = q->prompt_chars,
		.max_tokens = q->max_tokens,
		.is_answered_in_text = !r.writes_nothing,
		.priority = q->priority,
		.tokens = estimate_tokens(&r),
		.nanousd = has_budget(l) ? cost_at_most(f, m, &r) : 0};
}

/* ---- taking -------------------------------------------------------------------------------- */

static bool has_denied_phrase(const struct conn *c)
{
	const struct settings_list *deny = &c->front->process.settings.client_deny;
	struct str phrases[SETTINGS_LIST_MAX];
	struct str body = {c->request->body, c->request->n_body};
	for (uint32_t i = 0; i < deny->n; i++)
		phrases[i] = (struct str){deny->entry[i], strlen(deny->entry[i])};
	return deny->n > 0 && phrase_is_in(body, phrases, deny->n);
}

static void drop(struct front *f, uint32_t ix, uint64_t requests, uint64_t nanousd)
{
	struct client_use use = {requests, nanousd};
	client_use_drop(clients_of(f), f->process.heritage->channel, ix, &use);
}

/* One's own hold stands: is the sum of all within the limits? Held money first, what is
 * spent behind it: see client_use.h. */
static bool check_use(const struct front *f, uint32_t ix, const struct client_limits *l,
	const struct gate_request *r, struct gate_use *use, struct gate_refusal *no)
{
	*use = (struct gate_use){.now_ms = f->process.now_ms};
	if (client_limit_get(l, CLIENT_LIMIT_concurrent) == 0 && !has_budget(l))
		return true;
	struct client_use held = client_use_held(clients_of(f), ix);
	client_use_spent(clients_of(f), ix, use->now_ms, use->spent_nanousd);
	use->held_requests = held.requests;
	use->held_nanousd = held.nanousd;
	return gate_check_use(l, r, use, no);
}

/* All has been taken: what have the limits come to with it? */
static void note_tightest(const struct front *f, const struct client_limits *l,
	const struct gate_use *use, const struct admitted *a,
	struct client_limit_use *tightest)
{
	struct bucket_rate rate;
	gate_note_use(l, use, tightest);
	for (unsigned i = 0; i < CLIENT_RATES; i++)
		if ((a->rates & 1u << i) != 0 && rate_of(f, l, i, &rate))
			gate_note_rate((enum client_limit)i, &rate,
				client_use_tat(clients_of(f), a->client_ix,
					(enum client_rate)i),
				a->taken_ns, tightest);
}

static bool take_rates(struct front *f, const struct client_limits *l,
	const struct gate_request *r, struct admitted *a, struct gate_refusal *no)
{
	struct client_take take[CLIENT_RATES] = {0};
	struct bucket_take t;
	for (unsigned i = 0; i < CLIENT_RATES; i++) {
		if (!rate_of(f, l, i, &take[i].rate))
			continue;
		take[i].n = gate_rate_cost((enum client_limit)i, r);
		a->rates |= (uint8_t)(1u << i);
	}
	enum client_rate refused =
		client_use_take(clients_of(f), a->client_ix, take, a->taken_ns, &t);
	if (refused == CLIENT_RATES)
		return true;
	a->rates = 0;
	gate_rate_refusal((enum client_limit)refused, &take[refused].rate,
		take[refused].n, t.tat_ns, a->taken_ns, no);
	return false;
}

static bool take(struct front *f, const struct client_limits *l,
	const struct gate_request *r, struct admitted *a,
	struct client_limit_use *tightest, struct gate_refusal *no)
{
	struct gate_use use;
	admit_turn(f); /* what is known to be over does not stand in the way */
	client_use_hold(
		clients_of(f), f->process.heritage->channel, a->client_ix, r->nanousd);
	if (check_use(f, a->client_ix, l, r, &use, no) && take_rates(f, l, r, a, no)) {
		note_tightest(f, l, &use, a, tightest);
		a->is_held = true;
		return true;
	}
	drop(f, a->client_ix, 1, r->nanousd);
	return false;
}

/* A client that its budget keeps out is told of to whoever watches budgets. */
static void refuse(struct conn *c, uint32_t ix, const struct gate_refusal *no)
{
	const struct front *f = c->front;
	if (gate_is_for_budget(no))
		client_use_refuse(
			clients_of(f), ix, gate_period(no->limit), f->process.now_ms);
	admit_refuse(c, no);
}

bool admit(struct conn *c, struct exchange_request *q, bool has_priority,
	struct admitted *a)
{
	struct front *f = c->front;
	struct client_limits l;
	struct gate_refusal no;
	limits_of(f, q->client_ix, &l);
	struct gate_request r = request_of(f, &l, q);
	r.has_priority = has_priority;
	*a = (struct admitted){.nanousd = r.nanousd,
		.tokens = r.tokens,
		.taken_ns = f->process.now_ns,
		.client_ix = q->client_ix};
	if (!gate_check_form(&l, &r, &no)) {
		refuse(c, a->client_ix, &no);
		return false;
	}
	if (has_denied_phrase(c)) {
		admit_refuse_phrase(c);
		return false;
	}
	if (!take(f, &l, &r, a, &q->tightest, &no)) {
		refuse(c, a->client_ix, &no);
		return false;
	}
	client_use_let_in(clients_of(f), a->client_ix, f->process.now_ms,
		f->process.settings.alerts_hold_ns / NS_PER_MS);
	q->priority = (uint8_t)gate_priority(&l, &r);
	return true;
}

/* ---- giving back ----------------------------------------------------------------------------- */

/* Of the rates in a->rates, n units were taken each, and came to `actual`. */
static void correct(struct front *f, const struct admitted *a, unsigned which,
	uint64_t n, uint64_t actual)
{
	struct client_limits l;
	struct bucket_rate rate;
	struct bucket_use use = {n, actual, a->taken_ns};
	limits_of(f, a->client_ix, &l);
	if ((a->rates & 1u << which) != 0 && n != actual &&
		rate_of(f, &l, which, &rate))
		client_use_correct(clients_of(f), a->client_ix, (enum client_rate)which,
			&rate, &use, f->process.now_ns);
}

static void correct_tokens(struct front *f, const struct admitted *a, uint64_t actual)
{
	correct(f, a, RATE_TOKENS_MINUTE, a->tokens, actual);
	correct(f, a, RATE_TOKENS_HOUR, a->tokens, actual);
}

void admit_undo(struct front *f, struct admitted *a)
{
	if (!a->is_held)
		return;
	correct(f, a, RATE_REQUESTS_MINUTE, 1, 0);
	correct(f, a, RATE_REQUESTS_HOUR, 1, 0);
	correct_tokens(f, a, 0);
	drop(f, a->client_ix, 1, a->nanousd);
	*a = (struct admitted){0};
}

/* What was never sent, answered from what is kept, or refused by the upstream, has used no
 * token; where nobody knows, the estimate stands. */
static uint64_t tokens_used(const struct admitted *a, const struct exchange *x)
{
	const struct exchange_reply *r = &x->reply;
	uint64_t tokens = num_add_sat(r->prompt_tokens, r->completion_tokens);
	bool is_dark = r->failure == FAILURE_UPSTREAM_OUTCOME_UNKNOWN ||
		       r->failure == FAILURE_UPSTREAM_TIMEOUT ||
		       r->failure == FAILURE_UPSTREAM_PROTOCOL ||
		       r->failure == FAILURE_UPSTREAM_TRUNCATED ||
		       r->failure == FAILURE_CANCELLED ||
		       r->failure == FAILURE_REQUEST_CANCELLED ||
		       r->failure == FAILURE_STOPPED;
	if (exchange_attempt(x) == 0)
		return 0;
	return tokens == 0 && is_dark ? a->tokens : tokens;
}

/* Of an answer that took one attempt all is known; what others may have cost is not. */
static void hold_what_it_cost(
	struct front *f, struct admitted *a, const struct exchange *x)
{
	const struct exchange_reply *r = &x->reply;
	if (r->failure != FAILURE_NONE || r->retries > 0 || r->n_unknown > 0 ||
		r->cost_nanousd >= a->nanousd)
		return;
	drop(f, a->client_ix, 0, a->nanousd - r->cost_nanousd);
	a->nanousd = r->cost_nanousd;
}

void admit_settle(struct front *f, struct admitted *a, const struct exchange *x)
{
	if (a->is_held)
		hold_what_it_cost(f, a, x);
	if (a->rates == 0)
		return;
	correct_tokens(f, a, tokens_used(a, x));
	a->rates = 0;
}

static void drop_oldest(struct front *f)
{
	struct admit *d = f->admit;
	const struct due *one = &d->due[d->first % ADMIT_DUE];
	drop(f, one->client_ix, 0, one->nanousd);
	d->first++;
	d->n--;
}

static void wait_for_record(struct front *f, const struct admitted *a)
{
	struct admit *d = f->admit;
	if (d->n == ADMIT_DUE)
		drop_oldest(f);
	/* The settle was pushed before the state was moved, and we have seen that. */
	d->due[(d->first + d->n++) % ADMIT_DUE] =
		(struct due){facts_position(&d->facts), a->nanousd, a->client_ix};
}

void admit_end(struct front *f, struct admitted *a, const struct exchange *x)
{
	if (!a->is_held)
		return;
	admit_settle(f, a, x);
	bool may_cost = a->nanousd > 0 && exchange_attempt(x) > 0;
	drop(f, a->client_ix, 1, may_cost ? 0 : a->nanousd);
	if (may_cost)
		wait_for_record(f, a);
	*a = (struct admitted){0};
}

void admit_turn(struct front *f)
{
	struct admit *d = f->admit;
	if (d->n == 0)
		return;
	uint64_t committed = facts_committed(&d->facts);
	while (d->n > 0 && d->due[d->first % ADMIT_DUE].position <= committed)
		drop_oldest(f);
}

/* ---- headers ------------------------------------------------------------------------------------ */

/* Of the minute's and the hour's bucket the one with less left. */
struct left {
	bool is_limited;
	uint64_t limit, n, reset_ns;
};

static void look_at_rate(const struct front *f, uint32_t ix,
	const struct client_limits *l, unsigned which, struct left *out)
{
	struct bucket_rate rate;
	if (!rate_of(f, l, which, &rate))
		return;
	uint64_t tat = client_use_tat(clients_of(f), ix, (enum client_rate)which);
	uint64_t now = f->process.now_ns, n = bucket_left(tat, &rate, now);
	if (!out->is_limited || n < out->n)
		*out = (struct left){true, rate.tokens, n, num_sub_sat(tat, now)};
}

static void add_left(
	struct http_reply *r, const struct str names[static 3], const struct left *left)
{
	char reset[DELAY_GO_BYTES];
	if (!left->is_limited)
		return;
	delay_format_go(left->reset_ns, reset);
	http_reply_add_u64(r, names[0], left->limit);
	http_reply_add_u64(r, names[1], left->n);
	http_reply_add(r, names[2], (struct str){reset, strlen(reset)});
}

void admit_add_headers(const struct conn *c, struct http_reply *r)
{
	static const struct str names[2][3] = {
		{STR("x-ratelimit-limit-requests"),
			STR("x-ratelimit-remaining-requests"),
			STR("x-ratelimit-reset-requests")},
		{STR("x-ratelimit-limit-tokens"), STR("x-ratelimit-remaining-tokens"),
			STR("x-ratelimit-reset-tokens")}};
	const struct front *f = c->front;
	uint32_t ix = c->request->client_ix;
	struct client_limits l;
	struct left requests = {0}, tokens = {0};
	limits_of(f, ix, &l);
	look_at_rate(f, ix, &l, RATE_REQUESTS_MINUTE, &requests);
	look_at_rate(f, ix, &l, RATE_REQUESTS_HOUR, &requests);
	look_at_rate(f, ix, &l, RATE_TOKENS_MINUTE, &tokens);
	look_at_rate(f, ix, &l, RATE_TOKENS_HOUR, &tokens);
	add_left(r, names[0], &requests);
	add_left(r, names[1], &tokens);
}
