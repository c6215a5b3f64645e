/*
 * Inside verify: one tree of pages, as it lies on disk, against what is recorded of it.
 *
 *	each page       its own number, a branch or a leaf as deep as all others, bounds
 *	each node       within its page; together they fill it from `upper` on
 *	each key        behind the one before it, within what the branches above it say
 *	the record      its depth, its pages by kind, its entries
 */
#ifndef STORE_VERIFY_TREE_H
#define STORE_VERIFY_TREE_H

#include "store/pages.h"
#include "store/verify_parts.h"

struct verify_tree;

/* One entry. value: wherever it lies. */
typedef void verify_entry_fn(
	struct verify_tree *t, const struct page_node *n, struct str value);

/* Pages that the tree has; false = it must not be followed there. */
typedef bool verify_take_fn(struct verify_tree *t, uint64_t page, uint64_t n);

struct verify_tree {
	struct verify *verify;
	const struct pages *pages;
	const char *name;
	struct page_db recorded;
	bool has_numbers; /* for keys: LMDB's free list; else bytes */
	verify_take_fn *take;
	verify_entry_fn *visit;
	void *arg;            /* the callbacks' */
	struct page_db found; /* so far */
};

/* False = it cannot be read: faults have been told. */
bool verify_tree(struct verify_tree *t);

#endif
