/* A moment, and what leads into it. */
#include "store/verify_metas.h"

#include "store/page_metas.h"

#include <string.h>
#include <time.h>

/* ---- the moment --------------------------------------------------------------------- */

struct look {
	uint64_t txn;
	struct page_metas metas;
	bool has_state; /* that of a page that leads to none is no help: its fault is told */
};

void verify_metas_end(struct verify *v)
{
	pages_close(&v->pages);
	if (v->txn != NULL)
		tables_end_read(v->store, v->txn);
	v->txn = NULL;
}

static int look(struct verify *v, struct look *out)
{
	int rc = tables_begin_read(v->store, &v->txn);
	if (rc != 0)
		return rc;
	out->txn = mdb_txn_id(v->txn);
	rc = page_metas_read(v->store, out->txn, &out->metas);
	out->has_state = rc == 0 && out->metas.newest.txn == out->txn &&
			 tables_get_state(v->store, v->txn, &v->state) == 0;
	return rc;
}

static bool is_same(const struct look *a, const struct look *b)
{
	return a->txn == b->txn && memcmp(&a->metas, &b->metas, sizeof a->metas) == 0;
}

static bool is_well(const struct verify *v, const struct look *l)
{
	return l->has_state && page_metas_is_newest(&l->metas, l->txn, &v->state) &&
	       page_metas_is_before(&l->metas, l->txn, &v->state);
}

static bool is_under_way(const struct verify *v, const struct look *l)
{
	return l->has_state &&
	       page_metas_is_next_under_way(&l->metas, l->txn, &v->state);
}

static void nap(void)
{
	struct timespec ms = {.tv_nsec = 1000000};
	(void)nanosleep(&ms, NULL);
}

/* Until all is well, or is not and stays so. 0 with v->txn open. */
static int settle(struct verify *v, struct look *now)
{
	enum { TRIES = 10000 };
	struct look last = {0};
	for (int i = 0;; i++, last = *now) {
		int rc = look(v, now);
		if (rc != 0 || i == TRIES || is_well(v, now))
			return rc;
		if (is_under_way(v, now))
			nap();
		else if (is_same(now, &last))
			return 0;
		verify_metas_end(v);
	}
}

/* ---- the pages ------------------------------------------------------------------------ */

static bool has_fixed(const struct page_meta *m, size_t page_bytes)
{
	const struct page_db *f = &m->tree[PAGE_FREE], *t = &m->tree[PAGE_MAIN];
	return m->magic == PAGE_MAGIC && m->version == PAGE_VERSION &&
	       m->address == 0 && f->page_bytes == page_bytes &&
	       f->flags == PAGE_NUMBER_KEYS && t->page_bytes == 0 && t->flags == 0;
}

static void check_fixed(struct verify *v, uint64_t txn, const struct page_meta *m)
{
	unsigned which = txn % PAGE_METAS;
	if (!has_fixed(m, v->pages.page_bytes) || !pages_is_bare_meta(&v->pages, which))
		verify_fault(v, "meta page %u: damaged", which);
}

static void check_metas(struct verify *v, const struct look *l)
{
	unsigned which = l->txn % PAGE_METAS;
	if (l->metas.newest.txn != l->txn ||
		(l->has_state && !page_metas_is_newest(&l->metas, l->txn, &v->state)))
		verify_fault(v, "meta page %u: not that of the newest commit", which);
	else if (l->has_state && !page_metas_is_before(&l->metas, l->txn, &v->state))
		verify_fault(
			v, "meta page %u: not that of the commit before", 1 - which);
	check_fixed(v, l->txn, &l->metas.newest);
	check_fixed(v, l->txn - 1, &l->metas.before);
}

int verify_metas_begin(struct verify *v)
{
	MDB_stat stat;
	mdb_filehandle_t fd;
	struct look now;
	int rc = settle(v, &now);
	if (rc == 0)
		rc = mdb_env_get_fd(v->store->env, &fd);
	if (rc == 0)
		rc = mdb_env_stat(v->store->env, &stat);
	if (rc == 0)
		rc = pages_open(&v->pages, fd, stat.ms_psize);
	if (rc != 0)
		return rc;
	v->meta = now.metas.newest;
	check_metas(v, &now);
	return 0;
}
