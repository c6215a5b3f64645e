/* The window's own past, once around and again; the bucket's straight line. */
#include "rate/forecast.h"

#include "base/num.h"

#include <stdatomic.h>

static uint64_t get(const _Atomic uint64_t *word)
{
	/* relaxed: a snapshot for people */
	return atomic_load_explicit(word, memory_order_relaxed);
}

void forecast_begin(
	struct forecast *f, const struct window *w, uint64_t limit, uint64_t now_ns)
{
	*f = (struct forecast){.window = w, .limit = limit, .now_ns = now_ns};
	if (w != NULL)
		f->used = window_used(w, now_ns);
	f->room = num_sub_sat(limit, f->used);
}

void forecast_pace(
	struct forecast *f, const struct bucket *b, const struct bucket_rate *rate)
{
	f->level_ns = num_sub_sat(get(&b->tat_ns), f->now_ns);
	f->rate = *rate;
}

/* Until `need` units beyond what is free now have left the window. */
static uint64_t until_freed(struct forecast *f, uint64_t need)
{
	const struct window *w = f->window;
	uint64_t newest = get(&w->newest);
	while (f->freed < need && f->cell < WINDOW_CELLS) {
		f->cell++;
		f->freed = num_add_sat(
			f->freed, get(&w->cells[(newest + f->cell) % WINDOW_CELLS]));
	}
	uint64_t at = num_mul_sat(num_add_sat(newest, f->cell), w->cell_ns);
	return num_sub_sat(at, f->now_ns);
}

static uint64_t by_window(struct forecast *f)
{
	if (f->window == NULL || f->limit == 0)
		return 0;
	uint64_t turn = (f->asked - 1) / f->limit;
	if (turn != f->turn)
		f->cell = f->freed = 0;
	f->turn = turn;
	uint64_t asked = f->asked - turn * f->limit;
	uint64_t length = WINDOW_CELLS * f->window->cell_ns;
	uint64_t in_turn = asked <= f->room ? 0 : until_freed(f, asked - f->room);
	return num_add_sat(num_mul_sat(turn, length), in_turn);
}

static uint64_t span_ns(const struct bucket_rate *r, uint64_t n)
{
	unsigned __int128 ns = (unsigned __int128)n * r->period_ns / r->tokens;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

static uint64_t by_bucket(const struct forecast *f)
{
	if (f->rate.tokens == 0)
		return 0;
	return num_sub_sat(num_add_sat(f->level_ns, span_ns(&f->rate, f->asked)),
		span_ns(&f->rate, f->rate.burst));
}

uint64_t forecast_next(struct forecast *f, uint64_t cost)
{
	f->cost = MAX(cost, 1);
	f->asked = num_add_sat(f->asked, f->cost);
	uint64_t a = by_window(f), b = by_bucket(f);
	f->is_paced = a == 0 && b > 0;
	return MAX(a, b);
}

/* What has been taken and has not flowed back yet, rounded up. */
static uint64_t taken(const struct forecast *f)
{
	unsigned __int128 units = (unsigned __int128)f->level_ns * f->rate.tokens;
	units = (units + f->rate.period_ns - 1) / f->rate.period_ns;
	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}

struct forecast_hold forecast_hold(const struct forecast *f)
{
	return (struct forecast_hold){
		.limit = f->window != NULL ? f->limit : f->rate.tokens,
		.burst = f->is_paced ? f->rate.burst : 0,
		.used = f->is_paced ? taken(f) : f->used,
		.ahead = num_sub_sat(f->asked, f->cost),
		.needed = f->cost};
}
