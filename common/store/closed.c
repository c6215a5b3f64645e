/* A few sums, the least found of which makes room. */
#include "store/closed.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct groups *groups; /* NULL = empty */
	enum dim dim;
	struct range_span span;
	struct totals total;
	struct strand_course *course; /* or NULL */
	uint64_t found, found_ms;     /* when it was last, by number and by the wall */
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

static void drop(struct closed *c, struct entry *e)
{
	c->n_names -= groups_count(e->groups);
	groups_free(e->groups);
	free(e->course);
	*e = (struct entry){0};
}

void closed_free(struct closed *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++)
		if (c->entry[i].groups != NULL)
			drop(c, &c->entry[i]);
	free(c);
}

void closed_age(struct closed *c, uint64_t now_ms)
{
	c->now_ms = now_ms;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++) {
		struct entry *e = &c->entry[i];
		if (e->groups != NULL &&
			e->found_ms + 2 * tier_ms(e->span.tier) < now_ms)
			drop(c, e);
	}
}

static bool is_span(const struct entry *e, enum dim d, const struct range_span *span)
{
	return e->groups != NULL && e->dim == d && e->span.tier == span->tier &&
	       e->span.from == span->from && e->span.to == span->to;
}

static struct entry *entry_of(
	struct closed *c, enum dim d, const struct range_span *span)
{
	uint32_t i = 0;
	while (i < CLOSED_ENTRIES && !is_span(&c->entry[i], d, span))
		i++;
	return i < CLOSED_ENTRIES ? &c->entry[i] : NULL;
}

struct groups *closed_find(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total)
{
	struct entry *e = entry_of(c, d, span);
	if (e == NULL)
		return NULL;
	if (memcmp(&e->total, total, sizeof *total) != 0) {
		drop(c, e);
		return NULL;
	}
	e->found = ++c->n_found;
	e->found_ms = c->now_ms;
	return e->groups;
}

const struct strand_course *closed_course(
	struct closed *c, enum dim d, const struct range_span *span)
{
	const struct entry *e = entry_of(c, d, span);
	return e != NULL ? e->course : NULL;
}

void closed_keep_course(struct closed *c, enum dim d, const struct range_span *span,
	struct strand_course *course)
{
	struct entry *e = entry_of(c, d, span);
	if (e == NULL) {
		free(course);
		return;
	}
	free(e->course);
	e->course = course;
}

/* An empty one, else the one found longest ago. */
static struct entry *oldest(struct closed *c)
{
	struct entry *found = &c->entry[0];
	for (uint32_t i = 1; i < CLOSED_ENTRIES; i++)
		if (c->entry[i].found < found->found)
			found = &c->entry[i];
	return found;
}

static struct entry *oldest_used(struct closed *c)
{
	struct entry *found = NULL;
	for (uint32_t i = 0; i < CLOSED_ENTRIES; i++) {
		struct entry *e = &c->entry[i];
		if (e->groups != NULL && (found == NULL || e->found < found->found))
			found = e;
	}
	return found;
}

struct groups *closed_keep(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total, struct groups **g)
{
	struct entry *e;
	uint32_t n = groups_count(*g);
	while (c->n_names + n > CLOSED_NAMES && (e = oldest_used(c)) != NULL)
		drop(c, e);
	e = oldest(c);
	if (e->groups != NULL)
		drop(c, e);
	*e = (struct entry){.groups = *g,
		.dim = d,
		.span = *span,
		.total = *total,
		.found = ++c->n_found,
		.found_ms = c->now_ms};
	c->n_names += n;
	*g = NULL;
	return e->groups;
}
