/*
 * Classes, clients, sessions, requests: four levels in two arrays and a table that finds
 * a flow by its owner.
 */
#include "decide/backlog.h"

#include "base/num.h"
#include "decide/flowheap.h"

#include <stdlib.h>
#include <string.h>

#define NONE FLOW_NONE

/* More than this for one request is not counted: tags stay far from the end of 64 bits. */
#define COST_MAX (UINT64_C(1) << 32)

struct node {
	struct backlog_entry entry;
	uint32_t prev, next; /* in its session, or next free */
	uint32_t session;    /* its flow; NONE = free */
};

struct class
{
	uint32_t clients; /* root of their heap */
	uint32_t length;
	uint64_t now;    /* virtual time among its clients */
	uint64_t passed; /* tokens that started above it since its last start */
};

struct backlog {
	struct class class[BACKLOG_CLASSES];
	struct node *nodes;
	struct flow *flows; /* a client and a session for each entry at worst */
	uint32_t *table;    /* first flow of a bucket; NULL in a copy */
	uint64_t ageing;
	uint32_t max, table_mask, length;
	uint32_t free_node, free_flow; /* lists of what was used before */
	uint32_t n_nodes, n_flows;     /* what was never used begins here */
};

/* ---- where flows are found -------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

static uint32_t *bucket_of(
	const struct backlog *b, uint32_t class, uint32_t parent, uint64_t key)
{
	uint64_t place = (uint64_t) class << 32 | parent;
	return &b->table[(uint32_t)mix(key ^ mix(place)) & b->table_mask];
}

static void enter_table(struct backlog *b, uint32_t at)
{
	struct flow *f = &b->flows[at];
	uint32_t *bucket = bucket_of(b, f->class, f->parent, f->key);
	f->chain = *bucket;
	*bucket = at;
}

static void make_table(struct backlog *b, uint32_t max)
{
	uint32_t size = 4;
	while (size < 2 * max)
		size *= 2;
	b->table = malloc(size * sizeof *b->table);
	must(b->table != NULL);
	memset(b->table, 0xff, size * sizeof *b->table);
	b->table_mask = size - 1;
}

static void widen_table(struct backlog *b, uint32_t max)
{
	uint32_t *old = b->table, n_old = b->table_mask + 1;
	make_table(b, max);
	for (uint32_t i = 0; i < n_old; i++)
		for (uint32_t at = old[i], next; at != NONE; at = next) {
			next = b->flows[at].chain;
			enter_table(b, at);
		}
	free(old);
}

/* ---- birth --------------------------------------------------------------------------- */

struct backlog *backlog_new(uint32_t max)
{
	struct backlog *b = calloc(1, sizeof *b);
	must(b != NULL && max > 0);
	b->free_node = b->free_flow = NONE;
	for (uint32_t c = 0; c < BACKLOG_CLASSES; c++)
		b->class[c].clients = NONE;
	make_table(b, max);
	backlog_make_room(b, max);
	return b;
}

void backlog_free(struct backlog *b)
{
	if (b == NULL)
		return;
	free(b->nodes);
	free(b->flows);
	free(b->table);
	free(b);
}

void backlog_make_room(struct backlog *b, uint32_t max)
{
	must(max < NONE / 4);
	if (max <= b->max)
		return;
	b->nodes = reallocarray(b->nodes, max, sizeof *b->nodes);
	b->flows = reallocarray(b->flows, 2 * (size_t)max, sizeof *b->flows);
	must(b->nodes != NULL && b->flows != NULL);
	if (b->table != NULL && 2 * max > b->table_mask + 1)
		widen_table(b, max);
	b->max = max;
}

void backlog_set_ageing(struct backlog *b, uint64_t ageing)
{
	b->ageing = ageing;
}

void backlog_copy(struct backlog *copy, const struct backlog *b)
{
	must(copy->max == b->max);
	struct node *nodes = copy->nodes;
	struct flow *flows = copy->flows;
	free(copy->table);
	memcpy(nodes, b->nodes, b->n_nodes * sizeof *nodes);
	memcpy(flows, b->flows, b->n_flows * sizeof *flows);
	*copy = *b;
	copy->nodes = nodes;
	copy->flows = flows;
	copy->table = NULL;
}

/* ---- flows --------------------------------------------------------------------------- */

static uint32_t find_flow(
	const struct backlog *b, uint32_t class, uint32_t parent, uint64_t key)
{
	uint32_t at = *bucket_of(b, class, parent, key);
	while (at != NONE && (b->flows[at].key != key || b->flows[at].class != class ||
				     b->flows[at].parent != parent))
		at = b->flows[at].chain;
	return at;
}

static uint32_t new_flow(
	struct backlog *b, uint32_t class, uint32_t parent, uint64_t key)
{
	uint32_t at = b->free_flow;
	if (at != NONE)
		b->free_flow = b->flows[at].chain;
	else
		at = b->n_flows++;
	b->flows[at] = (struct flow){.key = key,
		.base = parent == NONE ? b->class[class].now : b->flows[parent].now,
		.class = class,
		.parent = parent,
		.sessions = NONE,
		.head = NONE,
		.tail = NONE};
	enter_table(b, at);
	return at;
}

static void free_flow(struct backlog *b, uint32_t at)
{
	struct flow *f = &b->flows[at];
	if (b->table == NULL)
		return; /* a copy only ever empties */
	uint32_t *link = bucket_of(b, f->class, f->parent, f->key);
	while (*link != at)
		link = &b->flows[*link].chain;
	*link = f->chain;
	f->chain = b->free_flow;
	b->free_flow = at;
}

/* ---- the two heaps a request stands in --------------------------------------------------- */

/* The request that a client or a session would start next. */
static const struct backlog_entry *next_of(const struct backlog *b, uint32_t at)
{
	const struct flow *f = &b->flows[at];
	if (f->parent == NONE)
		f = &b->flows[f->sessions];
	return &b->nodes[f->head].entry;
}

static uint64_t cost_of(const struct backlog_entry *e)
{
	return MIN(MAX(e->tokens, 1), COST_MAX);
}

static uint32_t *heap_of(struct backlog *b, const struct flow *f)
{
	return f->parent == NONE ? &b->class[f->class].clients
				 : &b->flows[f->parent].sessions;
}

static void enter_heap(struct backlog *b, uint32_t at)
{
	struct flow *f = &b->flows[at];
	const struct backlog_entry *e = next_of(b, at);
	f->tag = f->base + cost_of(e);
	f->queued_ns = e->queued_ns;
	flowheap_insert(b->flows, heap_of(b, f), at);
}

static void leave_heap(struct backlog *b, uint32_t at)
{
	flowheap_remove(b->flows, heap_of(b, &b->flows[at]), at);
}

/* ---- a session's requests ---------------------------------------------------------------- */

static void link_node(struct backlog *b, struct flow *s, uint32_t at)
{
	uint32_t prev = s->tail;
	uint64_t queued_ns = b->nodes[at].entry.queued_ns;
	while (prev != NONE && b->nodes[prev].entry.queued_ns > queued_ns)
		prev = b->nodes[prev].prev;
	uint32_t next = prev == NONE ? s->head : b->nodes[prev].next;
	b->nodes[at].prev = prev;
	b->nodes[at].next = next;
	*(prev == NONE ? &s->head : &b->nodes[prev].next) = at;
	*(next == NONE ? &s->tail : &b->nodes[next].prev) = at;
}

static void unlink_node(struct backlog *b, struct flow *s, uint32_t at)
{
	const struct node *n = &b->nodes[at];
	*(n->prev == NONE ? &s->head : &b->nodes[n->prev].next) = n->next;
	*(n->next == NONE ? &s->tail : &b->nodes[n->next].prev) = n->prev;
}

static uint32_t take_node(struct backlog *b)
{
	uint32_t at = b->free_node;
	if (at != NONE)
		b->free_node = b->nodes[at].next;
	else if (b->n_nodes < b->max)
		at = b->n_nodes++;
	return at;
}

/* ---- coming and going -------------------------------------------------------------------- */

bool backlog_push(struct backlog *b, const struct backlog_entry *e, uint32_t *node)
{
	must(e->class < BACKLOG_CLASSES && b->table != NULL);
	uint32_t at = take_node(b);
	if (at == NONE)
		return false;
	uint32_t client = find_flow(b, e->class, NONE, e->client);
	if (client != NONE)
		leave_heap(b, client);
	else
		client = new_flow(b, e->class, NONE, e->client);
	uint32_t session = find_flow(b, e->class, client, e->session);
	if (session != NONE)
		leave_heap(b, session);
	else
		session = new_flow(b, e->class, client, e->session);
	b->nodes[at].entry = *e;
	b->nodes[at].entry.node = at;
	b->nodes[at].session = session;
	link_node(b, &b->flows[session], at);
	enter_heap(b, session);
	enter_heap(b, client);
	b->class[e->class].length++;
	b->length++;
	*node = at;
	return true;
}

/* Out of its session; flows that hold nothing more cease to be. */
static void take_out(struct backlog *b, uint32_t at)
{
	struct node *n = &b->nodes[at];
	uint32_t session = n->session, client = b->flows[session].parent;
	unlink_node(b, &b->flows[session], at);
	if (b->flows[session].head != NONE)
		enter_heap(b, session);
	else
		free_flow(b, session);
	if (b->flows[client].sessions != NONE)
		enter_heap(b, client);
	else
		free_flow(b, client);
	if (--b->class[n->entry.class].length == 0)
		b->class[n->entry.class].passed = 0;
	b->length--;
	n->session = NONE;
	n->next = b->free_node;
	b->free_node = at;
}

static void leave_heaps(struct backlog *b, uint32_t node)
{
	must(node < b->n_nodes && b->nodes[node].session != NONE);
	uint32_t session = b->nodes[node].session;
	leave_heap(b, b->flows[session].parent);
	leave_heap(b, session);
}

void backlog_remove(struct backlog *b, uint32_t node)
{
	leave_heaps(b, node);
	take_out(b, node);
}

/* What its flows have had, and what the classes below have been passed by. */
static void charge(struct backlog *b, const struct node *n)
{
	struct flow *s = &b->flows[n->session], *c = &b->flows[s->parent];
	struct class *k = &b->class[n->entry.class];
	uint64_t cost = cost_of(&n->entry);
	s->base += cost;
	c->now = MAX(c->now, s->base);
	c->base += cost;
	k->now = MAX(k->now, c->base);
	k->passed = 0;
	for (struct class *lower = b->class; lower < k; lower++)
		lower->passed = lower->length > 0 ? lower->passed + cost : 0;
}

void backlog_start(struct backlog *b, uint32_t node)
{
	leave_heaps(b, node);
	charge(b, &b->nodes[node]);
	take_out(b, node);
}

/* ---- what is next -------------------------------------------------------------------------- */

static const struct backlog_entry *first_of(const struct backlog *b, uint32_t class)
{
	uint32_t client = b->class[class].clients;
	return client == NONE ? NULL : next_of(b, client);
}

static bool is_due(const struct backlog *b, uint32_t class)
{
	const struct backlog_entry *e = first_of(b, class);
	return e != NULL && b->ageing > 0 &&
	       b->class[class].passed / b->ageing >= cost_of(e);
}

const struct backlog_entry *backlog_first(const struct backlog *b)
{
	const struct backlog_entry *first = NULL;
	for (uint32_t c = 0; c < BACKLOG_CLASSES; c++) {
		if (is_due(b, c))
			return first_of(b, c);
		const struct backlog_entry *e = first_of(b, c);
		first = e != NULL ? e : first;
	}
	return first;
}

uint32_t backlog_length(const struct backlog *b)
{
	return b->length;
}

uint32_t backlog_length_of(const struct backlog *b, uint32_t class)
{
	must(class < BACKLOG_CLASSES);
	return b->class[class].length;
}
