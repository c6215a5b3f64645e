/* The queue by a scan: who is in it, in which order, and how it is told. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/wait.h"
#include "insight/queue_view.h"
#include "text/doc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW (100 * NS_PER_S)

static struct segment seg;
static struct channel front;

static void begin(void)
{
	static struct catalogue catalogue;
	struct settings settings;
	struct err e = {0};
	char path[64];
	settings_defaults(&settings);
	settings.workers = settings.max_workers = 1;
	settings.max_clients = 8;
	settings.queue_max_size = 1000;
	settings.max_concurrent = 28;
	settings.body_memory_bytes = 1 << 20;
	snprintf(path, sizeof path, "/dev/shm/atlas-test-queue-%d", (int)getpid());
	struct segment_plan plan = {.path = path, .now_ms = 1, .now_ns = 2};
	ck_assert_msg(
		segment_create(&seg, &plan, &settings, &catalogue, &e), "%s", e.text);
	ck_assert_int_eq(unlink(path), 0);
	channel_open(&seg.shared->channels[0], 1);
	ck_assert(segment_channel(&seg, 0, &front));
}

/* One request in that slot, moved along to that state. */
static struct exchange *put(
	uint32_t slot, enum exchange_state state, enum exchange_priority priority)
{
	struct exchange *x = channel_begin(&front, slot);
	x->request.kind = EXCHANGE_COMPLETION;
	x->request.priority = (uint8_t)priority;
	x->request.queued_ns = NOW - 5 * NS_PER_S;
	x->request.id[15] = (uint8_t)slot;
	snprintf(x->request.session, sizeof x->request.session, "s%u", slot);
	for (int s = EXCHANGE_QUEUED; s <= (int)state; s++)
		exchange_move(x, (enum exchange_state)s);
	return x;
}

static void stands(struct exchange *x, uint32_t rank)
{
	exchange_set_place(x, (struct exchange_place){rank, WAIT_REQUESTS, 1500});
}

START_TEST(who_waits_comes_in_order_of_rank_and_who_runs_beside)
{
	begin();
	stands(put(0, EXCHANGE_QUEUED, PRIORITY_LOW), 3);
	stands(put(1, EXCHANGE_QUEUED, PRIORITY_HIGH), 1);
	put(2, EXCHANGE_QUEUED, PRIORITY_NORMAL); /* just arrived */
	stands(put(3, EXCHANGE_QUEUED, PRIORITY_LOW), 2);
	put(4, EXCHANGE_SENT, PRIORITY_LOW);
	put(5, EXCHANGE_STREAMING, PRIORITY_LOW);
	put(6, EXCHANGE_DONE, PRIORITY_LOW);
	put(7, EXCHANGE_QUEUED, PRIORITY_LOW)->request.kind = EXCHANGE_TOOL;
	struct queue_view *v = queue_view_take(&seg, NOW);
	ck_assert_uint_eq(v->n_queued, 4);
	ck_assert_uint_eq(v->n_running, 2);
	ck_assert_uint_eq(v->n_first, 3);
	ck_assert_str_eq(v->first[0].session, "s1");
	ck_assert_str_eq(v->first[1].session, "s3");
	ck_assert_str_eq(v->first[2].session, "s0");
	ck_assert_uint_eq(v->n_unplaced, 1);
	ck_assert_str_eq(v->unplaced[0].session, "s2");
	ck_assert_uint_eq(v->by_priority[PRIORITY_LOW], 2);
	ck_assert_uint_eq(v->by_priority[PRIORITY_HIGH], 1);
	ck_assert_uint_eq(v->first[0].waited_ns, 5 * NS_PER_S);
	queue_view_free(v);
}
END_TEST

START_TEST(more_than_are_listed_are_counted)
{
	begin();
	for (uint32_t i = 0; i < QUEUE_VIEW_MAX + 50; i++)
		stands(put(i, EXCHANGE_QUEUED, PRIORITY_NORMAL), i + 1);
	struct queue_view *v = queue_view_take(&seg, NOW);
	ck_assert_uint_eq(v->n_queued, QUEUE_VIEW_MAX + 50);
	ck_assert_uint_eq(v->n_first, QUEUE_VIEW_MAX);
	queue_view_free(v);
}
END_TEST

START_TEST(one_is_found_by_its_id_beyond_those_that_are_listed_and_until_its_end)
{
	struct queue_view_entry e;
	uint8_t id[EXCHANGE_ID_BYTES] = {0};
	begin();
	put(3, EXCHANGE_SENT, PRIORITY_LOW);
	put(4, EXCHANGE_DONE, PRIORITY_LOW);
	stands(put(5, EXCHANGE_QUEUED, PRIORITY_LOW), QUEUE_VIEW_MAX + 7);
	id[15] = 5;
	ck_assert(queue_view_find(&e, &seg, id, NOW));
	ck_assert_uint_eq(e.place.rank, QUEUE_VIEW_MAX + 7);
	id[15] = 3;
	ck_assert(queue_view_find(&e, &seg, id, NOW));
	ck_assert_uint_eq(e.state, EXCHANGE_SENT);
	id[15] = 4;
	ck_assert(!queue_view_find(&e, &seg, id, NOW));
}
END_TEST

START_TEST(impossible_contents_do_no_harm)
{
	begin();
	struct exchange *x = put(0, EXCHANGE_QUEUED, PRIORITY_LOW);
	x->request.priority = 77;
	memset(x->request.session, 'x', sizeof x->request.session);
	stands(x, UINT32_MAX);
	struct queue_view *v = queue_view_take(&seg, NOW);
	ck_assert_uint_eq(v->by_priority[PRIORITY_NORMAL], 1);
	ck_assert_uint_eq(v->n_first + v->n_unplaced, 0);
	queue_view_free(v);
}
END_TEST

START_TEST(a_channel_without_a_front_is_not_looked_at)
{
	begin();
	put(0, EXCHANGE_QUEUED, PRIORITY_LOW);
	channel_close(&seg.shared->channels[0]);
	struct queue_view *v = queue_view_take(&seg, NOW);
	ck_assert_uint_eq(v->n_queued, 1); /* dead: dispatch has not let go of it yet */
	queue_view_free(v);
	channel_wipe(&seg.map, &seg.shared->channels[0]);
	v = queue_view_take(&seg, NOW);
	ck_assert_uint_eq(v->n_queued, 0);
	queue_view_free(v);
}
END_TEST

static uint64_t number(const struct doc_at *at, const char *key)
{
	struct doc_at value;
	uint64_t n = UINT64_MAX;
	ck_assert(doc_find(at, key, &value) && doc_u64(&value, &n, NULL));
	return n;
}

static void count(enum counter_id id, uint64_t n)
{
	counter_add(segment_counters(&seg, SLOT_FIRST_FRONT), id, n);
}

START_TEST(it_is_told_with_counts_means_and_places)
{
	begin();
	struct upstream_keys keys = {.flow = {.n_started = 4,
					     .waited_ns = 8 * NS_PER_S,
					     .n_ended = 2,
					     .ran_ns = 999 * NS_PER_MS}};
	page_publish(seg.keys, &keys, sizeof keys);
	count(COUNTER_exchanges_asked, 9);
	count(COUNTER_exchanges_abandoned, 2);
	count(COUNTER_exchanges_cancelled, 3);
	count(COUNTER_requests_refused, 7);
	count(COUNTER_refused_rate, 4);
	count(COUNTER_refused_budget, 1);
	count(COUNTER_exchanges_refused, 5);
	stands(put(0, EXCHANGE_QUEUED, PRIORITY_URGENT), 1);
	stands(put(1, EXCHANGE_QUEUED, PRIORITY_NORMAL), 0);
	struct queue_view *v = queue_view_take(&seg, NOW);
	struct jsonw w;
	struct str text;
	struct err e = {0};
	struct doc_at queue, list, one, reason;
	struct str word;
	jsonw_init(&w, 1 << 16);
	jsonw_begin_object(&w);
	queue_view_tell(&w, v);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &text));
	struct doc *d = doc_parse(text, "queue", &e);
	ck_assert_msg(d != NULL, "%s", e.text);
	struct doc_at root = doc_root(d);
	ck_assert(doc_find(&root, "queue", &queue));
	ck_assert_uint_eq(number(&queue, "queue_size"), 2);
	ck_assert_uint_eq(number(&queue, "max_concurrent"), 28);
	ck_assert(doc_find(&queue, "since", &one));
	ck_assert(doc_string(&one, &word, NULL) && word.n == 24);
	ck_assert_uint_eq(number(&queue, "total_queued"), 9);
	ck_assert_uint_eq(number(&queue, "total_cancelled"), 5);
	ck_assert_uint_eq(number(&queue, "total_refused"), 10);
	ck_assert(doc_find(&queue, "refused", &one));
	ck_assert_uint_eq(number(&one, "rate"), 4);
	ck_assert_uint_eq(number(&one, "budget"), 1);
	ck_assert_uint_eq(number(&one, "size"), 0);
	ck_assert_uint_eq(number(&one, "queue_or_upstream"), 5);
	ck_assert_uint_eq(number(&queue, "avg_wait_time_ms"), 2000);
	ck_assert_uint_eq(number(&queue, "avg_processing_time_ms"), 500);
	ck_assert(doc_find(&queue, "queued_requests", &list));
	ck_assert(doc_item(&list, 0, &one));
	ck_assert_uint_eq(number(&one, "position"), 1);
	ck_assert_uint_eq(number(&one, "estimated_wait_ms"), 1500);
	ck_assert_uint_eq(number(&one, "waited_ms"), 5000);
	ck_assert(
		doc_find(&one, "reason", &reason) && doc_string(&reason, &word, NULL));
	ck_assert(word.n == 8 && memcmp(word.p, "requests", 8) == 0);
	ck_assert(doc_item(&list, 1, &one) && doc_find(&one, "position", &one));
	ck_assert_int_eq(doc_type(&one), DOC_NULL); /* it is not in the backlog */
	doc_free(d);
	jsonw_fini(&w);
	queue_view_free(v);
}
END_TEST

UNIT_MAIN("queue_view", who_waits_comes_in_order_of_rank_and_who_runs_beside,
	more_than_are_listed_are_counted,
	one_is_found_by_its_id_beyond_those_that_are_listed_and_until_its_end,
	impossible_contents_do_no_harm, a_channel_without_a_front_is_not_looked_at,
	it_is_told_with_counts_means_and_places)
