/* The arena: extents never overlap, free space grows together, memory goes back. */
#include "../unit.h"
#include "ipc/arena.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = ARENA_PAGE_BYTES, REGION_PAGES = 4096, BEFORE = 3 * PAGE };

/* An arena over a region that does not start where its map does. */
struct ground {
	struct map map;
	struct arena *arena;
};

static struct ground *a_ground(void)
{
	struct ground *g = calloc(1, sizeof *g);
	g->map.size_bytes = BEFORE + (uint64_t)REGION_PAGES * PAGE;
	g->map.fd = memfd_create("arena", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(g->map.fd, (off_t)g->map.size_bytes), 0);
	g->map.base = mmap(NULL, g->map.size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		g->map.fd, 0);
	ck_assert_ptr_ne(g->map.base, MAP_FAILED);
	g->arena = arena_new(&g->map, BEFORE, (uint64_t)REGION_PAGES * PAGE);
	ck_assert_ptr_nonnull(g->arena);
	return g;
}

static void leave(struct ground *g)
{
	arena_free_all(g->arena);
	map_close(&g->map);
	free(g);
}

static uint64_t resident_bytes(const struct ground *g)
{
	struct stat st;
	ck_assert_int_eq(fstat(g->map.fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

static uint64_t must_alloc(struct ground *g, uint64_t pages)
{
	uint64_t at;
	ck_assert(arena_alloc(g->arena, pages * PAGE, &at));
	memset(g->map.base + at, 1, pages * PAGE);
	return at;
}

START_TEST(arena_extents_are_aligned_inside_and_counted_in_whole_pages)
{
	struct ground *g = a_ground();
	uint64_t a, b;
	ck_assert(arena_alloc(g->arena, 1, &a) && arena_alloc(g->arena, PAGE + 1, &b));
	ck_assert(a % PAGE == 0 && b % PAGE == 0 && a >= BEFORE && b >= BEFORE);
	ck_assert(a + PAGE <= b || b + 2 * PAGE <= a);
	ck_assert_uint_eq(arena_used_bytes(g->arena), 3 * PAGE);
	arena_free(g->arena, a);
	arena_free(g->arena, b);
	ck_assert_uint_eq(arena_used_bytes(g->arena), 0);
	leave(g);
}
END_TEST

START_TEST(arena_refuses_when_no_stretch_is_long_enough)
{
	struct ground *g = a_ground();
	uint64_t at, all;
	ck_assert(!arena_alloc(g->arena, (uint64_t)REGION_PAGES * PAGE + 1, &at));
	ck_assert(!arena_alloc(g->arena, UINT64_MAX, &at));
	ck_assert(arena_alloc(g->arena, (uint64_t)REGION_PAGES * PAGE, &all));
	ck_assert(!arena_alloc(g->arena, 1, &at));
	arena_free(g->arena, all);
	ck_assert(arena_alloc(g->arena, 1, &at));
	leave(g);
}
END_TEST

START_TEST(arena_neighbours_grow_together_in_every_order_of_freeing)
{
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (size_t i = 0; i < N_ELEMENTS(orders); i++) {
		struct ground *g = a_ground();
		uint64_t at[3], all;
		for (int k = 0; k < 3; k++)
			ck_assert(arena_alloc(g->arena, 100 * PAGE, &at[k]));
		for (int k = 0; k < 3; k++)
			arena_free(g->arena, at[orders[i][k]]);
		ck_assert(arena_alloc(g->arena, (uint64_t)REGION_PAGES * PAGE, &all));
		leave(g);
	}
}
END_TEST

START_TEST(arena_finds_the_one_stretch_that_is_just_long_enough)
{
	struct ground *g = a_ground();
	/* fill it, then leave holes of 64…79 pages, which share one bin */
	uint64_t hole[16], at;
	for (uint64_t i = 0; i < 16; i++) {
		hole[i] = must_alloc(g, 64 + i);
		must_alloc(g, 1);
	}
	while (arena_alloc(g->arena, PAGE, &at))
		;
	for (uint64_t i = 0; i < 16; i++)
		arena_free(g->arena, hole[i]);
	ck_assert(!arena_alloc(g->arena, 80 * PAGE, &at));
	for (uint64_t i = 16; i-- > 0;)
		ck_assert(arena_alloc(g->arena, (64 + i) * PAGE, &at) && at == hole[i]);
	leave(g);
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* The same from first principles: one owner byte a page. */
struct model {
	uint8_t taken[REGION_PAGES];
	uint64_t at[256], pages[256];
	uint64_t n, n_used;
};

static uint64_t longest_free(const struct model *m)
{
	uint64_t best = 0, run = 0;
	for (int i = 0; i < REGION_PAGES; i++) {
		run = m->taken[i] ? 0 : run + 1;
		best = MAX(best, run);
	}
	return best;
}

static void model_take(struct model *m, uint64_t at, uint64_t pages)
{
	uint64_t first = (at - BEFORE) / PAGE;
	for (uint64_t i = first; i < first + pages; i++) {
		ck_assert_uint_lt(i, REGION_PAGES);
		ck_assert_uint_eq(m->taken[i]++, 0);
	}
	m->at[m->n] = at;
	m->pages[m->n++] = pages;
	m->n_used += pages;
}

static uint64_t model_give(struct model *m, uint64_t k)
{
	uint64_t at = m->at[k];
	memset(m->taken + (at - BEFORE) / PAGE, 0, m->pages[k]);
	m->n_used -= m->pages[k];
	m->at[k] = m->at[--m->n];
	m->pages[k] = m->pages[m->n];
	return at;
}

/* One word in each page says whose it is, so that a page punched while in use shows. */
static uint64_t *word_of(const struct ground *g, uint64_t at, uint64_t page)
{
	return (uint64_t *)(void *)(g->map.base + at + page * PAGE);
}

static void sign(const struct ground *g, uint64_t at, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		*word_of(g, at, i) = at;
}

static void check_signed(const struct ground *g, uint64_t at, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		ck_assert_uint_eq(*word_of(g, at, i), at);
}

START_TEST(arena_agrees_with_a_plain_model_through_random_work)
{
	struct ground *g = a_ground();
	struct model *m = calloc(1, sizeof *m);
	uint64_t seed = 7, at;
	for (int i = 0; i < 5000; i++) {
		uint64_t pages = 1 + next_random(&seed) % (i % 3 ? 20 : 400);
		if (m->n == 256 || (m->n > 0 && next_random(&seed) % 2)) {
			uint64_t k = next_random(&seed) % m->n;
			check_signed(g, m->at[k], m->pages[k]);
			arena_free(g->arena, model_give(m, k));
		} else if (arena_alloc(g->arena, pages * PAGE, &at)) {
			model_take(m, at, pages);
			sign(g, at, pages);
		} else {
			ck_assert_uint_lt(longest_free(m), pages);
		}
		ck_assert_uint_eq(arena_used_bytes(g->arena), m->n_used * PAGE);
	}
	free(m);
	leave(g);
}
END_TEST

START_TEST(arena_gives_freed_memory_back_beyond_the_warm_mark)
{
	struct ground *g = a_ground();
	uint64_t at = must_alloc(g, REGION_PAGES);
	ck_assert_uint_eq(resident_bytes(g), (uint64_t)REGION_PAGES * PAGE);
	arena_free(g->arena, at);
	ck_assert_uint_eq(resident_bytes(g), ARENA_WARM_BYTES / 2);
	leave(g);
}
END_TEST

START_TEST(arena_steady_load_keeps_its_pages)
{
	struct ground *g = a_ground();
	uint64_t pages = ARENA_WARM_BYTES / PAGE / 8, at[8];
	for (int i = 0; i < 8; i++)
		at[i] = must_alloc(g, pages);
	uint64_t before = resident_bytes(g);
	for (int i = 0; i < 100; i++) {
		arena_free(g->arena, at[i % 8]);
		at[i % 8] = must_alloc(g, pages);
		ck_assert_uint_eq(resident_bytes(g), before);
	}
	leave(g);
}
END_TEST

START_TEST(arena_never_keeps_much_more_than_the_mark_however_it_is_fragmented)
{
	struct ground *g = a_ground();
	static uint64_t at[REGION_PAGES];
	for (int i = 0; i < REGION_PAGES; i++)
		at[i] = must_alloc(g, 1);
	for (int i = 0; i < REGION_PAGES; i += 2)
		arena_free(g->arena, at[i]);
	uint64_t used = arena_used_bytes(g->arena);
	ck_assert_uint_le(resident_bytes(g), used + ARENA_WARM_BYTES);
	leave(g);
}
END_TEST

START_TEST(arena_does_not_free_what_it_never_gave)
{
	struct ground *g = a_ground();
	uint64_t at = must_alloc(g, 4);
	arena_free(g->arena, at + PAGE);
	leave(g);
}
END_TEST

START_TEST(arena_does_not_free_twice)
{
	struct ground *g = a_ground();
	uint64_t at = must_alloc(g, 4);
	arena_free(g->arena, at);
	arena_free(g->arena, at);
	leave(g);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arena");
	TCase *tc = tcase_create("arena");
	tcase_add_test(tc, arena_extents_are_aligned_inside_and_counted_in_whole_pages);
	tcase_add_test(tc, arena_refuses_when_no_stretch_is_long_enough);
	tcase_add_test(tc, arena_neighbours_grow_together_in_every_order_of_freeing);
	tcase_add_test(tc, arena_finds_the_one_stretch_that_is_just_long_enough);
	tcase_add_test(tc, arena_agrees_with_a_plain_model_through_random_work);
	tcase_add_test(tc, arena_gives_freed_memory_back_beyond_the_warm_mark);
	tcase_add_test(tc, arena_steady_load_keeps_its_pages);
	tcase_add_test(
		tc, arena_never_keeps_much_more_than_the_mark_however_it_is_fragmented);
	/* must() ends the process: that is what these two are about */
	tcase_add_test_raise_signal(
		tc, arena_does_not_free_what_it_never_gave, SIGABRT);
	tcase_add_test_raise_signal(tc, arena_does_not_free_twice, SIGABRT);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
