/* Limits, keys, and what to think of them. */
#include "insight/limits_view.h"

#include "base/clock.h"
#include "base/num.h"
#include "insight/tell.h"

#include <string.h>

enum { MINUTE_S = 60, HOUR_S = 3600, WARN_PERCENT = 90 };

/* ---- taking ------------------------------------------------------------------------- */

static uint64_t until_ns(
	const struct limits_view *v, const struct upstream_limit *l, uint64_t level)
{
	return window_falls_ns(&l->window, level, v->now_ns) - v->now_ns;
}

static uint64_t burst_ns(const struct limits_view *v, const struct upstream_limit *l)
{
	if (!limit_is_smoothed(l))
		return 0;
	struct bucket_rate rate =
		limit_rate(limit_value(l), v->settings.limits_burst_ns);
	return bucket_look_shared(&l->bucket.tat_ns, &rate, 1, v->now_ns).earliest_ns -
	       v->now_ns;
}

/* By window and by bucket, as dispatch admits what comes (decide/admission.h). */
static void look_for_room(struct limits_view_row *to, const struct limits_view *v,
	const struct upstream_limit *l)
{
	uint64_t by_window_ns = until_ns(v, l, limit_value(l) - 1);
	uint64_t by_burst_ns = burst_ns(v, l);
	to->room_ns = MAX(by_window_ns, by_burst_ns);
	if (by_window_ns > 0)
		to->used_up = LIMITS_VIEW_WINDOW;
	else
		to->used_up = by_burst_ns > 0 ? LIMITS_VIEW_BURST : LIMITS_VIEW_NOTHING;
}

static void take_rows(struct limits_view *v, const struct segment *s)
{
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		const struct upstream_limit *l = &s->shared->limits.limit[i];
		if (!limit_is_active(l) || limit_value(l) == 0)
			continue;
		struct limits_view_row *to = &v->row[v->n_rows++];
		to->unit = l->unit < LIMIT_UNITS ? (enum limit_unit)l->unit
						 : LIMIT_REQUESTS;
		to->window_ns = l->window_ns;
		to->limit = limit_value(l);
		to->used = window_used(&l->window, v->now_ns);
		look_for_room(to, v, l);
		to->empty_ns = until_ns(v, l, 0);
		memcpy(to->scope, l->scope, sizeof to->scope - 1);
	}
}

void limits_view_take(struct limits_view *v, const struct segment *s, uint64_t now_ns)
{
	struct upstream_keys keys;
	*v = (struct limits_view){.now_ns = now_ns};
	if (page_read(s->settings, &v->settings, sizeof v->settings) == 0)
		settings_defaults(&v->settings);
	take_rows(v, s);
	if (page_read(s->keys, &keys, sizeof keys) == 0)
		return;
	v->n_keys = (uint32_t)MIN(keys.n, MAX_UPSTREAM_KEYS);
	memcpy(v->key, keys.key, sizeof v->key);
	for (size_t i = 0; i < v->n_keys; i++) {
		v->key[i].name[sizeof v->key[i].name - 1] = '\0';
		v->key[i].fingerprint[sizeof v->key[i].fingerprint - 1] = '\0';
	}
}

/* ---- judging ------------------------------------------------------------------------- */

static bool is_nearly_full(const struct limits_view_row *r)
{
	return num_mul_sat(r->used, 100) / r->limit >= WARN_PERCENT;
}

/* A hold or a ramp whose time is over stays until the next request, and holds up none. */
static bool is_calm_key(const struct limits_view *v, const struct upstream_key *k)
{
	uint32_t state = k->stabilizer.state;
	bool is_over = k->stabilizer.remaining_ns != UINT64_MAX &&
		       limits_view_remaining_ns(v, k) == 0;
	return state == STABILIZER_STEADY ||
	       (is_over && (state == STABILIZER_HOLD || state == STABILIZER_RAMP));
}

const char *limits_view_status(const struct limits_view *v)
{
	bool is_calm = true;
	if (limits_view_lacks_key(v))
		return "error";
	for (size_t i = 0; i < v->n_keys; i++) {
		if (v->key[i].stabilizer.state == STABILIZER_OUT_OF_SERVICE)
			return "error";
		is_calm &= is_calm_key(v, &v->key[i]);
	}
	for (size_t i = 0; i < v->n_rows; i++)
		is_calm &= !is_nearly_full(&v->row[i]);
	return is_calm ? "healthy" : "warning";
}

uint64_t limits_view_remaining_ns(
	const struct limits_view *v, const struct upstream_key *k)
{
	if (k->stabilizer.remaining_ns == UINT64_MAX)
		return 0;
	return num_sub_sat(
		k->stabilizer.remaining_ns, num_sub_sat(v->now_ns, k->as_of_ns));
}

uint64_t limits_view_step_ns(const struct limits_view *v, const struct upstream_key *k)
{
	uint64_t left_ns = limits_view_remaining_ns(v, k);
	uint64_t step_ns = v->settings.stabilization_ns;
	uint64_t age_ns = num_add_sat(
		k->stabilizer.in_state_ns, num_sub_sat(v->now_ns, k->as_of_ns));
	if (k->stabilizer.state != STABILIZER_RAMP || step_ns == 0)
		return left_ns;
	return MIN(left_ns, step_ns - age_ns % step_ns);
}

bool limits_view_is_cut_off(const struct limits_view *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->key[i].stabilizer.state != STABILIZER_OUT_OF_SERVICE ||
			limits_view_remaining_ns(v, &v->key[i]) == 0)
			return false;
	return v->n_keys > 0;
}

bool limits_view_lacks_key(const struct limits_view *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->key[i].fingerprint[0] != '\0')
			return false;
	return v->n_keys > 0;
}

uint64_t limits_view_since_ms(const struct upstream_key *k)
{
	return num_sub_sat(k->as_of_ms, k->stabilizer.in_state_ns / NS_PER_MS);
}

/* ---- telling ------------------------------------------------------------------------- */

static const struct {
	const char *used, *utilization;
	enum limit_unit unit;
	uint64_t window_s;
	size_t setting;
} known[] = {
	{"requests_per_minute", "request_utilization_minute", LIMIT_REQUESTS, MINUTE_S,
		offsetof(struct settings, requests_per_minute)},
	{"requests_per_hour", "request_utilization_hour", LIMIT_REQUESTS, HOUR_S,
		offsetof(struct settings, requests_per_hour)},
	{"tokens_per_minute", "token_utilization_minute", LIMIT_TOKENS, MINUTE_S,
		offsetof(struct settings, tokens_per_minute)},
	{"tokens_per_hour", "token_utilization_hour", LIMIT_TOKENS, HOUR_S,
		offsetof(struct settings, tokens_per_hour)},
};

static struct str text_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

static struct limits_view_row find_row(const struct limits_view *v, size_t which)
{
	for (size_t i = 0; i < v->n_rows; i++) {
		const struct limits_view_row *r = &v->row[i];
		if (strcmp(r->scope, "all") == 0 && r->unit == known[which].unit &&
			r->window_ns == known[which].window_s * NS_PER_S)
			return *r;
	}
	return (struct limits_view_row){0};
}

static uint64_t whole_seconds(uint64_t ns)
{
	return ns / NS_PER_S + (ns % NS_PER_S != 0);
}

/* Since when, and why, the limits alone do not decide. */
static void tell_cause(struct jsonw *w, const struct upstream_key *k)
{
	static const char *const names[STABILIZER_CAUSES] = {
		[STABILIZER_BY_FAULT] = "fault", [STABILIZER_BY_THROTTLE] = "throttle"};
	uint32_t state = k->stabilizer.state, cause = k->stabilizer.cause;
	bool is_caused = state != STABILIZER_STEADY &&
			 state != STABILIZER_OUT_OF_SERVICE &&
			 cause < STABILIZER_CAUSES;
	tell_time(w, STR("state_since"), limits_view_since_ms(k));
	if (is_caused) {
		tell_text(w, STR("cause"), names[cause]);
		return;
	}
	jsonw_key(w, STR("cause"));
	jsonw_null(w);
}

static void tell_key(struct jsonw *w, const struct limits_view *v, size_t i)
{
	const struct upstream_key *k = &v->key[i];
	enum stabilizer_state state = (enum stabilizer_state)k->stabilizer.state;
	jsonw_begin_object(w);
	tell_text(w, STR("name"), k->name);
	tell_text(w, STR("fingerprint"), k->fingerprint);
	tell_text(w, STR("state"), stabilizer_state_name(state));
	tell_cause(w, k);
	tell_u64(w, STR("running"), k->n_running);
	tell_u64(w, STR("consecutive_errors"), k->stabilizer.n_errors);
	tell_u64(
		w, STR("remaining_seconds"), limits_view_remaining_ns(v, k) / NS_PER_S);
	tell_u64(w, STR("next_step_seconds"), limits_view_step_ns(v, k) / NS_PER_S);
	/* while it is held or ramps; 0 = the limits alone decide */
	tell_u64(w, STR("pace_requests_per_hour"), k->pace_requests);
	tell_u64(w, STR("pace_tokens_per_hour"), k->pace_tokens);
	jsonw_end_object(w);
}

static void tell_stabilization(struct jsonw *w, const struct limits_view *v)
{
	static const struct upstream_key none;
	const struct upstream_key *k = v->n_keys > 0 ? &v->key[0] : &none;
	enum stabilizer_state state = (enum stabilizer_state)k->stabilizer.state;
	jsonw_key(w, STR("stabilization_active"));
	jsonw_bool(w, state != STABILIZER_STEADY);
	tell_text(w, STR("stabilization_state"), stabilizer_state_name(state));
	tell_u64(w, STR("stabilization_remaining_seconds"),
		limits_view_remaining_ns(v, k) / NS_PER_S);
	tell_u64(w, STR("consecutive_errors"), k->stabilizer.n_errors);
}

static void tell_used_up(struct jsonw *w, enum limits_view_used_up what)
{
	jsonw_key(w, STR("used_up"));
	if (what == LIMITS_VIEW_NOTHING)
		jsonw_null(w);
	else
		jsonw_string(
			w, what == LIMITS_VIEW_BURST ? STR("burst") : STR("window"));
}

void limits_view_tell_row(struct jsonw *w, const struct limits_view_row *r)
{
	jsonw_begin_object(w);
	tell_text(w, STR("scope"), r->scope);
	tell_text(w, STR("unit"), limit_unit_name(r->unit));
	tell_u64(w, STR("window_seconds"), r->window_ns / NS_PER_S);
	tell_u64(w, STR("limit"), r->limit);
	tell_u64(w, STR("used"), r->used);
	tell_used_up(w, r->used_up);
	tell_u64(w, STR("room_in_seconds"), whole_seconds(r->room_ns));
	tell_u64(w, STR("empty_in_seconds"), whole_seconds(r->empty_ns));
	jsonw_end_object(w);
}

static void tell_rows(struct jsonw *w, const struct limits_view *v)
{
	jsonw_key(w, STR("limits"));
	jsonw_begin_array(w);
	for (size_t i = 0; i < v->n_rows; i++)
		limits_view_tell_row(w, &v->row[i]);
	jsonw_end_array(w);
}

static void tell_config(struct jsonw *w, const struct settings *s)
{
	jsonw_key(w, STR("config"));
	jsonw_begin_object(w);
	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		uint64_t limit;
		memcpy(&limit, (const char *)s + known[i].setting, sizeof limit);
		tell_u64(w, text_of(known[i].used), limit);
	}
	tell_u64(w, STR("burst_seconds"), s->limits_burst_ns / NS_PER_S);
	tell_u64(w, STR("max_retries"), s->max_retries);
	tell_u64(w, STR("stabilization_seconds"), s->stabilization_ns / NS_PER_S);
	jsonw_end_object(w);
}

void limits_view_tell_keys(struct jsonw *w, const struct limits_view *v)
{
	jsonw_key(w, STR("keys"));
	jsonw_begin_array(w);
	for (size_t i = 0; i < v->n_keys; i++)
		tell_key(w, v, i);
	jsonw_end_array(w);
}

void limits_view_tell(struct jsonw *w, const struct limits_view *v)
{
	jsonw_key(w, STR("rate_limits"));
	jsonw_begin_object(w);
	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		struct limits_view_row r = find_row(v, i);
		tell_u64(w, text_of(known[i].used), r.used);
		tell_ratio(w, text_of(known[i].utilization), r.used, r.limit);
	}
	tell_stabilization(w, v);
	jsonw_end_object(w);
	tell_config(w, &v->settings);
	tell_rows(w, v);
	limits_view_tell_keys(w, v);
	tell_text(w, STR("status"), limits_view_status(v));
}
