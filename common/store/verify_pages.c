/* All pages, each once. */
#include "store/verify_pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pages at the end that no transaction has written may be missing (tables_check_file()). */
enum { UNWRITTEN_PAGES = 32, NAME_BYTES = 32 };

struct account {
	struct verify *verify;
	uint8_t *seen; /* a bit a page */
	uint64_t n_pages;
	bool is_readable; /* the tables' trees */
};

/* ---- a bit a page -------------------------------------------------------------------- */

static bool note_page(struct account *a, const char *name, uint64_t page)
{
	if (page < PAGE_METAS || page >= a->n_pages) {
		verify_fault(
			a->verify, "page %" PRIu64 " of %s: there is none", page, name);
		return false;
	}
	uint8_t *byte = &a->seen[page / 8], bit = (uint8_t)(1u << page % 8);
	if ((*byte & bit) != 0) {
		verify_fault(a->verify,
			"page %" PRIu64 " of %s: it is used, or free, elsewhere too",
			page, name);
		return false;
	}
	*byte |= bit;
	return true;
}

static bool take(struct verify_tree *t, uint64_t page, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (!note_page(t->arg, t->name, page + i))
			return false;
	return true;
}

static void name_left_over(struct account *a)
{
	for (uint64_t page = PAGE_METAS; page < a->n_pages; page++)
		if ((a->seen[page / 8] >> page % 8 & 1) == 0)
			verify_fault(a->verify,
				"page %" PRIu64 ": neither used nor free", page);
}

/* ---- the trees ------------------------------------------------------------------------- */

/* Nothing but its record's checksum says what a value should be: verify.c does that. */
static void visit_record(
	struct verify_tree *t, const struct page_node *n, struct str value)
{
	struct account *a = t->arg;
	(void)value;
	if ((n->flags & NODE_DB) == 0)
		return;
	verify_fault(a->verify, "%s: a record is marked as a table", t->name);
	a->is_readable = false;
}

static void visit_table(
	struct verify_tree *t, const struct page_node *n, struct str value)
{
	struct account *a = t->arg;
	char name[NAME_BYTES];
	struct verify_tree table = {.verify = a->verify,
		.pages = t->pages,
		.name = name,
		.take = take,
		.visit = visit_record,
		.arg = a};
	snprintf(name, sizeof name, "table %.*s",
		(int)MIN(n->key.n, (size_t)NAME_BYTES / 2), n->key.p);
	if (n->flags != NODE_DB || value.n != sizeof table.recorded) {
		verify_fault(a->verify, "%s: it is none", name);
		a->is_readable = false;
		return;
	}
	memcpy(&table.recorded, value.p, sizeof table.recorded);
	if (table.recorded.flags != 0 || table.recorded.page_bytes != 0) {
		verify_fault(a->verify, "%s: its kind cannot be", name);
		a->is_readable = false;
	}
	a->is_readable &= verify_tree(&table);
}

/* [ n | the pages, the highest first | room ] under the number of who has freed them */
static void visit_free(
	struct verify_tree *t, const struct page_node *n, struct str value)
{
	struct account *a = t->arg;
	uint64_t txn = pages_u64(n->key.p), last = a->n_pages;
	uint64_t n_pages = value.n >= sizeof n_pages ? pages_u64(value.p) : UINT64_MAX;
	if (n_pages > value.n / sizeof n_pages - 1 ||
		txn > mdb_txn_id(a->verify->txn)) {
		verify_fault(
			a->verify, "the free list: entry %" PRIu64 " cannot be", txn);
		return;
	}
	for (uint64_t i = 1; i <= n_pages; i++) {
		uint64_t page = pages_u64(value.p + i * sizeof page);
		if (page >= last)
			verify_fault(a->verify,
				"the free list: page %" PRIu64 " is out of order",
				page);
		(void)note_page(a, t->name, page);
		last = page;
	}
}

static bool walk_trees(struct account *a, const struct pages *pages)
{
	const struct page_meta *m = &a->verify->meta;
	struct verify_tree free_list = {.verify = a->verify,
		.pages = pages,
		.name = "the free list",
		.recorded = m->tree[PAGE_FREE],
		.has_numbers = true,
		.take = take,
		.visit = visit_free,
		.arg = a};
	struct verify_tree tables = {.verify = a->verify,
		.pages = pages,
		.name = "the list of tables",
		.recorded = m->tree[PAGE_MAIN],
		.take = take,
		.visit = visit_table,
		.arg = a};
	bool is_whole = verify_tree(&free_list);
	a->is_readable &= verify_tree(&tables);
	return is_whole && a->is_readable;
}

bool verify_pages(struct verify *v)
{
	const struct pages *p = &v->pages;
	struct account a = {
		.verify = v, .n_pages = v->meta.last_page + 1, .is_readable = true};
	if (v->meta.last_page >= p->bytes / p->page_bytes + UNWRITTEN_PAGES) {
		verify_fault(v, "the last page lies behind the end of the file");
		return false;
	}
	a.seen = calloc(a.n_pages / 8 + 1, 1);
	must(a.seen != NULL);
	if (walk_trees(&a, p))
		name_left_over(&a);
	free(a.seen);
	return a.is_readable;
}
