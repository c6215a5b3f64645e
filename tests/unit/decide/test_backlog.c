/* The order of the backlog. */
#include "../unit.h"
#include "decide/backlog.h"

#include <string.h>

static uint64_t seed = 88172645463325252u;

static uint64_t any(uint64_t n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return seed % n;
}

static uint32_t push(struct backlog *b, const struct backlog_entry *e)
{
	uint32_t node;
	ck_assert(backlog_push(b, e, &node));
	return node;
}

static uint32_t push_old(
	struct backlog *b, uint64_t handle, uint32_t class, uint64_t at_ns)
{
	struct backlog_entry e = {.handle = handle, .queued_ns = at_ns, .class = class};
	return push(b, &e);
}

/* The handle of the next, which starts; 0 = nothing waits. */
static uint64_t start(struct backlog *b)
{
	const struct backlog_entry *e = backlog_first(b);
	if (e == NULL)
		return 0;
	uint64_t handle = e->handle;
	backlog_start(b, e->node);
	return handle;
}

static void expect_order(const struct backlog *b, const uint64_t *handles, size_t n)
{
	struct backlog *copy = backlog_new(8);
	backlog_copy(copy, b);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(start(copy), handles[i]);
	ck_assert_ptr_null(backlog_first(copy));
	backlog_free(copy);
}

START_TEST(higher_classes_start_first_and_a_session_keeps_its_order)
{
	struct backlog *b = backlog_new(8);
	push_old(b, 1, 0, 10);
	push_old(b, 2, 3, 30);
	push_old(b, 3, 1, 20);
	push_old(b, 4, 3, 40);
	expect_order(b, (uint64_t[]){2, 4, 3, 1}, 4);
	ck_assert_uint_eq(backlog_length_of(b, 3), 2);
	backlog_free(b);
}
END_TEST

START_TEST(an_entry_that_comes_back_takes_its_old_place)
{
	struct backlog *b = backlog_new(8);
	uint32_t first = push_old(b, 1, 1, 10);
	push_old(b, 2, 1, 20);
	push_old(b, 3, 1, 30);
	backlog_remove(b, first);
	expect_order(b, (uint64_t[]){2, 3}, 2);
	push_old(b, 1, 1, 10);
	expect_order(b, (uint64_t[]){1, 2, 3}, 3);
	backlog_free(b);
}
END_TEST

START_TEST(a_full_backlog_refuses_and_a_removed_entry_makes_room)
{
	struct backlog *b = backlog_new(2);
	uint32_t node = push_old(b, 1, 0, 1), other;
	push_old(b, 2, 0, 2);
	struct backlog_entry e = {.handle = 3};
	ck_assert(!backlog_push(b, &e, &other));
	backlog_remove(b, node);
	ck_assert(backlog_push(b, &e, &other));
	ck_assert_uint_eq(backlog_length(b), 2);
	backlog_free(b);
}
END_TEST

enum { CLIENTS = 3 };

/* What each client has had of the first `tokens` tokens. */
static void share(struct backlog *b, uint64_t tokens, uint64_t had[CLIENTS])
{
	memset(had, 0, CLIENTS * sizeof *had);
	for (uint64_t sum = 0; sum < tokens;) {
		const struct backlog_entry *e = backlog_first(b);
		ck_assert_ptr_nonnull(e);
		had[e->client] += e->tokens;
		sum += e->tokens;
		backlog_start(b, e->node);
	}
}

START_TEST(clients_share_by_tokens_not_by_requests)
{
	struct backlog *b = backlog_new(4096);
	uint64_t had[CLIENTS];
	for (uint64_t i = 0; i < 1000; i++)
		for (uint64_t c = 0; c < CLIENTS; c++)
			push(b, &(struct backlog_entry){.handle = 1,
					.queued_ns = i,
					.client = c,
					.tokens = 100 * (1 + 4 * c)});
	share(b, 90000, had);
	for (uint64_t c = 0; c < CLIENTS; c++) {
		ck_assert_uint_ge(had[c], 30000 - 1000);
		ck_assert_uint_le(had[c], 30000 + 1000);
	}
	backlog_free(b);
}
END_TEST

START_TEST(inventing_sessions_gains_nothing)
{
	struct backlog *b = backlog_new(4096);
	uint64_t had[CLIENTS];
	for (uint64_t i = 0; i < 1000; i++) {
		struct backlog_entry e = {.handle = 1, .queued_ns = i, .tokens = 100};
		push(b, &e);
		e.client = 1;
		e.session = i % 500;
		push(b, &e);
	}
	share(b, 100000, had);
	ck_assert_uint_ge(had[1], 50000 - 200);
	ck_assert_uint_le(had[1], 50000 + 200);
	backlog_free(b);
}
END_TEST

/* Its flow is empty at each start and comes back later: neither credit nor debt. */
START_TEST(a_client_that_asks_one_by_one_shares_with_one_that_queues)
{
	struct backlog *b = backlog_new(4096);
	uint64_t had[CLIENTS] = {0};
	for (uint64_t i = 0; i < 2000; i++)
		push(b, &(struct backlog_entry){
				.handle = 1, .queued_ns = i, .tokens = 300});
	for (uint64_t i = 0; i < 1000; i++) {
		if (i % 2 == 0 && had[1] <= i / 2 * 700)
			push(b, &(struct backlog_entry){.handle = 1,
					.queued_ns = i,
					.client = 1,
					.tokens = 700});
		const struct backlog_entry *e = backlog_first(b);
		had[e->client] += e->tokens;
		backlog_start(b, e->node);
	}
	double part = (double)had[1] / (double)(had[0] + had[1]);
	ck_assert_msg(part > 0.45 && part < 0.55, "%f", part);
	backlog_free(b);
}
END_TEST

START_TEST(small_requests_of_others_do_not_starve_a_large_one)
{
	struct backlog *b = backlog_new(4096);
	push(b, &(struct backlog_entry){.handle = 7, .client = 9, .tokens = 10000});
	uint64_t passed = 0;
	for (uint64_t i = 0; backlog_first(b)->handle != 7; i++) {
		for (uint64_t c = 0; c < 2; c++)
			push(b, &(struct backlog_entry){.handle = 1,
					.queued_ns = i,
					.client = c,
					.tokens = 10});
		passed += backlog_first(b)->tokens;
		(void)start(b);
	}
	ck_assert_uint_le(passed, 2 * 10000);
	backlog_free(b);
}
END_TEST

START_TEST(a_lower_class_waits_for_ageing_times_its_tokens_at_most)
{
	struct backlog *b = backlog_new(8192);
	backlog_set_ageing(b, 32);
	push(b, &(struct backlog_entry){.handle = 7, .tokens = 50});
	for (uint64_t i = 0; i < 2000; i++)
		push(b, &(struct backlog_entry){
				.handle = 1, .queued_ns = i, .tokens = 10, .class = 3});
	uint64_t passed = 0;
	while (start(b) != 7)
		passed += 10;
	ck_assert_uint_eq(passed, 32 * 50);
	ck_assert_uint_eq(backlog_length_of(b, 0), 0);
	push(b, &(struct backlog_entry){.handle = 8, .tokens = 1});
	backlog_set_ageing(b, 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(start(b), 1);
	backlog_free(b);
}
END_TEST

START_TEST(the_classes_above_keep_their_share_of_the_flow)
{
	struct backlog *b = backlog_new(32768);
	backlog_set_ageing(b, 32);
	for (uint64_t i = 0; i < 20000; i++)
		push(b, &(struct backlog_entry){.handle = 1 + (i % 4 == 3),
				.queued_ns = i,
				.tokens = 1 + any(50),
				.class = i % 4});
	uint64_t urgent = 0, all = 0;
	for (int i = 0; i < 4000; i++) {
		const struct backlog_entry *e = backlog_first(b);
		urgent += e->class == 3 ? e->tokens : 0;
		all += e->tokens;
		backlog_start(b, e->node);
	}
	ck_assert_uint_ge(urgent * 32, all * 29);
	backlog_free(b);
}
END_TEST

START_TEST(more_room_keeps_the_order_and_who_shares_with_whom)
{
	enum { N = 9, MORE = 4000 };
	struct backlog *b = backlog_new(N), *copy = backlog_new(N);
	uint32_t node;
	for (uint64_t i = 0; i < N; i++)
		push(b, &(struct backlog_entry){.handle = i,
				.tokens = 10,
				.client = i % 3,
				.session = i});
	backlog_copy(copy, b);
	backlog_make_room(b, MORE);
	backlog_make_room(copy, MORE);
	backlog_make_room(b, N); /* never less */
	for (uint64_t i = N; i < MORE; i++)
		push(b, &(struct backlog_entry){.handle = i,
				.tokens = 10,
				.client = i % 3,
				.session = i});
	ck_assert(!backlog_push(b, &(struct backlog_entry){.handle = 1}, &node));
	backlog_copy(copy, b);
	for (uint64_t i = 0; i < MORE; i++) {
		ck_assert_uint_eq(start(copy), i);
		ck_assert_uint_eq(backlog_first(b)->handle, i);
		(void)start(b);
	}
	ck_assert_ptr_null(backlog_first(b));
	backlog_free(copy);
	backlog_free(b);
}
END_TEST

/* Against a model that only knows what is in it and what may not be. */
START_TEST(random_comings_and_goings_lose_nothing_and_a_copy_foretells_the_order)
{
	enum { N = 64 };
	struct backlog *b = backlog_new(N), *copy = backlog_new(N);
	uint32_t node[N];
	bool used[N] = {0};
	uint32_t length = 0;
	backlog_set_ageing(b, 8);
	for (int step = 0; step < 20000; step++) {
		uint64_t i = any(N);
		if (used[i] && any(3) == 0) {
			backlog_remove(b, node[i]);
		} else if (used[i]) {
			i = start(b) - 1;
		} else {
			node[i] = push(b, &(struct backlog_entry){.handle = i + 1,
						  .queued_ns = any(100000),
						  .tokens = any(1000),
						  .client = any(4),
						  .session = any(3),
						  .class = (uint32_t)any(4)});
		}
		length += used[i] ? UINT32_MAX : 1;
		used[i] = !used[i];
		ck_assert_uint_eq(backlog_length(b), length);
		if (step % 100 != 0)
			continue;
		uint64_t order[N];
		backlog_copy(copy, b);
		for (uint32_t k = 0; k < length; k++)
			order[k] = start(copy);
		ck_assert_ptr_null(backlog_first(copy));
		for (uint32_t k = 0; k < length; k++) {
			ck_assert_uint_eq(start(b), order[k]);
			ck_assert(used[order[k] - 1]);
			used[order[k] - 1] = false;
		}
		length = 0;
		ck_assert_ptr_null(backlog_first(b));
	}
	backlog_free(copy);
	backlog_free(b);
}
END_TEST

UNIT_MAIN("backlog", higher_classes_start_first_and_a_session_keeps_its_order,
	an_entry_that_comes_back_takes_its_old_place,
	a_full_backlog_refuses_and_a_removed_entry_makes_room,
	clients_share_by_tokens_not_by_requests, inventing_sessions_gains_nothing,
	a_client_that_asks_one_by_one_shares_with_one_that_queues,
	small_requests_of_others_do_not_starve_a_large_one,
	a_lower_class_waits_for_ageing_times_its_tokens_at_most,
	the_classes_above_keep_their_share_of_the_flow,
	more_room_keeps_the_order_and_who_shares_with_whom,
	random_comings_and_goings_lose_nothing_and_a_copy_foretells_the_order)
