/* From counted rows to budgets. */
#include "record/spent.h"

#include "base/num.h"
#include "store/points.h"

#include <stdlib.h>

#define LOOK_BACK_MS (UINT64_C(31) * 86400000) /* the longest month, the longest week */

/* By client id, open addressing; a client that is not in the table has no row there. */
struct spent_entry {
	uint64_t id; /* 0 = empty */
	struct spent_periods in;
	uint32_t ix; /* its row in the client table, UINT32_MAX = none */
	bool is_changed;
};

static uint32_t table_size(uint32_t max_clients)
{
	uint32_t size = 16;
	while (size < 2 * max_clients)
		size *= 2;
	return size;
}

static uint32_t row_in_table(const struct clients *c, uint64_t id)
{
	const struct client *entry = clients_by_id(c, id);
	return entry ? clients_index_of(c, entry) : UINT32_MAX;
}

/* Ids are random, so they are their own hash. The entry that has it, or the empty one. */
static struct spent_entry *cell_of(const struct spent *s, uint64_t id)
{
	for (uint64_t at = id;; at++) {
		struct spent_entry *e = &s->entry[at & (s->size - 1)];
		if (e->id == id || e->id == 0)
			return e;
	}
}

static void make_table(struct spent *s, uint32_t size)
{
	s->size = size;
	s->entry = calloc(size, sizeof *s->entry);
	s->changed = calloc(size, sizeof *s->changed);
	s->n_changed = 0;
	must(s->entry != NULL && s->changed != NULL);
}

static void note_changed(struct spent *s, struct spent_entry *e)
{
	e->is_changed = true;
	s->changed[s->n_changed++] = (uint32_t)(e - s->entry);
}

/* Tokens come and go, and what one that is gone has spent is still in the rollups. */
static void grow(struct spent *s)
{
	struct spent_entry *old = s->entry;
	uint32_t n_old = s->size;
	free(s->changed);
	make_table(s, 2 * n_old);
	for (uint32_t i = 0; i < n_old; i++) {
		if (old[i].id == 0)
			continue;
		struct spent_entry *e = cell_of(s, old[i].id);
		*e = old[i];
		if (e->is_changed)
			note_changed(s, e);
	}
	free(old);
}

static struct spent_entry *get_entry(struct spent *s, uint64_t id)
{
	struct spent_entry *e = cell_of(s, id);
	if (e->id == id)
		return e;
	if (s->n >= s->size / 4 * 3) {
		grow(s);
		e = cell_of(s, id);
	}
	s->n++;
	e->id = id;
	e->ix = row_in_table(s->clients, id);
	return e;
}

/* So much, sent at that moment, in the periods that now lies in. What belongs to others is
 * over, or read again when they come. */
static void add_to(
	struct spent_periods *in, uint64_t now_ms, uint64_t wall_ms, uint64_t nanousd)
{
	for (unsigned p = 0; p < PERIODS; p++) {
		uint64_t now = period_number((enum period)p, now_ms);
		if (period_number((enum period)p, wall_ms) != now)
			continue;
		if (in->number[p] != now)
			in->nanousd[p] = 0;
		in->number[p] = now;
		in->nanousd[p] = num_add_sat(in->nanousd[p], nanousd);
	}
}

static void mark_changed(struct spent *s, struct spent_entry *e)
{
	if (!e->is_changed)
		note_changed(s, e);
}

static void add(struct spent *s, uint64_t id, uint64_t wall_ms, uint64_t nanousd)
{
	s->latest_ms = MAX(s->latest_ms, wall_ms);
	add_to(&s->all, s->now_ms, wall_ms, nanousd);
	if (id == 0 || nanousd == 0)
		return;
	struct spent_entry *e = get_entry(s, id);
	if (e->ix == UINT32_MAX)
		return;
	add_to(&e->in, s->now_ms, wall_ms, nanousd);
	mark_changed(s, e);
}

static void on_point(void *arg, const struct point *p)
{
	uint64_t id;
	if (key_number(p->name, &id))
		add(arg, id, p->start_ms, p->totals->cost_nanousd);
}

static bool load(struct spent *s, uint64_t now_ms, struct err *e)
{
	struct range range;
	struct range_want want = {.from_ms = num_sub_sat(now_ms, LOOK_BACK_MS),
		.to_ms = UINT64_MAX,
		.coarsest = TIER_DAY};
	struct points_place at = points_start();
	enum query_verdict v;
	range_make(&range, &want);
	s->now_ms = now_ms;
	do
		v = points_walk(s->store, &range, DIM_CLIENT, &at, on_point, s, e);
	while (v == QUERY_MORE);
	return v == QUERY_DONE;
}

/* The wall was set to another day, or something was sent in a day that begins only now. */
static bool is_another_day(const struct spent *s, uint64_t now_ms)
{
	uint64_t was = period_number(PERIOD_DAY, s->now_ms);
	uint64_t now = period_number(PERIOD_DAY, now_ms);
	bool is_next = now == was + 1;
	bool is_new = period_number(PERIOD_DAY, s->latest_ms) <= was;
	return now != was && !(is_next && is_new);
}

static void forget_all(struct spent *s)
{
	s->all = (struct spent_periods){.nanousd = {0}};
	for (uint32_t i = 0; i < s->size; i++) {
		struct spent_entry *e = &s->entry[i];
		e->in = (struct spent_periods){.nanousd = {0}};
		if (e->id != 0 && e->ix != UINT32_MAX)
			mark_changed(s, e);
	}
}

bool spent_look(struct spent *s, uint64_t now_ms, struct err *e)
{
	bool is_other = is_another_day(s, now_ms);
	s->now_ms = now_ms;
	if (!is_other)
		return true;
	forget_all(s);
	if (!load(s, now_ms, e))
		return false;
	spent_publish(s, now_ms);
	return true;
}

bool spent_open(struct spent *s, struct clients *c, struct store *store,
	uint64_t now_ms, struct err *e)
{
	*s = (struct spent){.clients = c, .store = store};
	make_table(s, table_size(c->max));
	if (!load(s, now_ms, e))
		return false;
	spent_publish(s, now_ms);
	return true;
}

void spent_close(struct spent *s)
{
	free(s->entry);
	free(s->changed);
	*s = (struct spent){0};
}

void spent_on_counted(void *arg, const struct row *r)
{
	struct spent *s = arg;
	if (s->clients != NULL) /* while the ledger opens: it is read afterwards */
		add(s, r->client_id, r->sent_ms, r->cost_nanousd);
}

static void in_now(const struct spent_periods *in, uint64_t now_ms,
	uint64_t nanousd[static PERIODS])
{
	for (unsigned p = 0; p < PERIODS; p++) {
		bool is_now = in->number[p] == period_number((enum period)p, now_ms);
		nanousd[p] = is_now ? in->nanousd[p] : 0;
	}
}

void spent_total(
	const struct spent *s, uint64_t now_ms, uint64_t nanousd[static PERIODS])
{
	in_now(&s->all, now_ms, nanousd);
}

static void publish_one(struct spent *s, struct spent_entry *e, uint64_t now_ms)
{
	uint64_t nanousd[PERIODS];
	in_now(&e->in, now_ms, nanousd);
	clients_set_spent(s->clients, e->ix, now_ms, nanousd);
	e->is_changed = false;
}

void spent_publish(struct spent *s, uint64_t now_ms)
{
	for (uint32_t i = 0; i < s->n_changed; i++)
		publish_one(s, &s->entry[s->changed[i]], now_ms);
	s->n_changed = 0;
}
