/* Upstream limits, and the state of the key. */
#include "dispatch/governor.h"

#include "base/clock.h"
#include "base/num.h"
#include "dispatch/dispatch.h"
#include "dispatch/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)

enum { MEAN_WEIGHT = 16 }; /* the newest attempt counts for a 16th of the mean */

/* ---- settings -------------------------------------------------------------------- */

static const struct {
	enum limit_unit unit;
	uint64_t window_ns;
	size_t setting; /* offset in struct settings */
} rows[GOVERNOR_LIMITS] = {
	{LIMIT_REQUESTS, MINUTE_NS, offsetof(struct settings, requests_per_minute)},
	{LIMIT_REQUESTS, HOUR_NS, offsetof(struct settings, requests_per_hour)},
	{LIMIT_TOKENS, MINUTE_NS, offsetof(struct settings, tokens_per_minute)},
	{LIMIT_TOKENS, HOUR_NS, offsetof(struct settings, tokens_per_hour)},
};

static uint64_t setting_at(const struct settings *s, size_t offset)
{
	uint64_t value;
	memcpy(&value, (const char *)s + offset, sizeof value);
	return value;
}

static void adopt_limits(struct dispatch *d)
{
	struct governor *g = &d->governor;
	const struct settings *s = &d->process.settings;
	struct limits *limits = &d->process.segment->shared->limits;
	g->smallest_tokens = 0;
	for (size_t i = 0; i < GOVERNOR_LIMITS; i++) {
		uint64_t rate = setting_at(s, rows[i].setting);
		struct upstream_limit *l = limits_get(
			limits, g->past, "all", rows[i].unit, rows[i].window_ns);
		must(l != NULL);
		limit_set(l, rate, d->process.now_ns);
		g->all[i] = l;
		if (rows[i].unit == LIMIT_TOKENS && rate > 0)
			g->smallest_tokens = g->smallest_tokens
						     ? MIN(g->smallest_tokens, rate)
						     : rate;
	}
}

static void adopt_policy(struct dispatch *d)
{
	const struct settings *s = &d->process.settings;
	d->governor.policy = (struct stabilizer_policy){.hold_ns = s->stabilization_ns,
		.base_delay_ns = s->retry_base_delay_ns,
		.max_delay_ns = s->stabilization_max_backoff_ns,
		.out_ns = s->stabilization_recheck_ns,
		.n_faults = s->stabilization_faults,
		.requests_per_minute = s->requests_per_minute,
		.tokens_per_minute = s->tokens_per_minute};
}

struct admission_limit governor_limit(
	const struct dispatch *d, struct upstream_limit *l)
{
	uint64_t value = limit_value(l);
	struct admission_limit a = {.window = &l->window,
		.limit = value > 0 ? value : UINT64_MAX,
		.is_tokens = l->unit == LIMIT_TOKENS};
	if (value > 0 && limit_is_smoothed(l)) {
		a.bucket = &l->bucket;
		a.rate = limit_rate(value, d->process.settings.limits_burst_ns);
	}
	return a;
}

/* Before a restart the bursts of minute limits have been used, as far as anybody knows:
 * what follows comes at the limits' pace. */
static void spend_bursts(struct dispatch *d)
{
	struct limits *limits = &d->process.segment->shared->limits;
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *l = &limits->limit[i];
		if (!limit_is_active(l) || limit_value(l) == 0 ||
			window_used(&l->window, d->process.now_ns) == 0)
			continue;
		struct admission_limit a = governor_limit(d, l);
		if (a.bucket != NULL)
			bucket_defer(a.bucket, &a.rate, 1, d->process.now_ns);
	}
}

void governor_adopt(struct dispatch *d)
{
	adopt_limits(d);
	model_rows_adopt(d);
	adopt_policy(d);
	if (d->governor.key.state == STABILIZER_OUT_OF_SERVICE) {
		struct stabilizer_report r = {.event = STABILIZER_ON_RESET};
		(void)stabilizer_step(
			&d->governor.key, &d->governor.policy, &r, d->process.now_ns);
		d->governor.is_state_told = false;
	}
	governor_publish(d);
}

void governor_note_key(struct dispatch *d)
{
	d->governor.key_since_ns = d->process.now_ns;
}

static void read_past(struct dispatch *d)
{
	struct past *p = malloc(sizeof *p);
	must(p != NULL);
	if (page_read(d->process.segment->past, p, sizeof *p) > 0) {
		d->governor.past = p;
		return;
	}
	free(p);
}

/* A predecessor's last word, and the time since then in which nobody ran. */
static bool load_key(struct dispatch *d)
{
	struct governor *g = &d->governor;
	struct upstream_keys kept;
	uint64_t now = d->process.now_ns;
	if (page_read(d->process.segment->keys, &kept, sizeof kept) == 0 || kept.n == 0)
		return false;
	const struct upstream_key *k = &kept.key[0];
	stabilizer_load(&g->key, &k->stabilizer, num_sub_sat(now, k->as_of_ns), now);
	g->mean_ns = k->mean_ns;
	g->flow = kept.flow;
	return true;
}

/* The same from the ledger. */
static void load_past_key(struct dispatch *d)
{
	struct governor *g = &d->governor;
	uint64_t now = d->process.now_ns;
	const struct past_key *k =
		g->past ? past_find_key(g->past, d->upstream->key_name) : NULL;
	if (k == NULL)
		return;
	uint64_t since_ns = num_sub_sat(now, g->past->as_of_ns);
	stabilizer_load(&g->key, &k->state, num_add_sat(k->away_ns, since_ns), now);
}

/* A predecessor's, or what the ledger's newest rows say. */
static void load_history(struct dispatch *d)
{
	struct governor *g = &d->governor;
	g->history = &d->process.segment->shared->limits.history;
	if (g->past != NULL && history_is_empty(g->history))
		*g->history = g->past->history;
}

void governor_open(struct dispatch *d)
{
	stabilizer_init(&d->governor.key, d->process.now_ns);
	read_past(d);
	load_history(d);
	d->governor.is_reset_told = true;
	provider_rows_open(d);
	d->governor.is_state_told = !load_key(d);
	if (d->governor.is_state_told) {
		load_past_key(d);
		governor_adopt(d);
		spend_bursts(d);
		return;
	}
	governor_adopt(d);
}

void governor_close(struct dispatch *d)
{
	free(d->governor.past);
	d->governor.past = NULL;
}

/* ---- before an attempt ------------------------------------------------------------ */

static bool tick(struct dispatch *d)
{
	return stabilizer_tick(
		&d->governor.key, &d->governor.policy, d->process.now_ns);
}

static void tell_out_of_service(struct dispatch *d)
{
	const char *why = d->governor.refusal == FAILURE_UPSTREAM_QUOTA
				  ? "the upstream account has nothing left to spend"
				  : "the upstream refuses the key";
	log_event(LOG_WARN, EVENT_KEY_OUT_OF_SERVICE,
		"key=%s reason=\"%s\" probed_in_s=%llu", d->upstream->key_name, why,
		(unsigned long long)(d->governor.policy.out_ns / NS_PER_S));
	process_keep(&d->process, EVENT_KEY_OUT_OF_SERVICE, d->governor.key.state);
}

static void tell_other_state(struct dispatch *d)
{
	const struct stabilizer *s = &d->governor.key;
	log_event(LOG_INFO, EVENT_KEY_STATE,
		"key=%s state=%s errors=%u held_requests_per_minute=%llu",
		d->upstream->key_name, stabilizer_state_name(s->state), s->n_errors,
		(unsigned long long)(stabilizer_held(s, &d->governor.policy).requests /
				     60));
	process_keep(&d->process, EVENT_KEY_STATE, s->state);
}

/* That a probe may go is told as it is sent. */
static void tell_state(struct dispatch *d)
{
	if (d->governor.key.state == STABILIZER_OUT_OF_SERVICE)
		tell_out_of_service(d);
	else if (d->governor.key.state != STABILIZER_PROBE)
		tell_other_state(d);
	d->governor.is_state_told = false;
	governor_publish(d);
}

enum governor_gate governor_gate(struct dispatch *d, uint64_t *at_ns)
{
	if (tick(d))
		tell_state(d);
	if (d->governor.key.state == STABILIZER_OUT_OF_SERVICE)
		return GATE_CLOSED;
	*at_ns = stabilizer_earliest_ns(&d->governor.key);
	return *at_ns > d->process.now_ns ? GATE_LATER : GATE_OPEN;
}

uint64_t governor_smallest_tokens(const struct dispatch *d, const char *model)
{
	uint64_t all = d->governor.smallest_tokens, own = model_rows_smallest(d, model);
	return all == 0 || own == 0 ? MAX(all, own) : MIN(all, own);
}

static size_t add_pace(struct bucket *b, uint64_t per_hour, bool is_tokens,
	struct admission_limit *out)
{
	if (per_hour == 0)
		return 0;
	*out = (struct admission_limit){
		.bucket = b, .rate = {per_hour, HOUR_NS, 1, 0}, .is_tokens = is_tokens};
	return 1;
}

size_t governor_shared(
	struct dispatch *d, struct admission_limit out[static WAIT_LIMITS])
{
	struct governor *g = &d->governor;
	size_t n = 0;
	for (; n < GOVERNOR_LIMITS; n++)
		out[n] = governor_limit(d, g->all[n]);
	struct stabilizer_pace pace =
		stabilizer_pace(&g->key, &g->policy, d->process.now_ns);
	n += add_pace(&g->pace_requests, pace.requests, false, &out[n]);
	n += add_pace(&g->pace_tokens, pace.tokens, true, &out[n]);
	return n;
}

void governor_apply(struct dispatch *d, struct job *j)
{
	j->n_limits = j->n_shared = 0;
	if (j->exchange->request.kind != EXCHANGE_COMPLETION)
		return;
	j->n_shared = governor_shared(d, j->limits);
	for (size_t i = 0; i < j->n_shared; i++)
		j->limits[i].cost = j->limits[i].is_tokens ? j->estimate : 1;
	j->n_limits = j->n_shared + model_rows_apply(d, j, &j->limits[j->n_shared]);
	j->n_limits += provider_rows_apply(d, j, &j->limits[j->n_limits]);
	headroom_keep(&d->governor.headroom, d->backlog, j->limits, j->n_limits,
		d->process.now_ns);
}

static void note_start(struct dispatch *d, const struct job *j)
{
	struct upstream_flow *f = &d->governor.flow;
	uint64_t ns = num_sub_sat(d->process.now_ns, j->exchange->request.queued_ns);
	retry_budget_earn(&d->governor.budget);
	f->n_started++;
	f->waited_ns = num_add_sat(f->waited_ns, ns);
	quantile_add(&f->wait_ms, ns / NS_PER_MS);
}

void governor_sent(struct dispatch *d, struct job *j)
{
	struct stabilizer_report r = {.event = STABILIZER_ON_SENT};
	if (j->exchange->request.kind != EXCHANGE_COMPLETION)
		return;
	provider_rows_sent(d, j);
	if (exchange_attempt(j->exchange) == 1)
		note_start(d, j);
	if (stabilizer_step(
		    &d->governor.key, &d->governor.policy, &r, d->process.now_ns))
		tell_state(d);
}

/* ---- after it ------------------------------------------------------------------------ */

/* Under refund = none what the provider counts at the start is never given back, only
 * what was our guess above it; under unused the truth counts. What never left counts
 * nothing. */
uint64_t governor_charge(
	const struct dispatch *d, const struct job *j, const struct governor_end *e)
{
	bool is_known = e->outcome == OUTCOME_SETTLED_USAGE ||
			e->outcome == OUTCOME_SETTLED_ESTIMATE;
	uint64_t used = num_add_sat(e->prompt_tokens, e->completion_tokens);
	if (e->class == CLASS_NETWORK)
		return 0;
	if (e->outcome == OUTCOME_UNKNOWN)
		return j->estimate;
	if (d->process.settings.limits_refund == SETTINGS_REFUND_UNUSED)
		return is_known ? used : 0;
	return is_known ? MAX(j->counted, used) : j->counted;
}

void governor_settle(struct dispatch *d, struct job *j, const struct governor_end *e)
{
	bool was_sent = e->class != CLASS_NETWORK;
	for (size_t i = 0; i < j->n_limits; i++) {
		struct admission_limit *l = &j->limits[i];
		l->actual = l->is_tokens ? governor_charge(d, j, e)
			    : was_sent   ? l->cost
					 : 0;
	}
	admission_settle(j->limits, j->n_limits, d->process.now_ns);
}

void governor_release(struct dispatch *d, struct job *j)
{
	struct governor_end e = {.class = CLASS_NETWORK,
		.outcome = OUTCOME_RELEASED,
		.is_cancelled = true};
	governor_settle(d, j, &e);
	governor_heard(d, j, &e);
}

static bool is_about_key(const struct governor_end *e)
{
	return e->class == CLASS_QUOTA || e->class == CLASS_AUTH;
}

static enum stabilizer_event event_of(const struct governor_end *e)
{
	static const enum stabilizer_event events[ATTEMPT_CLASSES] = {
		[CLASS_OK] = STABILIZER_ON_ACCEPT,
		[CLASS_RATE_LIMIT] = STABILIZER_ON_THROTTLE,
		[CLASS_SLOW_DOWN] = STABILIZER_ON_THROTTLE,
		[CLASS_QUOTA] = STABILIZER_ON_REFUSED,
		[CLASS_AUTH] = STABILIZER_ON_REFUSED,
		[CLASS_TOO_LARGE] = STABILIZER_ON_ACCEPT,
		[CLASS_OVERLOADED] = STABILIZER_ON_FAULT,
		[CLASS_SERVER] = STABILIZER_ON_FAULT,
		[CLASS_CLIENT] = STABILIZER_ON_ACCEPT,
		[CLASS_NETWORK] = STABILIZER_ON_FAULT,
		[CLASS_UNKNOWN] = STABILIZER_ON_FAULT,
		[CLASS_CUT] = STABILIZER_ON_LOST,
	};
	return e->is_cancelled ? STABILIZER_ON_LOST : events[e->class];
}

/* Of answers that came to their end: a part of one is shorter in every way. */
static void learn(struct governor *g, const struct job *j, const struct governor_end *e)
{
	const struct exchange_reply *r = &j->exchange->reply;
	uint64_t ran_ns = num_sub_sat(r->done_ns, r->sent_ns);
	if (e->class != CLASS_OK || e->outcome != OUTCOME_SETTLED_USAGE)
		return;
	history_note(g->history, j->exchange->request.model,
		e->completion_tokens / MAX(j->exchange->request.n_choices, 1));
	g->flow.n_ended++;
	g->flow.ran_ns = num_add_sat(g->flow.ran_ns, ran_ns);
	g->mean_ns = g->mean_ns == 0 ? ran_ns
				     : g->mean_ns - g->mean_ns / MEAN_WEIGHT +
					       ran_ns / MEAN_WEIGHT;
}

void governor_heard(struct dispatch *d, struct job *j, const struct governor_end *e)
{
	struct governor *g = &d->governor;
	struct stabilizer_report r = {.event = event_of(e),
		.retry_after_ns = e->retry_after_ns,
		.tokens = j->estimate,
		.sent_ns = j->begun_ns};
	if (j->exchange->request.kind != EXCHANGE_COMPLETION)
		return;
	learn(g, j, e);
	hash_random(&r.random, sizeof r.random);
	if (is_about_key(e) && j->begun_ns < g->key_since_ns)
		r.event = STABILIZER_ON_LOST;
	else if (is_about_key(e))
		g->refusal = e->class == CLASS_QUOTA ? FAILURE_UPSTREAM_QUOTA
						     : FAILURE_UPSTREAM_AUTHENTICATION;
	if (stabilizer_step(&g->key, &g->policy, &r, d->process.now_ns))
		tell_state(d);
}

/* ---- for all to see ------------------------------------------------------------------- */

static uint64_t at_most(uint64_t pace, uint64_t limit)
{
	return limit > 0 ? MIN(pace, limit) : pace;
}

/* More than a limit of the hour is no pace that anybody sees. */
static struct stabilizer_pace pace_told(const struct dispatch *d)
{
	const struct governor *g = &d->governor;
	const struct settings *s = &d->process.settings;
	struct stabilizer_pace p =
		stabilizer_pace(&g->key, &g->policy, d->process.now_ns);
	return (struct stabilizer_pace){at_most(p.requests, s->requests_per_hour),
		at_most(p.tokens, s->tokens_per_hour)};
}

void governor_publish(struct dispatch *d)
{
	const struct governor *g = &d->governor;
	uint64_t now = d->process.now_ns;
	struct stabilizer_pace pace = pace_told(d);
	struct upstream_keys keys = {.n = 1, .flow = g->flow};
	history_tell(g->history, &keys.usual);
	keys.key[0] = (struct upstream_key){.as_of_ns = now,
		.as_of_ms = d->process.now_ms,
		.stabilizer = stabilizer_save(&g->key, now),
		.pace_requests = pace.requests,
		.pace_tokens = pace.tokens,
		.n_running = d->n_running,
		.mean_ns = g->mean_ns};
	snprintf(
		keys.key[0].name, sizeof keys.key[0].name, "%s", d->upstream->key_name);
	if (d->keys.ring->n > 0)
		snprintf(keys.key[0].fingerprint, sizeof keys.key[0].fingerprint, "%s",
			d->keys.ring->key[0].id);
	(void)page_publish(d->process.segment->keys, &keys, sizeof keys);
}
