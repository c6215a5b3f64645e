/* The keys' judgement: what is out of service is an error, what is due may be tried. */
#include "../unit.h"
#include "base/clock.h"
#include "insight/limits_view.h"
#include "text/doc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW (100 * NS_PER_S)

static struct upstream_key key_in(enum stabilizer_state state, uint64_t remaining_ns)
{
	return (struct upstream_key){.as_of_ns = NOW,
		.as_of_ms = 500000,
		.fingerprint = "0123abcd",
		.stabilizer = {.state = state,
			.in_state_ns = 20 * NS_PER_S,
			.remaining_ns = remaining_ns}};
}

START_TEST(a_key_out_of_service_cuts_off_until_it_is_due)
{
	struct limits_view v = {.n_keys = 1, .now_ns = NOW + 39 * NS_PER_S};
	v.key[0] = key_in(STABILIZER_OUT_OF_SERVICE, 40 * NS_PER_S);
	ck_assert(limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "error");
	v.now_ns += NS_PER_S;
	ck_assert(!limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "error");
}
END_TEST

START_TEST(one_key_in_service_is_enough)
{
	struct limits_view v = {.n_keys = 2, .now_ns = NOW};
	v.key[0] = key_in(STABILIZER_OUT_OF_SERVICE, 40 * NS_PER_S);
	v.key[1] = key_in(STABILIZER_STEADY, UINT64_MAX);
	ck_assert(!limits_view_is_cut_off(&v));
	v.key[1] = v.key[0];
	ck_assert(limits_view_is_cut_off(&v));
}
END_TEST

START_TEST(a_pause_is_not_a_cut_and_neither_is_what_nobody_has_published)
{
	struct limits_view v = {.n_keys = 0, .now_ns = NOW};
	ck_assert(!limits_view_is_cut_off(&v));
	v.n_keys = 1;
	v.key[0] = key_in(STABILIZER_BACKOFF, 40 * NS_PER_S);
	ck_assert(!limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "warning");
}
END_TEST

START_TEST(a_hold_is_a_warning_until_its_time_is_over)
{
	struct limits_view v = {.n_keys = 1, .now_ns = NOW};
	v.key[0] = key_in(STABILIZER_HOLD, 40 * NS_PER_S);
	ck_assert_str_eq(limits_view_status(&v), "warning");
	v.now_ns += 40 * NS_PER_S;
	ck_assert_str_eq(limits_view_status(&v), "healthy");
	v.key[0] = key_in(STABILIZER_PROBE, 0); /* that one waits for its request */
	ck_assert_str_eq(limits_view_status(&v), "warning");
}
END_TEST

START_TEST(without_any_key_nothing_can_be_asked)
{
	struct limits_view v = {.n_keys = 0, .now_ns = NOW};
	ck_assert(!limits_view_lacks_key(&v)); /* nobody has said so yet */
	v.n_keys = 1;
	v.key[0] = key_in(STABILIZER_STEADY, UINT64_MAX);
	ck_assert(!limits_view_lacks_key(&v));
	v.key[0].fingerprint[0] = '\0';
	ck_assert(limits_view_lacks_key(&v));
	ck_assert_str_eq(limits_view_status(&v), "error");
}
END_TEST

START_TEST(a_state_began_before_it_was_published)
{
	struct upstream_key k = key_in(STABILIZER_STEADY, UINT64_MAX);
	ck_assert_uint_eq(limits_view_since_ms(&k), 480000);
}
END_TEST

static void put_row(struct limits_view *v, enum limit_unit unit, uint64_t window_s,
	uint64_t limit, uint64_t used)
{
	v->row[v->n_rows++] = (struct limits_view_row){.scope = "all",
		.unit = unit,
		.window_ns = window_s * NS_PER_S,
		.limit = limit,
		.used = used,
		.room_ns = 1,
		.empty_ns = 30 * NS_PER_S};
}

START_TEST(a_limit_that_is_nearly_used_up_is_a_warning)
{
	struct limits_view v = {.n_keys = 1, .now_ns = NOW};
	v.key[0] = key_in(STABILIZER_STEADY, UINT64_MAX);
	put_row(&v, LIMIT_TOKENS, 60, 1000, 899);
	ck_assert_str_eq(limits_view_status(&v), "healthy");
	v.row[0].used = 900;
	ck_assert_str_eq(limits_view_status(&v), "warning");
	v.row[0].limit = v.row[0].used = UINT64_MAX; /* no overflow */
	(void)limits_view_status(&v);
}
END_TEST

START_TEST(what_a_state_still_lasts_ends_at_nothing)
{
	struct limits_view v = {.now_ns = NOW + 30 * NS_PER_S};
	struct upstream_key k = key_in(STABILIZER_HOLD, 40 * NS_PER_S);
	ck_assert_uint_eq(limits_view_remaining_ns(&v, &k), 10 * NS_PER_S);
	v.now_ns += 20 * NS_PER_S;
	ck_assert_uint_eq(limits_view_remaining_ns(&v, &k), 0);
	k.stabilizer.remaining_ns = UINT64_MAX; /* by itself it never ends */
	ck_assert_uint_eq(limits_view_remaining_ns(&v, &k), 0);
}
END_TEST

START_TEST(a_ramp_tells_its_next_step_and_not_only_its_end)
{
	struct limits_view v = {.now_ns = NOW + 5 * NS_PER_S};
	struct upstream_key k = key_in(STABILIZER_RAMP, 100 * NS_PER_S);
	v.settings.stabilization_ns =
		15 * NS_PER_S; /* 25 s old: ten of the second step */
	ck_assert_uint_eq(limits_view_remaining_ns(&v, &k), 95 * NS_PER_S);
	ck_assert_uint_eq(limits_view_step_ns(&v, &k), 5 * NS_PER_S);
	v.now_ns = NOW + 98 * NS_PER_S;
	ck_assert_uint_eq(limits_view_step_ns(&v, &k), 2 * NS_PER_S);
	v.settings.stabilization_ns = 0; /* by a reload */
	ck_assert_uint_eq(limits_view_step_ns(&v, &k), 2 * NS_PER_S);
	k.stabilizer.state = STABILIZER_HOLD;
	v.settings.stabilization_ns = 15 * NS_PER_S;
	v.now_ns = NOW;
	ck_assert_uint_eq(limits_view_step_ns(&v, &k), 100 * NS_PER_S);
}
END_TEST

static uint64_t number(const struct doc_at *at, const char *key)
{
	struct doc_at value;
	uint64_t n = UINT64_MAX;
	ck_assert_msg(
		doc_find(at, key, &value) && doc_u64(&value, &n, NULL), "%s", key);
	return n;
}

START_TEST(it_is_told_by_window_and_as_a_list)
{
	struct limits_view v = {.n_keys = 1, .now_ns = NOW + 10 * NS_PER_S};
	struct doc_at limits, config, list, keys, one;
	struct jsonw w;
	struct str text;
	struct err e = {0};
	settings_defaults(&v.settings);
	v.settings.requests_per_hour = 3000;
	v.key[0] = key_in(STABILIZER_HOLD, 40 * NS_PER_S);
	v.key[0].stabilizer.n_errors = 4;
	v.key[0].stabilizer.cause = STABILIZER_BY_THROTTLE;
	put_row(&v, LIMIT_REQUESTS, 60, 60, 15);
	put_row(&v, LIMIT_TOKENS, 3600, 1000000, 7);
	jsonw_init(&w, 1 << 16);
	jsonw_begin_object(&w);
	limits_view_tell(&w, &v);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &text));
	struct doc *d = doc_parse(text, "limits", &e);
	ck_assert_msg(d != NULL, "%s", e.text);
	struct doc_at root = doc_root(d);
	ck_assert(doc_find(&root, "rate_limits", &limits));
	ck_assert_uint_eq(number(&limits, "requests_per_minute"), 15);
	ck_assert_uint_eq(number(&limits, "requests_per_hour"), 0);
	ck_assert_uint_eq(number(&limits, "tokens_per_hour"), 7);
	ck_assert_uint_eq(number(&limits, "stabilization_remaining_seconds"), 30);
	ck_assert_uint_eq(number(&limits, "consecutive_errors"), 4);
	ck_assert(doc_find(&root, "config", &config));
	ck_assert_uint_eq(number(&config, "requests_per_hour"), 3000);
	ck_assert(doc_find(&root, "limits", &list) && doc_length(&list) == 2);
	ck_assert(doc_item(&list, 0, &one));
	ck_assert_uint_eq(number(&one, "window_seconds"), 60);
	ck_assert_uint_eq(number(&one, "limit"), 60);
	ck_assert_uint_eq(number(&one, "room_in_seconds"), 1);
	ck_assert_uint_eq(number(&one, "empty_in_seconds"), 30);
	ck_assert(doc_find(&root, "keys", &keys) && doc_length(&keys) == 1);
	ck_assert(doc_item(&keys, 0, &one) && doc_find(&one, "cause", &list));
	ck_assert(doc_string(&list, &text, &e) && text.n == strlen("throttle"));
	doc_free(d);
	jsonw_fini(&w);
}
END_TEST

#define MINUTE_NS (60 * NS_PER_S)

/* Of 60 a window, n have been taken at once. */
static struct limits_view_row row_after(uint64_t n, uint64_t window_ns)
{
	static struct segment s;
	static struct catalogue catalogue;
	struct settings settings;
	struct limits_view v;
	struct err e = {0};
	char path[64];
	settings_defaults(&settings);
	settings.max_clients = 8;
	snprintf(
		path, sizeof path, "/dev/shm/atlas-test-limits-view-%d", (int)getpid());
	struct segment_plan plan = {.path = path, .now_ms = 1, .now_ns = NOW};
	ck_assert_msg(
		segment_create(&s, &plan, &settings, &catalogue, &e), "%s", e.text);
	struct upstream_limit *l =
		limits_get(&s.shared->limits, NULL, "all", LIMIT_REQUESTS, window_ns);
	struct bucket_rate rate = limit_rate(60, settings.limits_burst_ns);
	limit_set(l, 60, NOW);
	(void)window_add(&l->window, NOW, n);
	if (limit_is_smoothed(l))
		ck_assert_int_eq(
			bucket_take_shared(&l->bucket.tat_ns, &rate, n, NOW).verdict,
			BUCKET_TAKEN);
	limits_view_take(&v, &s, NOW);
	ck_assert_uint_eq(v.n_rows, 1);
	ck_assert_uint_eq(v.row[0].used, n);
	segment_close(&s);
	ck_assert_int_eq(unlink(path), 0);
	return v.row[0];
}

START_TEST(who_has_used_a_minute_limits_burst_has_room_when_one_has_flowed_back)
{
	ck_assert_uint_eq(row_after(8, MINUTE_NS).room_ns, 0);
	uint64_t room_ns = row_after(10, MINUTE_NS).room_ns;
	ck_assert(room_ns > NS_PER_S && room_ns < NS_PER_S * 102 / 100);
	ck_assert_uint_eq(row_after(10, 60 * MINUTE_NS).room_ns, 0);
}
END_TEST

START_TEST(what_is_used_up_is_named)
{
	ck_assert_int_eq(row_after(8, MINUTE_NS).used_up, LIMITS_VIEW_NOTHING);
	ck_assert_int_eq(row_after(10, MINUTE_NS).used_up, LIMITS_VIEW_BURST);
	ck_assert_int_eq(row_after(59, 60 * MINUTE_NS).used_up, LIMITS_VIEW_NOTHING);
	ck_assert_int_eq(row_after(60, 60 * MINUTE_NS).used_up, LIMITS_VIEW_WINDOW);
}
END_TEST

UNIT_MAIN("limits_view", a_key_out_of_service_cuts_off_until_it_is_due,
	one_key_in_service_is_enough,
	a_pause_is_not_a_cut_and_neither_is_what_nobody_has_published,
	a_hold_is_a_warning_until_its_time_is_over,
	without_any_key_nothing_can_be_asked, a_state_began_before_it_was_published,
	a_limit_that_is_nearly_used_up_is_a_warning,
	who_has_used_a_minute_limits_burst_has_room_when_one_has_flowed_back,
	what_is_used_up_is_named, what_a_state_still_lasts_ends_at_nothing,
	a_ramp_tells_its_next_step_and_not_only_its_end,
	it_is_told_by_window_and_as_a_list)
