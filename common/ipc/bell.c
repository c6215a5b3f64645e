/*
 * The bell: one word that says "asleep" and one eventfd. Runs in its owner and in all who
 * have work for it; it never waits itself, waiting is the owner's event loop's business.
 */
#include "ipc/bell.h"

#include <assert.h>
#include <stdatomic.h>
#include <unistd.h>

static_assert(sizeof(struct bell_word) == CACHE_LINE_BYTES, "shared layout");

void bell_ring(const struct bell *b)
{
	/* seq_cst: adds nothing, but stands before or after bell_arm()'s exchange, never
	 * beside it */
	if (atomic_fetch_add_explicit(&b->word->armed, 0, memory_order_seq_cst) != 0)
		bell_ring_always(b);
}

void bell_ring_always(const struct bell *b)
{
	uint64_t one = 1;
	/* EAGAIN, the one failure possible, means that it is as loud as can be */
	ssize_t put = write(b->fd, &one, sizeof one);
	(void)put;
}

void bell_arm(struct bell *b)
{
	/* seq_cst: pairs with bell_ring() */
	(void)atomic_exchange_explicit(&b->word->armed, 1, memory_order_seq_cst);
}

void bell_disarm(struct bell *b)
{
	/* relaxed both: only we write it; see the header for who may still see it armed */
	if (atomic_load_explicit(&b->word->armed, memory_order_relaxed) == 0)
		return;
	atomic_store_explicit(&b->word->armed, 0, memory_order_relaxed);
	uint64_t rings;
	ssize_t got = read(b->fd, &rings, sizeof rings);
	(void)got;
}

static void cpu_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* The looks this call may spend; now and then a few although the budget is used up. */
static uint32_t looks_allowed(struct bell_spin *s)
{
	if (s->budget > 0)
		return MIN(s->budget, BELL_SPIN_MAX);
	if (++s->n_idle < BELL_PROBE_EVERY)
		return 0;
	s->n_idle = 0;
	return BELL_SPIN_MIN;
}

bool bell_spin(struct bell_spin *s, bool (*has_work)(const void *), const void *arg)
{
	uint32_t looks = looks_allowed(s);
	for (uint32_t i = 0; i < looks; i++) {
		if (has_work(arg)) {
			s->budget = MIN(2 * looks, BELL_SPIN_MAX);
			return true;
		}
		cpu_pause();
	}
	s->budget = looks / 2 < BELL_SPIN_MIN ? 0 : looks / 2;
	return false;
}
