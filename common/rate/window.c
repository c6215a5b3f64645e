/*
 * The sliding window: a ring of counts by time. Runs in dispatch; any process may look.
 * It never reads a clock.
 *
 * All stores are releases although no reader acquires them: a process that is killed
 * leaves exactly the stores of the instructions it has executed, so the order in which
 * the compiler emits them is the crash protocol, and release keeps it.
 */
#include "rate/window.h"

#include "base/num.h"

#include <assert.h>
#include <stdatomic.h>

static_assert(sizeof(struct window) == 260 * sizeof(uint64_t), "shared layout");

static uint64_t get(const _Atomic uint64_t *word)
{
	/* relaxed: the owner reads its own words, others read for people */
	return atomic_load_explicit(word, memory_order_relaxed);
}

static void put(_Atomic uint64_t *word, uint64_t value)
{
	/* release: after every store before it; pairs with nobody, see the top */
	atomic_store_explicit(word, value, memory_order_release);
}

static unsigned after(unsigned at)
{
	return at + 1 < WINDOW_CELLS ? at + 1 : 0;
}

static unsigned before(unsigned at)
{
	return at > 0 ? at - 1 : WINDOW_CELLS - 1;
}

/* When a cell begins; the end of time for a number that cannot be. */
static uint64_t start_ns(const struct window *w, uint64_t cell)
{
	return num_mul_sat(cell, w->cell_ns);
}

/* Everything in the cells, whatever their age. */
static uint64_t sum_all(const struct window *w)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < WINDOW_CELLS; i++)
		if (__builtin_add_overflow(sum, get(&w->cells[i]), &sum))
			return UINT64_MAX;
	return sum;
}

void window_init(struct window *w, uint64_t length_ns)
{
	must(length_ns > 0);
	w->cell_ns = (length_ns - 1) / WINDOW_STEPS + 1;
	put(&w->newest, 0);
	put(&w->used, 0);
	for (unsigned i = 0; i < WINDOW_CELLS; i++)
		put(&w->cells[i], 0);
}

void window_advance(struct window *w, uint64_t now_ns)
{
	must(w->cell_ns > 0);
	uint64_t newest = get(&w->newest), current = now_ns / w->cell_ns;
	if (current <= newest)
		return;
	/* what is cleared here has left the window for every time from now_ns on, so a
	 * successor loses nothing if we die before `newest` says so; it does it again */
	for (uint64_t i = 0; i < MIN(current - newest, WINDOW_CELLS); i++)
		put(&w->cells[(current - i) % WINDOW_CELLS], 0);
	put(&w->used, sum_all(w));
	put(&w->newest, current);
}

bool window_fits(const struct window *w, uint64_t limit, uint64_t n)
{
	return n <= limit && get(&w->used) <= limit - n;
}

uint64_t window_earliest_ns(
	const struct window *w, uint64_t limit, uint64_t n, uint64_t now_ns)
{
	if (n > limit)
		return UINT64_MAX;
	if (window_fits(w, limit, n))
		return now_ns;
	uint64_t newest = get(&w->newest), freed = 0;
	uint64_t over = get(&w->used) - (limit - n);
	unsigned at = (unsigned)((newest + 1) % WINDOW_CELLS);
	for (uint64_t i = 1; i <= WINDOW_CELLS; i++, at = after(at)) {
		/* the oldest cell leaves with the next one to begin, and so on */
		if (__builtin_add_overflow(freed, get(&w->cells[at]), &freed) ||
			freed >= over)
			return start_ns(w, num_add_sat(newest, i));
	}
	/* a death has left `used` too high; it is counted anew in the next cell */
	return start_ns(w, num_add_sat(newest, 1));
}

static void count(struct window *w, uint64_t cell, uint64_t n)
{
	_Atomic uint64_t *word = &w->cells[cell % WINDOW_CELLS];
	put(&w->used, num_add_sat(get(&w->used), n));
	put(word, num_add_sat(get(word), n));
}

uint64_t window_add(struct window *w, uint64_t now_ns, uint64_t n)
{
	window_advance(w, now_ns);
	uint64_t cell = get(&w->newest);
	count(w, cell, n);
	return cell;
}

void window_correct(struct window *w, uint64_t stamp, uint64_t reserved,
	uint64_t actual, uint64_t now_ns)
{
	window_advance(w, now_ns);
	uint64_t newest = get(&w->newest);
	if (actual >= reserved) {
		count(w, newest, actual - reserved);
		return;
	}
	/* a stamp is kept in the segment: one from the future is no stamp of ours */
	if (stamp > newest || newest - stamp > WINDOW_STEPS)
		return;
	_Atomic uint64_t *word = &w->cells[stamp % WINDOW_CELLS];
	uint64_t held = get(word), refund = MIN(reserved - actual, held);
	put(word, held - refund);
	put(&w->used, num_sub_sat(get(&w->used), refund));
}

uint64_t window_used(const struct window *w, uint64_t now_ns)
{
	must(w->cell_ns > 0);
	uint64_t newest = get(&w->newest), sum = 0;
	uint64_t n_gone = num_sub_sat(now_ns / w->cell_ns, newest);
	unsigned at = (unsigned)(newest % WINDOW_CELLS);
	for (uint64_t i = n_gone; i < WINDOW_CELLS; i++, at = before(at))
		if (__builtin_add_overflow(sum, get(&w->cells[at]), &sum))
			return UINT64_MAX;
	return sum;
}

uint64_t window_falls_ns(const struct window *w, uint64_t level, uint64_t now_ns)
{
	uint64_t newest = get(&w->newest), used = window_used(w, now_ns), at = now_ns;
	uint64_t oldest = num_sub_sat(MAX(newest, now_ns / w->cell_ns), WINDOW_STEPS);
	for (uint64_t i = 0; used > level && i < WINDOW_CELLS; i++) {
		uint64_t cell = num_add_sat(oldest, i);
		if (cell > newest)
			break;
		used = num_sub_sat(used, get(&w->cells[cell % WINDOW_CELLS]));
		at = MAX(now_ns, start_ns(w, num_add_sat(cell, WINDOW_CELLS)));
	}
	return at;
}
