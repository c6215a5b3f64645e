/* The lane: order, fullness, and what it makes of positions that cannot be. */
#include "../unit.h"
#include "ipc/lane.h"

#include <stdatomic.h>

enum { CAPACITY = 4 };

static struct lane a_lane(void)
{
	struct lane_words *w =
		aligned_alloc(CACHE_LINE_BYTES, lane_size_bytes(CAPACITY));
	ck_assert_ptr_nonnull(w);
	lane_reset(w);
	return (struct lane){w, CAPACITY};
}

static void set(struct lane *l, uint64_t head, uint64_t tail)
{
	atomic_store_explicit(&l->words->head, head, memory_order_relaxed);
	atomic_store_explicit(&l->words->tail, tail, memory_order_relaxed);
}

START_TEST(lane_gives_hints_back_in_order_across_many_wraps)
{
	struct lane l = a_lane();
	uint64_t pushed = 0, popped = 0, hint;
	for (int round = 0; round < 1000; round++) {
		for (int i = 0; i < 1 + round % CAPACITY; i++)
			ck_assert(lane_push(&l, pushed++));
		while (lane_pop(&l, &hint))
			ck_assert_uint_eq(hint, popped++);
		ck_assert_uint_eq(popped, pushed);
	}
	free(l.words);
}
END_TEST

START_TEST(lane_refuses_when_full_and_takes_again_after_a_pop)
{
	struct lane l = a_lane();
	uint64_t hint;
	for (uint64_t i = 0; i < CAPACITY; i++)
		ck_assert(lane_push(&l, i));
	ck_assert(!lane_push(&l, 99));
	ck_assert_uint_eq(lane_length(&l), CAPACITY);
	ck_assert(lane_pop(&l, &hint) && hint == 0);
	ck_assert(lane_push(&l, CAPACITY));
	free(l.words);
}
END_TEST

START_TEST(lane_works_where_its_positions_wrap_around_64_bits)
{
	struct lane l = a_lane();
	uint64_t hint;
	set(&l, UINT64_MAX - 1, UINT64_MAX - 1);
	for (uint64_t i = 0; i < CAPACITY; i++)
		ck_assert(lane_push(&l, i));
	ck_assert(!lane_push(&l, 99) && lane_is_sane(&l));
	for (uint64_t i = 0; i < CAPACITY; i++)
		ck_assert(lane_pop(&l, &hint) && hint == i);
	free(l.words);
}
END_TEST

START_TEST(lane_says_no_to_every_impossible_distance)
{
	struct lane l = a_lane();
	static const uint64_t bad[] = {
		CAPACITY + 1, 1000, UINT64_MAX / 2, UINT64_MAX - 5, UINT64_MAX};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		uint64_t hint = 7;
		set(&l, 10, 10 + bad[i]);
		ck_assert(!lane_is_sane(&l));
		ck_assert(!lane_pop(&l, &hint) && hint == 7);
		ck_assert(!lane_push(&l, 1));
		ck_assert_uint_eq(lane_length(&l), CAPACITY);
	}
	free(l.words);
}
END_TEST

START_TEST(lane_without_cells_is_always_full_and_empty)
{
	struct lane l = a_lane();
	uint64_t hint;
	l.capacity = 0;
	ck_assert(!lane_push(&l, 1) && !lane_pop(&l, &hint));
	free(l.words);
}
END_TEST

START_TEST(lane_size_is_whole_cache_lines)
{
	ck_assert_uint_eq(lane_size_bytes(1), 3 * CACHE_LINE_BYTES);
	ck_assert_uint_eq(lane_size_bytes(8), 3 * CACHE_LINE_BYTES);
	ck_assert_uint_eq(lane_size_bytes(1024), (2 + 128) * CACHE_LINE_BYTES);
}
END_TEST

UNIT_MAIN("lane", lane_gives_hints_back_in_order_across_many_wraps,
	lane_refuses_when_full_and_takes_again_after_a_pop,
	lane_works_where_its_positions_wrap_around_64_bits,
	lane_says_no_to_every_impossible_distance,
	lane_without_cells_is_always_full_and_empty, lane_size_is_whole_cache_lines)
