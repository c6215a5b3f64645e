/* Answers kept under Idempotency-Keys. */
#include "../unit.h"
#include "decide/replay.h"

#include <string.h>

static unsigned n_dropped;

static void drop(struct replay *r)
{
	n_dropped++;
	free(r->bytes);
	free(r);
}

static const uint8_t *key_of(unsigned n)
{
	static uint8_t key[REPLAY_HASH_BYTES];
	memset(key, 0, sizeof key);
	/* the bucket of all is the same: what is compared is the whole key */
	memcpy(key + 2, &n, sizeof n);
	return key;
}

static struct replay *add(struct replays *rs, unsigned key)
{
	struct replay *r = calloc(1, sizeof *r);
	ck_assert_ptr_nonnull(r);
	replays_add(rs, r, key_of(key));
	return r;
}

static struct replay *a_kept(
	struct replays *rs, unsigned key, size_t n_bytes, uint64_t now_ns)
{
	struct replay *r = add(rs, key);
	char *to = replays_extend(rs, r, n_bytes);
	ck_assert_ptr_nonnull(to);
	memset(to, 'a', n_bytes);
	replays_keep(rs, r, now_ns);
	return r;
}

START_TEST(an_answer_is_found_while_it_is_made_and_when_it_is_kept)
{
	struct replays rs;
	replays_init(&rs, drop);
	struct replay *r = add(&rs, 1), *other = add(&rs, 2);
	ck_assert_ptr_eq(replays_find(&rs, key_of(1), 0), r);
	memcpy(replays_extend(&rs, r, 5), "hello", 5);
	memcpy(replays_extend(&rs, r, 6), " world", 6);
	replays_keep(&rs, r, 7);
	ck_assert_ptr_eq(replays_find(&rs, key_of(1), 8), r);
	ck_assert_uint_eq(r->n, 11);
	ck_assert_mem_eq(r->bytes, "hello world", 11);
	ck_assert_ptr_eq(replays_find(&rs, key_of(2), 8), other);
	ck_assert_ptr_null(replays_find(&rs, key_of(3), 8));
	replays_fini(&rs);
	ck_assert_uint_eq(n_dropped, 2);
	ck_assert_uint_eq(rs.n_bytes, 0);
}
END_TEST

START_TEST(an_answer_is_kept_for_its_time_and_no_longer)
{
	struct replays rs;
	replays_init(&rs, drop);
	struct replay *r = a_kept(&rs, 1, 10, 100);
	a_kept(&rs, 2, 10, 200);
	ck_assert_ptr_eq(replays_find(&rs, key_of(1), 100 + REPLAY_KEEP_NS - 1), r);
	ck_assert_ptr_null(replays_find(&rs, key_of(1), 100 + REPLAY_KEEP_NS));
	ck_assert_uint_eq(n_dropped, 1);
	replays_expire(&rs, 200 + REPLAY_KEEP_NS - 1);
	ck_assert_uint_eq(n_dropped, 1);
	replays_expire(&rs, 200 + REPLAY_KEEP_NS);
	ck_assert_uint_eq(n_dropped, 2);
	ck_assert_uint_eq(rs.n_bytes, 0);
}
END_TEST

START_TEST(a_running_answer_never_grows_too_old)
{
	struct replays rs;
	replays_init(&rs, drop);
	struct replay *r = add(&rs, 1);
	replays_expire(&rs, 10 * REPLAY_KEEP_NS);
	ck_assert_ptr_eq(replays_find(&rs, key_of(1), 10 * REPLAY_KEEP_NS), r);
	replays_fini(&rs);
}
END_TEST

START_TEST(all_of_them_stay_below_the_bound_and_the_first_ended_go_first)
{
	enum { EACH = 1 << 20, N = 100 };
	struct replays rs;
	replays_init(&rs, drop);
	for (unsigned i = 0; i < N; i++) {
		a_kept(&rs, i, EACH, i);
		ck_assert_uint_le(rs.n_bytes, REPLAY_ALL_BYTES);
	}
	unsigned n_kept = N - n_dropped;
	ck_assert_uint_ge(n_kept, 30);
	for (unsigned i = 0; i < N; i++)
		ck_assert_int_eq(
			replays_find(&rs, key_of(i), N) != NULL, i >= N - n_kept);
	replays_fini(&rs);
}
END_TEST

START_TEST(many_small_answers_count_with_what_they_cost_beside_their_bytes)
{
	struct replays rs;
	replays_init(&rs, drop);
	for (unsigned i = 0; i < 2000; i++)
		a_kept(&rs, i, 1, i);
	ck_assert_uint_ge(rs.n_bytes, 2000 * REPLAY_EACH_BYTES);
	replays_fini(&rs);
}
END_TEST

START_TEST(what_somebody_reads_is_not_dropped)
{
	struct replays rs;
	replays_init(&rs, drop);
	struct replay *read = a_kept(&rs, 1, 20 << 20, 1);
	read->n_readers = 1;
	struct replay *grows = add(&rs, 2);
	ck_assert_ptr_null(replays_extend(&rs, grows, 20 << 20));
	ck_assert_int_eq(grows->state, REPLAY_OUTGROWN);
	replays_expire(&rs, 2 * REPLAY_KEEP_NS);
	ck_assert_uint_eq(n_dropped, 0);
	ck_assert_ptr_null(replays_find(&rs, key_of(1), 2 * REPLAY_KEEP_NS));
	ck_assert(!read->is_listed);
	ck_assert_mem_eq(read->bytes, "aaaa", 4);
	drop(read);
	replays_fini(&rs);
}
END_TEST

START_TEST(an_answer_larger_than_all_room_is_outgrown_and_holds_its_key)
{
	struct replays rs;
	replays_init(&rs, drop);
	a_kept(&rs, 1, 1000, 1);
	struct replay *r = add(&rs, 2);
	ck_assert_ptr_nonnull(replays_extend(&rs, r, 1000));
	ck_assert_ptr_null(replays_extend(&rs, r, REPLAY_ALL_BYTES));
	ck_assert_ptr_null(replays_extend(&rs, r, 1));
	ck_assert_ptr_eq(replays_find(&rs, key_of(2), 2), r);
	ck_assert_uint_eq(r->n, 0);
	replays_unlist(&rs, r);
	ck_assert_ptr_null(replays_find(&rs, key_of(2), 2));
	drop(r);
	replays_fini(&rs);
	ck_assert_uint_eq(rs.n_bytes, 0);
}
END_TEST

UNIT_MAIN_APART("replay", an_answer_is_found_while_it_is_made_and_when_it_is_kept,
	an_answer_is_kept_for_its_time_and_no_longer,
	a_running_answer_never_grows_too_old,
	all_of_them_stay_below_the_bound_and_the_first_ended_go_first,
	many_small_answers_count_with_what_they_cost_beside_their_bytes,
	what_somebody_reads_is_not_dropped,
	an_answer_larger_than_all_room_is_outgrown_and_holds_its_key)
