/* The pairing heap of flows. */
#include "decide/flowheap.h"

#define NONE FLOW_NONE

static bool goes_before(const struct flow *pool, uint32_t a, uint32_t b)
{
	const struct flow *x = &pool[a], *y = &pool[b];
	if (x->tag != y->tag)
		return x->tag < y->tag;
	if (x->queued_ns != y->queued_ns)
		return x->queued_ns < y->queued_ns;
	return a < b;
}

/* Two roots become one. */
static uint32_t meld(struct flow *pool, uint32_t a, uint32_t b)
{
	if (a == NONE || b == NONE)
		return a == NONE ? b : a;
	uint32_t top = goes_before(pool, a, b) ? a : b, below = top == a ? b : a;
	struct flow *t = &pool[top], *u = &pool[below];
	u->next = t->child;
	u->prev = top;
	if (t->child != NONE)
		pool[t->child].prev = below;
	t->child = below;
	t->next = t->prev = NONE;
	return top;
}

static uint32_t cut(struct flow *pool, uint32_t ix)
{
	uint32_t next = pool[ix].next;
	pool[ix].next = pool[ix].prev = NONE;
	return next;
}

/* A row of siblings becomes one root: in pairs from the left, then from the right. */
static uint32_t combine(struct flow *pool, uint32_t first)
{
	uint32_t pairs = NONE, root = NONE;
	while (first != NONE) {
		uint32_t a = first, b = cut(pool, a);
		first = b == NONE ? NONE : cut(pool, b);
		uint32_t pair = meld(pool, a, b);
		pool[pair].next = pairs;
		pairs = pair;
	}
	while (pairs != NONE) {
		uint32_t next = cut(pool, pairs);
		root = meld(pool, root, pairs);
		pairs = next;
	}
	return root;
}

void flowheap_insert(struct flow *pool, uint32_t *root, uint32_t ix)
{
	pool[ix].child = pool[ix].next = pool[ix].prev = NONE;
	*root = meld(pool, *root, ix);
}

void flowheap_remove(struct flow *pool, uint32_t *root, uint32_t ix)
{
	struct flow *f = &pool[ix];
	uint32_t below = combine(pool, f->child);
	f->child = NONE;
	if (*root == ix) {
		*root = below;
		return;
	}
	must(f->prev != NONE);
	*(pool[f->prev].child == ix ? &pool[f->prev].child : &pool[f->prev].next) =
		f->next;
	if (f->next != NONE)
		pool[f->next].prev = f->prev;
	f->next = f->prev = NONE;
	*root = meld(pool, *root, below);
}
