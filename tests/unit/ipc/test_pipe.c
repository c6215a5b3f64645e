/* The pipe: bytes in order, whole publications, and positions that cannot be. */
#include "../unit.h"
#include "ipc/pipe.h"

#include <stdatomic.h>
#include <string.h>

enum { SIZE = 16 };

struct ground {
	struct pipe_words words;
	uint8_t bytes[SIZE];
	uint8_t guard[SIZE]; /* nothing may ever be written here */
};

static struct pipe a_pipe(struct ground *g)
{
	memset(g, 0, sizeof *g);
	pipe_reset(&g->words);
	return (struct pipe){&g->words, g->bytes, SIZE};
}

static void set(struct pipe *p, uint64_t read, uint64_t written)
{
	atomic_store_explicit(&p->words->read, read, memory_order_relaxed);
	atomic_store_explicit(&p->words->written, written, memory_order_relaxed);
}

START_TEST(pipe_carries_a_stream_through_every_wrap)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	uint64_t put = 0, got = 0;
	for (int round = 0; round < 500; round++) {
		char in[SIZE], out[SIZE];
		size_t n = 1 + (size_t)round % (SIZE - 1);
		for (size_t i = 0; i < n; i++)
			in[i] = (char)(put + i);
		put += pipe_put_some(&p, (struct str){in, n});
		ck_assert(pipe_copy(&p, got, out, put - got));
		for (; got < put; got++)
			ck_assert_int_eq(out[got - pipe_released(&p)], (char)got);
		pipe_release(&p, got);
	}
	ck_assert_uint_eq(pipe_written(&p), put);
	ck_assert_uint_eq(g.guard[0], 0);
}
END_TEST

START_TEST(pipe_put_some_takes_what_fits)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	ck_assert_uint_eq(pipe_put_some(&p, STR("0123456789")), 10);
	ck_assert_uint_eq(pipe_put_some(&p, STR("abcdefghij")), 6);
	ck_assert_uint_eq(pipe_put_some(&p, STR("x")), 0);
	ck_assert_uint_eq(pipe_space(&p), 0);
	ck_assert_mem_eq(g.bytes, "0123456789abcdef", SIZE);
}
END_TEST

START_TEST(pipe_put_all_takes_every_part_or_none)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	const struct str parts[] = {STR("0123"), {NULL, 0}, STR("456789")};
	char out[10];
	set(&p, SIZE - 3, SIZE - 3);
	ck_assert(pipe_put_all(&p, parts, N_ELEMENTS(parts)));
	ck_assert(!pipe_put_all(&p, parts, N_ELEMENTS(parts)));
	ck_assert_uint_eq(pipe_written(&p), SIZE - 3 + 10);
	ck_assert(pipe_copy(&p, SIZE - 3, out, sizeof out));
	ck_assert_mem_eq(out, "0123456789", sizeof out);
}
END_TEST

START_TEST(pipe_put_all_refuses_a_sum_that_overflows)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	const struct str parts[] = {{"x", SIZE_MAX}, {"y", 2}};
	ck_assert(!pipe_put_all(&p, parts, N_ELEMENTS(parts)));
	ck_assert_uint_eq(pipe_written(&p), 0);
}
END_TEST

START_TEST(pipe_reader_may_look_ahead_and_release_later)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	struct pipe_spans s;
	ck_assert_uint_eq(pipe_put_some(&p, STR("0123456789")), 10);
	ck_assert_uint_eq(pipe_peek(&p, 4, &s), 6);
	ck_assert_mem_eq(s.part[0].p, "456789", 6);
	ck_assert_uint_eq(s.part[1].n, 0);
	ck_assert_uint_eq(pipe_space(&p), SIZE - 10);
	pipe_release(&p, 4);
	ck_assert_uint_eq(pipe_space(&p), SIZE - 6);
	ck_assert_uint_eq(pipe_peek(&p, 3, &s), 0);
	ck_assert_uint_eq(pipe_peek(&p, 11, &s), 0);
}
END_TEST

START_TEST(pipe_copy_refuses_more_than_is_published)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	char out[8] = "";
	ck_assert_uint_eq(pipe_put_some(&p, STR("0123")), 4);
	ck_assert(!pipe_copy(&p, 0, out, 5));
	ck_assert(!pipe_copy(&p, 1, out, 4));
	ck_assert(pipe_copy(&p, 1, out, 3));
	ck_assert_str_eq(out, "123");
}
END_TEST

START_TEST(pipe_says_no_to_every_impossible_distance)
{
	struct ground g;
	struct pipe p = a_pipe(&g);
	static const uint64_t bad[] = {SIZE + 1, 4096, UINT64_MAX / 2, UINT64_MAX};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct pipe_spans s;
		char out[1];
		set(&p, 5, 5 + bad[i]);
		ck_assert(!pipe_is_sane(&p));
		ck_assert_uint_eq(pipe_space(&p), 0);
		ck_assert_uint_eq(pipe_put_some(&p, STR("x")), 0);
		ck_assert(!pipe_put_all(&p, &STR("x"), 1));
		ck_assert_uint_eq(pipe_peek(&p, 5, &s), 0);
		ck_assert_uint_eq(s.part[0].n + s.part[1].n, 0);
		ck_assert(!pipe_copy(&p, 5, out, 1));
	}
}
END_TEST

UNIT_MAIN("pipe", pipe_carries_a_stream_through_every_wrap,
	pipe_put_some_takes_what_fits, pipe_put_all_takes_every_part_or_none,
	pipe_put_all_refuses_a_sum_that_overflows,
	pipe_reader_may_look_ahead_and_release_later,
	pipe_copy_refuses_more_than_is_published,
	pipe_says_no_to_every_impossible_distance)
