/* The segment as a whole: created, opened again, its channels, clients and facts. */
#include "../unit.h"
#include "conf/value.h"
#include "decide/places.h"
#include "segment/watermark.h"
#include "segment/segment.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct segment seg;
static char path[64];

static void create(void)
{
	static struct catalogue catalogue;
	struct settings settings;
	struct err e = {0};
	settings_defaults(&settings);
	settings.workers = 2;
	settings.max_workers = 2;
	settings.max_clients = 8;
	settings.queue_max_size = 100;
	settings.max_concurrent = 28;
	settings.body_memory_bytes = 1 << 20;
	snprintf(path, sizeof path, "/dev/shm/atlas-test-segment-%d", (int)getpid());
	struct segment_plan plan = {.path = path, .now_ms = 1, .now_ns = 2};
	ck_assert_msg(
		segment_create(&seg, &plan, &settings, &catalogue, &e), "%s", e.text);
}

static void finish(void)
{
	segment_close(&seg);
	ck_assert_int_eq(unlink(path), 0);
}

START_TEST(a_created_segment_opens_read_only_and_is_private)
{
	create();
	struct segment reader;
	struct err e = {0};
	struct stat st;
	ck_assert_msg(segment_open(&reader, path, &e), "%s", e.text);
	ck_assert_uint_eq(reader.n_channels, 4);
	ck_assert_uint_eq(page_epoch(reader.settings), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	segment_close(&reader);
	finish();
}
END_TEST

START_TEST(another_layout_version_or_boot_is_refused_in_words)
{
	create();
	struct segment reader;
	struct err e = {0};
	seg.shared->header.layout_version = 77;
	ck_assert(!segment_open(&reader, path, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "layout 77, this build reads"));
	e.text[0] = '\0';
	ck_assert_int_eq(truncate(path, 4096), 0); /* its own size is no fault */
	ck_assert(!segment_open(&reader, path, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "layout 77, this build reads"));
	finish();
	create();
	seg.shared->header.boot_id[0] ^= 1;
	e.text[0] = '\0';
	ck_assert(!segment_open(&reader, path, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "last boot"));
	finish();
}
END_TEST

START_TEST(channels_do_not_overlap_and_lie_inside)
{
	create();
	uint64_t end = 0;
	for (uint32_t i = 0; i <= seg.n_channels; i++) {
		struct channel c;
		ck_assert(segment_channel(&seg, i, &c));
		ck_assert_uint_ge(c.words->wipe_offset, end);
		end = c.words->wipe_offset + c.words->wipe_bytes;
	}
	ck_assert_uint_eq(end, seg.map.size_bytes);
	finish();
}
END_TEST

START_TEST(region_offsets_from_outside_are_refused)
{
	create();
	struct channel c;
	ck_assert(segment_channel(&seg, 1, &c));
	uint64_t at = c.region_offset, n = c.region_bytes;
	ck_assert_ptr_nonnull(channel_region_at(&c, at, n));
	ck_assert_ptr_null(channel_region_at(&c, at, n + 1));
	ck_assert_ptr_null(channel_region_at(&c, at - 1, 1));
	ck_assert_ptr_null(channel_region_at(&c, at + n, 1));
	ck_assert_ptr_null(channel_region_at(&c, UINT64_MAX, 2));
	struct pipe p;
	struct exchange *x = &c.exchanges[0];
	x->request.pipe_offset = at;
	x->request.pipe_bytes = 3000;
	ck_assert(!channel_pipe(&c, x, &p));
	x->request.pipe_bytes = 4096;
	ck_assert(channel_pipe(&c, x, &p));
	finish();
}
END_TEST

START_TEST(hints_travel_both_ways_and_a_full_news_lane_is_counted)
{
	create();
	struct channel c;
	ck_assert(segment_channel(&seg, 0, &c));
	struct exchange_ref r = {5, 9}, got;
	uint64_t hint;
	ck_assert(channel_ask(&c, PRIORITY_HIGH, r));
	ck_assert(!lane_pop(&c.requests[PRIORITY_LOW], &hint));
	ck_assert(lane_pop(&c.requests[PRIORITY_HIGH], &hint));
	ck_assert_uint_eq(hint, exchange_hint(r));
	for (uint32_t i = 0; i < 2 * c.n_exchanges + 3; i++)
		channel_tell(&c, r);
	ck_assert_uint_eq(channel_news_lost(&c), 3);
	ck_assert(channel_next_news(&c, &got));
	ck_assert_uint_eq(got.slot, 5);
	finish();
}
END_TEST

static void set_to_most(struct settings *s, enum setting_id id)
{
	const struct setting *st = settings_get(id);
	struct origin from = {.path = "settings.def"};
	struct err e = {0};
	ck_assert(
		value_parse(s, st, (struct str){st->max, strlen(st->max)}, &from, &e));
}

START_TEST(a_channel_has_room_for_the_longest_queue_that_a_reload_may_ask_for)
{
	create();
	struct settings most;
	struct channel c;
	set_to_most(&most, SETTING_queue_max_size);
	set_to_most(&most, SETTING_queue_max_concurrent);
	ck_assert(segment_channel(&seg, 0, &c));
	ck_assert_uint_ge(
		c.n_exchanges, places_all(most.queue_max_size) + most.max_concurrent);
	finish();
}
END_TEST

START_TEST(a_dead_channel_is_wiped_only_when_dispatch_and_record_let_go)
{
	create();
	struct channel c;
	struct facts dispatch, front;
	ck_assert(segment_channel(&seg, 0, &c));
	ck_assert(segment_facts(&seg, SLOT_DISPATCH, &dispatch));
	ck_assert(segment_facts(&seg, segment_slot_of_channel(0), &front));
	channel_open(c.words, 7);
	ck_assert_ptr_eq(channel_begin(&c, 3), &c.exchanges[3]);
	ck_assert_uint_eq(channel_n_touched(&c), 4);
	atomic_store(&segment_held(&seg, 0, 2)->nanousd, 55);
	ck_assert(!segment_reclaim_channel(&seg, 0));
	channel_close(c.words);
	ck_assert(!segment_reclaim_channel(&seg, 0));

	struct fact_reload f = {0};
	fact_begin(&f.head, FACT_RELOAD, sizeof f, 1);
	ck_assert(facts_push(&dispatch, &f.head));
	channel_release(c.words, 7, facts_position(&dispatch));
	ck_assert(!segment_reclaim_channel(&seg, 0));
	facts_commit(&dispatch, facts_position(&dispatch));
	ck_assert(facts_push(&front, &f.head));
	ck_assert(!segment_reclaim_channel(&seg, 0));
	facts_commit(&front, facts_position(&front));

	ck_assert(segment_reclaim_channel(&seg, 0));
	ck_assert_int_eq(channel_state(c.words), CHANNEL_SPARE);
	ck_assert_int_eq(exchange_state(&c.exchanges[3]), EXCHANGE_FREE);
	ck_assert_uint_eq(channel_n_touched(&c), 0);
	ck_assert_uint_eq(exchange_generation(&c.exchanges[3]), 0);
	ck_assert_uint_eq(atomic_load(&segment_held(&seg, 0, 2)->nanousd), 0);
	ck_assert(channel_ask(&c, PRIORITY_LOW, (struct exchange_ref){0, 1}));
	finish();
}
END_TEST

static const struct client_limits no_limits;

static struct client make_client(uint8_t tag)
{
	struct client c = {.id = 100u + tag, .role = CLIENT_CHAT};
	memset(c.hash, tag, sizeof c.hash);
	return c;
}

START_TEST(clients_are_found_by_hash_until_revoked_and_a_full_table_refuses)
{
	create();
	struct clients *cs = &seg.clients;
	for (uint8_t i = 0; i < 8; i++) {
		struct client c = make_client(i);
		ck_assert_int_eq(clients_add(cs, &c, &no_limits), CLIENTS_ADDED);
		ck_assert_int_eq(clients_add(cs, &c, &no_limits), CLIENTS_KNOWN);
	}
	struct client more = make_client(9), third = make_client(3);
	ck_assert_int_eq(clients_add(cs, &more, &no_limits), CLIENTS_FULL);
	ck_assert_ptr_null(clients_find(cs, more.hash));
	ck_assert_uint_eq(clients_find(cs, third.hash)->id, 103);
	ck_assert(clients_revoke(cs, 103));
	ck_assert_ptr_null(clients_find(cs, third.hash));
	ck_assert_ptr_nonnull(clients_by_id(cs, 103));
	ck_assert(!clients_revoke(cs, 999));
	finish();
}
END_TEST

START_TEST(facts_are_read_on_from_the_committed_position)
{
	create();
	struct facts f;
	union fact got;
	ck_assert(segment_facts(&seg, SLOT_MASTER, &f));
	for (uint64_t i = 1; i <= 3; i++) {
		struct fact_reload r = {.epoch = i};
		fact_begin(&r.head, FACT_RELOAD, sizeof r, i);
		ck_assert(facts_push(&f, &r.head));
	}
	uint64_t cursor = facts_committed(&f);
	ck_assert_int_eq(facts_next(&f, &cursor, &got), FACTS_ONE);
	facts_commit(&f, cursor);
	cursor = facts_committed(&f);
	for (uint64_t i = 2; i <= 3; i++) {
		ck_assert_int_eq(facts_next(&f, &cursor, &got), FACTS_ONE);
		ck_assert_uint_eq(got.reload.epoch, i);
	}
	ck_assert_int_eq(facts_next(&f, &cursor, &got), FACTS_NONE);
	finish();
}
END_TEST

START_TEST(what_dispatch_has_said_by_a_moment_is_written_with_its_position)
{
	create();
	struct facts dispatch, front;
	struct fact_reload r = {0};
	fact_begin(&r.head, FACT_RELOAD, sizeof r, 1);
	ck_assert(segment_facts(&seg, SLOT_DISPATCH, &dispatch));
	ck_assert(segment_facts(&seg, segment_slot_of_channel(0), &front));
	ck_assert(facts_push(&front, &r.head));
	struct watermark nothing = watermark_take(&seg);
	ck_assert(watermark_is_written(&nothing));
	ck_assert(facts_push(&dispatch, &r.head));
	struct watermark one = watermark_take(&seg);
	uint64_t behind_one = facts_position(&dispatch);
	ck_assert(!watermark_is_written(&one));
	ck_assert(facts_push(&dispatch, &r.head));
	struct watermark two = watermark_take(&seg);
	facts_commit(&dispatch, behind_one);
	ck_assert(watermark_is_written(&nothing) && watermark_is_written(&one));
	ck_assert(!watermark_is_written(&two));
	facts_commit(&dispatch, facts_position(&dispatch));
	ck_assert(watermark_is_written(&two));
	finish();
}
END_TEST

START_TEST(facts_are_owed_from_the_opened_ledger_to_their_commit)
{
	create();
	struct facts f;
	struct fact_reload r = {.epoch = 1};
	fact_begin(&r.head, FACT_RELOAD, sizeof r, 1);
	ck_assert(segment_facts(&seg, SLOT_MASTER, &f));
	ck_assert_uint_eq(segment_uncommitted_bytes(&seg), 0);
	ck_assert(facts_push(&f, &r.head));
	ck_assert_uint_eq(segment_uncommitted_bytes(&seg), sizeof r);
	ck_assert(!segment_owes_facts(&seg));
	clients_publish(&seg.clients);
	ck_assert(segment_owes_facts(&seg));
	facts_commit(&f, facts_position(&f));
	ck_assert_uint_eq(segment_uncommitted_bytes(&seg), 0);
	ck_assert(!segment_owes_facts(&seg));
	finish();
}
END_TEST

START_TEST(requests_are_counted_by_their_state)
{
	uint64_t n[EXCHANGE_STATES];
	struct channel c, spare;
	create();
	ck_assert(segment_channel(&seg, 0, &c) && segment_channel(&seg, 1, &spare));
	channel_open(c.words, 7);
	for (uint32_t slot = 0; slot < 3; slot++)
		exchange_move(channel_begin(&c, slot), EXCHANGE_QUEUED);
	exchange_open_attempt(&c.exchanges[1]);
	exchange_move(&c.exchanges[1], EXCHANGE_SENT);
	exchange_move(channel_begin(&spare, 0), EXCHANGE_QUEUED);
	segment_count_exchanges(&seg, n);
	ck_assert_uint_eq(n[EXCHANGE_QUEUED], 2);
	ck_assert_uint_eq(n[EXCHANGE_SENT], 1);
	ck_assert_uint_eq(n[EXCHANGE_STREAMING], 0);
	finish();
}
END_TEST

START_TEST(an_end_is_owed_by_whoever_waits_for_another_attempt)
{
	create();
	struct channel c;
	ck_assert(segment_channel(&seg, 1, &c));
	channel_open(c.words, 7);
	struct exchange *x = channel_begin(&c, 3);
	exchange_move(x, EXCHANGE_QUEUED);
	ck_assert(!segment_owes_ends(&seg));
	exchange_open_attempt(x);
	ck_assert(segment_owes_ends(&seg));
	channel_close(c.words);
	ck_assert_msg(segment_owes_ends(&seg), "whatever becomes of its front");
	exchange_move(x, EXCHANGE_FAILED);
	ck_assert(!segment_owes_ends(&seg));
	finish();
}
END_TEST

START_TEST(a_full_fact_lane_refuses_and_a_broken_one_is_noticed)
{
	create();
	struct facts f;
	union fact got;
	ck_assert(segment_facts(&seg, SLOT_RECORD, &f));
	struct fact_intent i = {0};
	fact_begin(&i.head, FACT_INTENT, sizeof i, 1);
	uint64_t n = 0, cursor = 0;
	while (facts_has_room(&f, sizeof i)) {
		ck_assert(facts_push(&f, &i.head));
		n++;
	}
	ck_assert(!facts_push(&f, &i.head));
	ck_assert_uint_eq(n, f.pipe.size_bytes / sizeof i);
	f.pipe.bytes[4] = 0xff; /* the kind */
	ck_assert_int_eq(facts_next(&f, &cursor, &got), FACTS_BROKEN);
	finish();
}
END_TEST

START_TEST(limits_keep_their_window_when_their_rate_changes)
{
	create();
	struct limits *l = &seg.shared->limits;
	struct upstream_limit *a =
		limits_get(l, NULL, "all", LIMIT_TOKENS, 60000000000u);
	limit_set(a, 100, 1000);
	ck_assert_ptr_eq(limits_get(l, NULL, "all", LIMIT_TOKENS, 60000000000u), a);
	ck_assert_ptr_ne(limits_get(l, NULL, "all", LIMIT_REQUESTS, 60000000000u), a);
	window_add(&a->window, 1000, 60);
	a->bucket.tat_ns = 1000 + 36000000000u; /* 60 of 100 a minute are out */
	limit_set(a, 50, 1000);
	ck_assert_uint_eq(a->bucket.tat_ns, 1000 + 72000000000u);
	ck_assert_uint_eq(limit_value(a), 50);
	ck_assert_uint_eq(window_used(&a->window, 2000), 60);
	limit_forget(a);
	ck_assert_uint_eq(window_used(&a->window, 2000), 0);
	ck_assert_uint_eq(a->bucket.tat_ns, 0);
	finish();
}
END_TEST

START_TEST(an_event_ring_keeps_the_newest)
{
	create();
	struct event_ring *r = segment_events(&seg, SLOT_MASTER);
	struct event got;
	for (uint64_t i = 1; i <= EVENTS_KEPT + 5; i++)
		events_add(r, EVENT_CHILD_EXITED, i, i);
	uint64_t newest = events_newest(r);
	ck_assert_uint_eq(newest, EVENTS_KEPT + 5);
	ck_assert(events_read(r, newest, &got) && got.detail == newest);
	ck_assert(!events_read(r, 3, &got));
	finish();
}
END_TEST

UNIT_MAIN("segment", a_created_segment_opens_read_only_and_is_private,
	another_layout_version_or_boot_is_refused_in_words,
	channels_do_not_overlap_and_lie_inside, region_offsets_from_outside_are_refused,
	hints_travel_both_ways_and_a_full_news_lane_is_counted,
	a_channel_has_room_for_the_longest_queue_that_a_reload_may_ask_for,
	a_dead_channel_is_wiped_only_when_dispatch_and_record_let_go,
	clients_are_found_by_hash_until_revoked_and_a_full_table_refuses,
	facts_are_read_on_from_the_committed_position,
	what_dispatch_has_said_by_a_moment_is_written_with_its_position,
	facts_are_owed_from_the_opened_ledger_to_their_commit,
	requests_are_counted_by_their_state,
	an_end_is_owed_by_whoever_waits_for_another_attempt,
	a_full_fact_lane_refuses_and_a_broken_one_is_noticed,
	limits_keep_their_window_when_their_rate_changes,
	an_event_ring_keeps_the_newest)
