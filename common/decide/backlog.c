/* Four doubly linked lists over one pool of nodes. */
#include "decide/backlog.h"

#include <stdlib.h>

#define NONE BACKLOG_NO_NODE

struct node {
	struct backlog_entry entry;
	uint32_t prev, next; /* in its class, or next free */
	bool in_use;
};

struct list {
	uint32_t head, tail, length;
};

struct backlog {
	struct list list[BACKLOG_CLASSES];
	struct node *nodes;
	uint32_t max, free_head, length;
};

struct backlog *backlog_new(uint32_t max)
{
	struct backlog *b = calloc(1, sizeof *b);
	must(b != NULL && max > 0);
	b->nodes = calloc(max, sizeof *b->nodes);
	must(b->nodes != NULL);
	b->max = max;
	for (uint32_t i = 0; i < max; i++)
		b->nodes[i].next = i + 1 < max ? i + 1 : NONE;
	for (uint32_t c = 0; c < BACKLOG_CLASSES; c++)
		b->list[c] = (struct list){NONE, NONE, 0};
	return b;
}

void backlog_free(struct backlog *b)
{
	if (b == NULL)
		return;
	free(b->nodes);
	free(b);
}

/* The last node of the list that is not younger than queued_ns, or NONE. */
static uint32_t find_predecessor(
	const struct backlog *b, const struct list *l, uint64_t queued_ns)
{
	uint32_t at = l->tail;
	while (at != NONE && b->nodes[at].entry.queued_ns > queued_ns)
		at = b->nodes[at].prev;
	return at;
}

static void link_after(struct backlog *b, struct list *l, uint32_t prev, uint32_t at)
{
	uint32_t next = prev == NONE ? l->head : b->nodes[prev].next;
	b->nodes[at].prev = prev;
	b->nodes[at].next = next;
	*(prev == NONE ? &l->head : &b->nodes[prev].next) = at;
	*(next == NONE ? &l->tail : &b->nodes[next].prev) = at;
	l->length++;
	b->length++;
}

bool backlog_push(struct backlog *b, const struct backlog_entry *e, uint32_t *node)
{
	uint32_t at = b->free_head;
	must(e->class < BACKLOG_CLASSES);
	if (at == NONE)
		return false;
	b->free_head = b->nodes[at].next;
	b->nodes[at].entry = *e;
	b->nodes[at].entry.node = at;
	b->nodes[at].in_use = true;
	struct list *l = &b->list[e->class];
	link_after(b, l, find_predecessor(b, l, e->queued_ns), at);
	*node = at;
	return true;
}

static const struct backlog_entry *first_below(const struct backlog *b, uint32_t n)
{
	while (n-- > 0)
		if (b->list[n].head != NONE)
			return &b->nodes[b->list[n].head].entry;
	return NULL;
}

const struct backlog_entry *backlog_first(const struct backlog *b)
{
	return first_below(b, BACKLOG_CLASSES);
}

const struct backlog_entry *backlog_after(
	const struct backlog *b, const struct backlog_entry *e)
{
	uint32_t next = b->nodes[e->node].next;
	return next != NONE ? &b->nodes[next].entry : first_below(b, e->class);
}

void backlog_remove(struct backlog *b, uint32_t node)
{
	must(node < b->max && b->nodes[node].in_use);
	struct node *n = &b->nodes[node];
	struct list *l = &b->list[n->entry.class];
	*(n->prev == NONE ? &l->head : &b->nodes[n->prev].next) = n->next;
	*(n->next == NONE ? &l->tail : &b->nodes[n->next].prev) = n->prev;
	n->in_use = false;
	n->next = b->free_head;
	b->free_head = node;
	l->length--;
	b->length--;
}

uint32_t backlog_length(const struct backlog *b)
{
	return b->length;
}

uint32_t backlog_length_of(const struct backlog *b, uint32_t class)
{
	must(class < BACKLOG_CLASSES);
	return b->list[class].length;
}
