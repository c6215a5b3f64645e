/* Walks along rollups. */
#include "store/points.h"

#include "store/slice.h"
#include "store/tally.h"

#include <string.h>

struct points_place points_start(void)
{
	return (struct points_place){0};
}

/* What a walk looks for, and what it does with what it finds. */
struct visitor {
	enum table table;
	enum dim dim;
	void (*visit)(struct visitor *v, struct points_place *at,
		const struct range_span *span, struct str key, struct str value);
	points_fn *fn;
	void *arg;
	struct times *times;
};

static struct key start_key(
	const struct visitor *v, const struct range_span *span, uint64_t start)
{
	if (v->table == TABLE_TIMES)
		return key_of_times((uint8_t)span->tier, start);
	return key_of_point((uint8_t)span->tier, (uint8_t)v->dim, start, STR(""));
}

static struct str str_of_key(const struct key *k)
{
	return (struct str){(const char *)k->bytes, k->n};
}

/* Where a span's part of the table ends. */
struct bound {
	struct key key;
	size_t n_prefix; /* of the key, that all of the span have */
	bool is_open;    /* the part has no end but its prefix's */
};

static struct bound bound_of(const struct visitor *v, const struct range_span *span)
{
	struct key end = start_key(v, span, span->to);
	return (struct bound){end, end.n - sizeof(uint64_t), span->to == UINT64_MAX};
}

static bool is_within(const struct bound *b, struct str key)
{
	if (!key_has_prefix(key, &b->key, b->n_prefix))
		return false;
	int order = memcmp(key.p, b->key.bytes, MIN(key.n, b->key.n));
	return b->is_open || order < 0 || (order == 0 && key.n < b->key.n);
}

static void remember(struct points_place *at, struct str key)
{
	at->behind.n = MIN(key.n, sizeof at->behind.bytes);
	memcpy(at->behind.bytes, key.p, at->behind.n);
}

/* The first key of the span that has not been seen. */
static int seek(struct slice *sl, const struct visitor *v, struct points_place *at,
	const struct range_span *span, struct str *key, struct str *value)
{
	struct key from = start_key(v, span, span->from);
	if (at->behind.n == 0)
		return slice_seek(sl, &from, key, value);
	int rc = slice_seek(sl, &at->behind, key, value);
	bool is_same = rc == 0 && key->n == at->behind.n &&
		       memcmp(key->p, at->behind.bytes, key->n) == 0;
	return is_same ? slice_next(sl, key, value) : rc;
}

/* 0 = the slice is full, MDB_NOTFOUND = the span is done. */
static int walk_span(struct slice *sl, struct visitor *v, struct points_place *at,
	const struct range_span *span)
{
	struct str key, value;
	struct bound bound = bound_of(v, span);
	int rc = seek(sl, v, at, span, &key, &value);
	for (; rc == 0; rc = slice_next(sl, &key, &value)) {
		if (!is_within(&bound, key))
			return MDB_NOTFOUND;
		v->visit(v, at, span, key, value);
		if (slice_is_full(sl)) {
			remember(at, key);
			return 0;
		}
	}
	return rc;
}

static enum query_verdict walk(struct store *s, const struct range *p,
	struct visitor *v, struct points_place *at, struct err *e)
{
	struct slice sl;
	int rc = slice_begin(&sl, s, v->table, POINTS_SLICE);
	while (rc == 0 && at->n_done < p->n) {
		rc = walk_span(&sl, v, at, &p->span[p->n - 1 - at->n_done]);
		if (rc != MDB_NOTFOUND)
			return slice_end(&sl, rc, e);
		at->n_done++;
		at->behind.n = 0;
		rc = 0;
	}
	return slice_end(&sl, rc != 0 ? rc : MDB_NOTFOUND, e);
}

static void visit_point(struct visitor *v, struct points_place *at,
	const struct range_span *span, struct str key, struct str value)
{
	struct tally_record r;
	struct point p = {.tier = span->tier, .totals = &r.totals};
	uint64_t start;
	if (!key_point(key, &start, &p.name) ||
		!tally_open(value, TABLE_POINTS, key, &r)) {
		at->n_bad++;
		return;
	}
	p.start_ms = start * tier_ms(span->tier);
	v->fn(v->arg, &p);
}

enum query_verdict points_walk(struct store *s, const struct range *p, enum dim d,
	struct points_place *at, points_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {.table = TABLE_POINTS,
		.dim = d,
		.visit = visit_point,
		.fn = fn,
		.arg = arg};
	return walk(s, p, &v, at, e);
}

/* 0 = the slice is full, MDB_NOTFOUND = the span is done. */
static int look_up_span(struct slice *sl, struct visitor *v, struct points_place *at,
	const struct range_span *span, struct str name)
{
	must(span->to != UINT64_MAX);
	for (at->next = MAX(at->next, span->from); at->next < span->to;) {
		struct str value;
		struct key k = key_of_point(
			(uint8_t)span->tier, (uint8_t)v->dim, at->next, name);
		int rc = table_get(sl->store, sl->txn, v->table, &k, &value);
		if (rc == 0)
			v->visit(v, at, span, str_of_key(&k), value);
		else if (rc != MDB_NOTFOUND)
			return rc;
		at->next++;
		if (slice_is_full(sl))
			return 0;
	}
	return MDB_NOTFOUND;
}

enum query_verdict points_of_name(struct store *s, const struct range_span *span,
	enum dim d, struct str name, struct points_place *at, points_fn *fn, void *arg,
	struct err *e)
{
	struct visitor v = {.table = TABLE_POINTS,
		.dim = d,
		.visit = visit_point,
		.fn = fn,
		.arg = arg};
	struct slice sl;
	int rc = slice_begin(&sl, s, v.table, POINTS_SLICE);
	return slice_end(&sl, rc != 0 ? rc : look_up_span(&sl, &v, at, span, name), e);
}

static void visit_times(struct visitor *v, struct points_place *at,
	const struct range_span *span, struct str key, struct str value)
{
	struct times t;
	(void)span;
	if (tally_open_times(value, key, &t))
		times_merge(v->times, &t);
	else
		at->n_bad++;
}

enum query_verdict points_times(struct store *s, const struct range *p,
	struct points_place *at, struct times *sum, struct err *e)
{
	struct visitor v = {.table = TABLE_TIMES, .visit = visit_times, .times = sum};
	return walk(s, p, &v, at, e);
}
