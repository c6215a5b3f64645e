/*
 * Death at every instruction of every function of rate/ and decide/ that changes shared
 * memory. To add a function: one row in the table at the end, a run and a check.
 *
 * What must hold of a window: the successor never counts less than was counted before,
 * and never more than one unfinished addition or refund above the truth; from the next
 * cell on its sum and its cells agree again. Of a bucket: the word is the old or the new.
 */
#include "steps.h"

#include "base/clock.h"
#include "decide/history.h"
#include "rate/bucket.h"
#include "rate/window.h"

#include <stdatomic.h>
#include <stdio.h>

/* ---- window: 70 units are in it, 10 of them about to leave --------------------------- */

enum { OLD = 10, MID = 20, NEW = 40, MORE = 7, SPENT = 15 };

static const uint64_t cell_ns = NS_PER_S;
static const uint64_t now_ns = 1000 * NS_PER_S;

static void window_setup(void *mem)
{
	struct window *w = mem;
	window_init(w, WINDOW_STEPS * cell_ns);
	(void)window_add(w, now_ns - WINDOW_STEPS * cell_ns, OLD);
	(void)window_add(w, now_ns - 100 * cell_ns, MID);
	(void)window_add(w, now_ns, NEW);
}

static void run_add(void *mem)
{
	(void)window_add(mem, now_ns, MORE);
}

static void run_add_in_next_cell(void *mem)
{
	(void)window_add(mem, now_ns + 3 * cell_ns, MORE);
}

static void run_advance(void *mem)
{
	window_advance(mem, now_ns + 3 * cell_ns);
}

static void run_advance_far(void *mem)
{
	window_advance(mem, now_ns + 200 * cell_ns);
}

static void run_refund(void *mem)
{
	window_correct(mem, now_ns / cell_ns, NEW, SPENT, now_ns);
}

static void run_excess(void *mem)
{
	window_correct(mem, now_ns / cell_ns, NEW, NEW + MORE, now_ns);
}

/* The sum that decisions go by: the least limit that nothing more fits under. */
static bool counts(const struct window *w, uint64_t least, uint64_t most)
{
	bool is_enough = least == 0 || !window_fits(w, least - 1, 0);
	return is_enough && window_fits(w, most, 0);
}

/* At t the window holds either amount; the sum may be too high until the next cell. */
static bool check_window(struct window *w, uint64_t t, uint64_t a, uint64_t b)
{
	window_advance(w, t);
	uint64_t cells = window_used(w, t);
	if (cells != a && cells != b)
		return false;
	if (!counts(w, cells, MAX(a, b)))
		return false;
	t += cell_ns;
	window_advance(w, t);
	cells = window_used(w, t);
	if (!counts(w, cells, cells))
		return false;
	t += 2 * WINDOW_CELLS * cell_ns;
	window_advance(w, t);
	return counts(w, 0, 0) && window_used(w, t) == 0;
}

static bool check_add(void *mem)
{
	return check_window(mem, now_ns, OLD + MID + NEW, OLD + MID + NEW + MORE);
}

static bool check_add_in_next_cell(void *mem)
{
	return check_window(mem, now_ns + 3 * cell_ns, MID + NEW, MID + NEW + MORE);
}

static bool check_advance(void *mem)
{
	return check_window(mem, now_ns + 3 * cell_ns, MID + NEW, MID + NEW);
}

static bool check_advance_far(void *mem)
{
	return check_window(mem, now_ns + 200 * cell_ns, NEW, NEW);
}

static bool check_refund(void *mem)
{
	return check_window(mem, now_ns, OLD + MID + NEW, OLD + MID + SPENT);
}

/* ---- bucket: half of the burst is taken ---------------------------------------------- */

static const struct bucket_rate rate = {60, 60 * NS_PER_S, 10, 0};

static void bucket_setup(void *mem)
{
	must(bucket_take_shared(mem, &rate, 5, now_ns).verdict == BUCKET_TAKEN);
}

static void run_take(void *mem)
{
	(void)bucket_take_shared(mem, &rate, 3, now_ns);
}

static void run_correct(void *mem)
{
	struct bucket_use use = {.reserved = 5, .actual = 1, .taken_ns = now_ns};
	bucket_correct_shared(mem, &rate, &use, now_ns);
}

/* Exactly a or b are left, and they can be had, and not one more. */
static bool check_bucket(_Atomic uint64_t *word, uint64_t a, uint64_t b)
{
	uint64_t tat = atomic_load_explicit(word, memory_order_relaxed);
	uint64_t left = bucket_left(tat, &rate, now_ns);
	if (left != a && left != b)
		return false;
	return bucket_take_shared(word, &rate, left, now_ns).verdict == BUCKET_TAKEN &&
	       bucket_take_shared(word, &rate, 1, now_ns).verdict == BUCKET_LATER;
}

static bool check_take(void *mem)
{
	return check_bucket(mem, 5, 2);
}

static bool check_correct(void *mem)
{
	return check_bucket(mem, 5, 9);
}

/* ---- history: a full table, of which one model knows less than the others ------------- */

static void note(struct history *h, const char *model, unsigned times, uint64_t tokens)
{
	for (unsigned i = 0; i < times; i++)
		history_note(h, model, tokens);
}

static void history_setup(void *mem)
{
	char name[16];
	for (unsigned i = 0; i < HISTORY_MODELS; i++) {
		snprintf(name, sizeof name, "model-%u", i);
		note(mem, name, i == 7 ? 11 : 12, 100);
	}
}

static void run_note_known(void *mem)
{
	history_note(mem, "model-3", 100);
}

static void run_note_new(void *mem)
{
	history_note(mem, "new", 700);
}

/* The others know what they knew; the new one has begun, or begins with the next. */
static bool check_note(void *mem)
{
	struct history *h = mem;
	uint64_t known = history_usual(h, "model-3"), fresh = history_usual(h, "new");
	note(h, "new", HISTORY_ENOUGH, 700);
	uint64_t learnt = history_usual(h, "new");
	return known >= 100 && known <= 125 && (fresh == 0 || fresh >= 700) &&
	       learnt >= 700 && learnt <= 875 && history_usual(h, "model-8") == known;
}

/* ---- mistakes, made on purpose ------------------------------------------------------- */

static void run_add_cell_first(void *mem)
{
	struct window *w = mem;
	_Atomic uint64_t *cell = &w->cells[now_ns / cell_ns % WINDOW_CELLS];
	atomic_store_explicit(cell, NEW + MORE, memory_order_release);
	atomic_store_explicit(&w->used, OLD + MID + NEW + MORE, memory_order_release);
}

static void run_advance_number_first(void *mem)
{
	struct window *w = mem;
	uint64_t newest = now_ns / cell_ns + 3;
	atomic_store_explicit(&w->newest, newest, memory_order_release);
	for (uint64_t i = 0; i < 3; i++)
		atomic_store_explicit(&w->cells[(newest - i) % WINDOW_CELLS], 0,
			memory_order_release);
	atomic_store_explicit(&w->used, MID + NEW, memory_order_release);
}

static const struct steps_case cases[] = {
	{"window_add", window_setup, run_add, check_add, false},
	{"window_add, next cell", window_setup, run_add_in_next_cell,
		check_add_in_next_cell, false},
	{"window_advance, 3 cells", window_setup, run_advance, check_advance, false},
	{"window_advance, 200 cells", window_setup, run_advance_far, check_advance_far,
		false},
	{"window_correct, refund", window_setup, run_refund, check_refund, false},
	{"window_correct, excess", window_setup, run_excess, check_add, false},
	{"bucket_take_shared", bucket_setup, run_take, check_take, false},
	{"bucket_correct_shared", bucket_setup, run_correct, check_correct, false},
	{"history_note, known", history_setup, run_note_known, check_note, false},
	{"history_note, new", history_setup, run_note_new, check_note, false},
	{"mistake: cell before sum", window_setup, run_add_cell_first, check_add, true},
	{"mistake: cell number before clearing", window_setup, run_advance_number_first,
		check_advance, true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}
