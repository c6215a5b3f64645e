/* Upstream limits: rows found by identity, published for all to see. */
#include "segment/limits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char *const unit_names[LIMIT_UNITS] = {"requests", "tokens"};

static bool is_identity(const struct upstream_limit *l, const char *scope,
	enum limit_unit u, uint64_t window_ns)
{
	return limit_is_active(l) && l->unit == (uint32_t)u &&
	       l->window_ns == window_ns &&
	       strncmp(l->scope, scope, sizeof l->scope) == 0;
}

static struct upstream_limit *make(struct upstream_limit *l, const char *scope,
	enum limit_unit u, uint64_t window_ns)
{
	l->unit = (uint32_t)u;
	l->window_ns = window_ns;
	snprintf(l->scope, sizeof l->scope, "%s", scope);
	window_init(&l->window, window_ns);
	/* pairs with limit_is_active(): a dispatch killed before has made nothing */
	atomic_store_explicit(&l->state, LIMIT_ACTIVE, memory_order_release);
	return l;
}

struct upstream_limit *limits_get(
	struct limits *l, const char *scope, enum limit_unit u, uint64_t window_ns)
{
	struct upstream_limit *empty = NULL;
	for (unsigned i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *row = &l->limit[i];
		if (is_identity(row, scope, u, window_ns))
			return row;
		if (empty == NULL && !limit_is_active(row))
			empty = row;
	}
	return empty ? make(empty, scope, u, window_ns) : NULL;
}

void limit_set(struct upstream_limit *l, uint64_t limit)
{
	/* Relaxed: the word stands alone. */
	atomic_store_explicit(&l->limit, limit, memory_order_relaxed);
}

void limit_publish(struct upstream_limit *l, uint64_t now_ns)
{
	/* Relaxed: shown to people, decided on by nobody. */
	atomic_store_explicit(
		&l->used, window_used(&l->window, now_ns), memory_order_relaxed);
	atomic_store_explicit(&l->as_of_ns, now_ns, memory_order_relaxed);
}

uint64_t limit_value(const struct upstream_limit *l)
{
	return atomic_load_explicit(&l->limit, memory_order_relaxed);
}

uint64_t limit_used(const struct upstream_limit *l)
{
	return atomic_load_explicit(&l->used, memory_order_relaxed);
}

bool limit_is_active(const struct upstream_limit *l)
{
	return atomic_load_explicit(&l->state, memory_order_acquire) == LIMIT_ACTIVE;
}

const char *limit_unit_name(enum limit_unit u)
{
	return u < LIMIT_UNITS ? unit_names[u] : "impossible";
}
