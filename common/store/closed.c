/* What is kept of a few spans, the least found of which makes room. */
#include "store/closed.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_AS_A_NAME = sizeof(struct group) };

struct entry {
	struct groups *groups; /* or NULL */
	struct trail *trail;   /* or NULL; both NULL = empty */
	enum dim dim;
	struct range_span span;
	struct totals total;
	uint64_t found, found_ms; /* when it was last, by number and by the wall */
};

struct closed {
	uint64_t n_found, now_ms;
	uint32_t n_names;
	struct entry entry[CLOSED_ENTRIES];
};

struct closed *closed_new(void)
{
	struct closed *c = calloc(1, sizeof *c);
	must(c != NULL);
	return c;
}

static bool is_used(const struct entry *e)
{
	return e->groups != NULL || e->trail != NULL;
}

static uint32_t names_in(const struct groups *g, const struct trail *k)
{
	return (g != NULL ? groups_count(g) : 0) +
	       (k != NULL ? trail_bytes(k) / BYTES_AS_A_NAME : 0);
}

static void drop(struct closed *c, struct entry *e)
{
	c->n_names -= names_in(e->groups, e->trail);
	groups_free(e->groups);
	free(e->trail);
	*e = (struct entry){0};
}

void closed_free(struct closed *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++)
		drop(c, &c->entry[i]);
	free(c);
}

void closed_age(struct closed *c, uint64_t now_ms)
{
	c->now_ms = now_ms;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++) {
		struct entry *e = &c->entry[i];
		if (is_used(e) && e->found_ms + 2 * tier_ms(e->span.tier) < now_ms)
			drop(c, e);
	}
}

/* ---- finding ------------------------------------------------------------------------- */

static bool is_of(const struct entry *e, enum dim d, const struct range_span *span)
{
	return is_used(e) && e->dim == d && e->span.tier == span->tier &&
	       e->span.from == span->from && e->span.to == span->to;
}

/* NULL = not known, or not right any more. */
static struct entry *find(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total)
{
	uint32_t i = 0;
	while (i < CLOSED_ENTRIES && !is_of(&c->entry[i], d, span))
		i++;
	if (i == CLOSED_ENTRIES)
		return NULL;
	struct entry *e = &c->entry[i];
	if (memcmp(&e->total, total, sizeof *total) != 0) {
		drop(c, e);
		return NULL;
	}
	e->found = ++c->n_found;
	e->found_ms = c->now_ms;
	return e;
}

struct groups *closed_find(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total)
{
	struct entry *e = find(c, d, span, total);
	return e != NULL ? e->groups : NULL;
}

const struct trail *closed_trail(struct closed *c, enum dim d,
	const struct range_span *span, const struct totals *total)
{
	struct entry *e = find(c, d, span, total);
	return e != NULL ? e->trail : NULL;
}

bool closed_begun(const struct closed *c, enum dim d, const struct range_span *span,
	struct range_span *out)
{
	*out = (struct range_span){span->tier, span->from, span->from};
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++) {
		const struct entry *e = &c->entry[i];
		const struct range_span part = {span->tier, span->from, e->span.to};
		if (e->groups != NULL && is_of(e, d, &part) && part.to < span->to &&
			part.to > out->to)
			*out = part;
	}
	return out->to > span->from;
}

/* ---- keeping ------------------------------------------------------------------------- */

/* Of what is used; NULL = nothing is. */
static struct entry *oldest(struct closed *c)
{
	struct entry *found = NULL;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++) {
		struct entry *e = &c->entry[i];
		if (is_used(e) && (found == NULL || e->found < found->found))
			found = e;
	}
	return found;
}

static struct entry *empty(struct closed *c)
{
	uint32_t i = 0;
	while (i < CLOSED_ENTRIES && is_used(&c->entry[i]))
		i++;
	if (i < CLOSED_ENTRIES)
		return &c->entry[i];
	struct entry *e = oldest(c);
	must(e != NULL);
	drop(c, e);
	return e;
}

/* Room for n more names. */
static void make_room(struct closed *c, uint32_t n)
{
	struct entry *e;
	while (c->n_names + n > CLOSED_NAMES && (e = oldest(c)) != NULL)
		drop(c, e);
	c->n_names += n;
}

static struct entry *entry_of(struct closed *c, enum dim d,
	const struct range_span *span, const struct totals *total)
{
	struct entry *e = find(c, d, span, total);
	if (e != NULL)
		return e;
	e = empty(c);
	*e = (struct entry){.dim = d,
		.span = *span,
		.total = *total,
		.found = ++c->n_found,
		.found_ms = c->now_ms};
	return e;
}

struct groups *closed_keep(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total, struct groups **g)
{
	make_room(c, names_in(*g, NULL));
	struct entry *e = entry_of(c, d, span, total);
	c->n_names -= names_in(e->groups, NULL);
	groups_free(e->groups);
	e->groups = *g;
	*g = NULL;
	return e->groups;
}

const struct trail *closed_keep_trail(struct closed *c, enum dim d,
	const struct range_span *span, const struct totals *total, struct trail **k)
{
	make_room(c, names_in(NULL, *k));
	struct entry *e = entry_of(c, d, span, total);
	c->n_names -= names_in(NULL, e->trail);
	free(e->trail);
	e->trail = *k;
	*k = NULL;
	return e->trail;
}
