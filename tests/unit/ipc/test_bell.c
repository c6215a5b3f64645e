/* The bell: who is woken when, and how long it pays to look. */
#include "../unit.h"
#include "ipc/bell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct bell a_bell(struct bell_word *w)
{
	*w = (struct bell_word){0};
	struct bell b = {w, eventfd(0, EFD_NONBLOCK)};
	ck_assert_int_ge(b.fd, 0);
	return b;
}

static bool is_loud(const struct bell *b)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

START_TEST(bell_rings_only_while_its_owner_sleeps)
{
	struct bell_word w;
	struct bell b = a_bell(&w);
	bell_ring(&b);
	ck_assert(!is_loud(&b));
	bell_arm(&b);
	bell_ring(&b);
	ck_assert(is_loud(&b));
	bell_disarm(&b);
	ck_assert(!is_loud(&b));
	bell_ring(&b);
	ck_assert(!is_loud(&b));
	close(b.fd);
}
END_TEST

START_TEST(bell_rung_always_is_heard_at_the_next_sleep)
{
	struct bell_word w;
	struct bell b = a_bell(&w);
	bell_ring_always(&b);
	bell_disarm(&b);
	ck_assert(is_loud(&b));
	bell_arm(&b);
	ck_assert(is_loud(&b));
	bell_disarm(&b);
	ck_assert(!is_loud(&b));
	close(b.fd);
}
END_TEST

START_TEST(bell_that_is_as_loud_as_can_be_does_not_block_the_ringer)
{
	struct bell_word w;
	struct bell b = a_bell(&w);
	uint64_t most = UINT64_MAX - 1;
	ck_assert_int_eq(write(b.fd, &most, sizeof most), sizeof most);
	bell_ring_always(&b);
	ck_assert(is_loud(&b));
	close(b.fd);
}
END_TEST

/* Work that turns up at the `at`-th look. */
struct work {
	uint32_t n_looks, at;
};

static bool has_work(const void *arg)
{
	struct work *w = (struct work *)(uintptr_t)arg;
	return ++w->n_looks == w->at;
}

static uint32_t looks(struct bell_spin *s, uint32_t at, bool *found)
{
	struct work w = {.at = at};
	*found = bell_spin(s, has_work, &w);
	return w.n_looks;
}

START_TEST(bell_spin_without_reward_shrinks_to_rare_probes)
{
	struct bell_spin s = {.budget = BELL_SPIN_MAX};
	bool found;
	uint32_t before = BELL_SPIN_MAX + 1;
	while (s.budget > 0) {
		uint32_t n = looks(&s, 0, &found);
		ck_assert(!found && n < before);
		before = n;
	}
	uint32_t total = 0;
	for (int i = 0; i < 10 * BELL_PROBE_EVERY; i++)
		total += looks(&s, 0, &found);
	ck_assert_uint_eq(total, 10 * BELL_SPIN_MIN);
}
END_TEST

START_TEST(bell_spin_grows_from_nothing_when_looking_pays)
{
	struct bell_spin s = {0};
	bool found = false;
	int calls = 0;
	for (; !found; calls++)
		looks(&s, 3, &found);
	ck_assert_int_le(calls, BELL_PROBE_EVERY);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(looks(&s, 3, &found), 3);
	ck_assert_uint_eq(s.budget, BELL_SPIN_MAX);
}
END_TEST

START_TEST(bell_spin_never_looks_more_often_than_its_bound)
{
	struct bell_spin s = {.budget = UINT32_MAX};
	bool found;
	ck_assert_uint_eq(looks(&s, 0, &found), BELL_SPIN_MAX);
}
END_TEST

UNIT_MAIN("bell", bell_rings_only_while_its_owner_sleeps,
	bell_rung_always_is_heard_at_the_next_sleep,
	bell_that_is_as_loud_as_can_be_does_not_block_the_ringer,
	bell_spin_without_reward_shrinks_to_rare_probes,
	bell_spin_grows_from_nothing_when_looking_pays,
	bell_spin_never_looks_more_often_than_its_bound)
