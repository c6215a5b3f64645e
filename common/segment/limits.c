/* Upstream limits: rows found by identity. */
#include "segment/limits.h"

#include "base/clock.h"
#include "base/num.h"
#include "segment/past.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * NS_PER_S)

static const char *const unit_names[LIMIT_UNITS] = {"requests", "tokens"};

static bool is_identity(const struct upstream_limit *l, const char *scope,
	enum limit_unit u, uint64_t window_ns)
{
	return limit_is_active(l) && l->unit == (uint32_t)u &&
	       l->window_ns == window_ns &&
	       strncmp(l->scope, scope, sizeof l->scope) == 0;
}

void limit_forget(struct upstream_limit *l)
{
	window_init(&l->window, num_add_sat(l->window_ns, LIMIT_GUARD_NS));
	/* Relaxed: the word is the whole truth. */
	atomic_store_explicit(&l->bucket.tat_ns, 0, memory_order_relaxed);
}

static struct upstream_limit *make(struct upstream_limit *l, const struct past *past,
	const char *scope, enum limit_unit u, uint64_t window_ns)
{
	l->unit = (uint32_t)u;
	l->window_ns = window_ns;
	snprintf(l->scope, sizeof l->scope, "%s", scope);
	limit_forget(l);
	if (past != NULL)
		past_restore(past, l);
	/* pairs with limit_is_active(): a dispatch killed before has made nothing */
	atomic_store_explicit(&l->state, LIMIT_ACTIVE, memory_order_release);
	return l;
}

struct upstream_limit *limits_get(struct limits *l, const struct past *past,
	const char *scope, enum limit_unit u, uint64_t window_ns)
{
	struct upstream_limit *empty = NULL;
	must(l != NULL);
	for (unsigned i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *row = &l->limit[i];
		if (is_identity(row, scope, u, window_ns))
			return row;
		if (empty == NULL && !limit_is_active(row))
			empty = row;
	}
	return empty ? make(empty, past, scope, u, window_ns) : NULL;
}

size_t limits_row(const struct limits *l, const struct window *window)
{
	size_t i = 0;
	while (i < MAX_UPSTREAM_LIMITS && &l->limit[i].window != window)
		i++;
	return i;
}

/* As many units short of full at the new rate as it was at the old one. */
static void rescale(struct bucket *b, uint64_t old, uint64_t fresh, uint64_t now_ns)
{
	/* Relaxed: own word. */
	uint64_t tat = atomic_load_explicit(&b->tat_ns, memory_order_relaxed);
	unsigned __int128 level = num_sub_sat(tat, now_ns);
	level = level * old / fresh;
	uint64_t ns = level > UINT64_MAX ? UINT64_MAX : (uint64_t)level;
	atomic_store_explicit(
		&b->tat_ns, num_add_sat(now_ns, ns), memory_order_relaxed);
}

/* The rate first: killed in between, the successor finds it and the bucket is a moment
 * late or early, while the window holds the limit. */
void limit_set(struct upstream_limit *l, uint64_t limit, uint64_t now_ns)
{
	uint64_t old = limit_value(l);
	/* Relaxed: the word stands alone. */
	atomic_store_explicit(&l->limit, limit, memory_order_relaxed);
	if (old > 0 && limit > 0 && old != limit)
		rescale(&l->bucket, old, limit, now_ns);
}

uint64_t limit_value(const struct upstream_limit *l)
{
	return atomic_load_explicit(&l->limit, memory_order_relaxed);
}

bool limit_is_smoothed(const struct upstream_limit *l)
{
	return l->window_ns == MINUTE_NS;
}

struct bucket_rate limit_rate(uint64_t limit, uint64_t burst_ns)
{
	unsigned __int128 burst = (unsigned __int128)limit * burst_ns / MINUTE_NS;
	return (struct bucket_rate){.tokens = limit,
		.period_ns = LIMIT_PACE_NS,
		.burst = MAX((uint64_t)burst, UINT64_C(1))};
}

bool limit_is_active(const struct upstream_limit *l)
{
	return atomic_load_explicit(&l->state, memory_order_acquire) == LIMIT_ACTIVE;
}

const char *limit_unit_name(enum limit_unit u)
{
	return u < LIMIT_UNITS ? unit_names[u] : "impossible";
}
