/*
 * Inside store/: LMDB's file as it lies on disk, read without LMDB, so that no damaged byte
 * of it can end the reader. Verify looks at it, and each commit at its meta pages.
 *
 *	page 0, 1    meta: [ head | struct page_meta | zeros ]; commit N writes page N % 2
 *	branch, leaf [ head | offsets of nodes ↓   (gap)   nodes ]
 *	             lower ───────────────────────╯      ╰── upper
 *	overflow     [ head | value … ] in a run of pages, the first of which has a head
 *	node         [ lo, hi | flags | bytes of the key | key | value or number of a page ]
 *	             branch: lo, hi, flags = the page below; leaf: lo, hi = bytes of the value
 *
 * The format is LMDB's of data version 1, as its mdb.c (0.9.24) describes it at struct
 * MDB_page, MDB_node, MDB_db and MDB_meta; 64 bits, this machine's byte order.
 */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include "base/attr.h"

enum {
	PAGE_HEAD_BYTES = 16,
	PAGE_BRANCH = 1, /* flags of pages */
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	PAGE_META = 8,
	PAGE_NUMBER_KEYS = 8, /* flags of a tree: the free list's */
	NODE_BIG = 1, /* flags of a leaf's nodes: the value lies in a run of pages */
	NODE_DB = 2,  /* the value is a struct page_db */
	PAGE_METAS = 2
};

#define PAGE_NONE    UINT64_MAX /* the root of an empty tree */
#define PAGE_MAGIC   UINT32_C(0xBEEFC0DE)
#define PAGE_VERSION UINT32_C(1)

struct page_head {
	uint64_t number;
	uint16_t unused, flags;
	union {
		struct {
			uint16_t lower, upper;
		};
		uint32_t n_run; /* of an overflow page */
	};
};

/* What is recorded of a tree. */
struct page_db {
	uint32_t page_bytes; /* in a meta page's first one; else 0 */
	uint16_t flags, depth;
	uint64_t n_branch, n_leaf, n_overflow, n_entries, root;
};

enum page_tree { PAGE_FREE, PAGE_MAIN, PAGE_TREES };

struct page_meta {
	uint32_t magic, version;
	uint64_t address, map_bytes;
	struct page_db tree[PAGE_TREES];
	uint64_t last_page, txn;
};

_Static_assert(sizeof(struct page_head) == PAGE_HEAD_BYTES, "as LMDB has it");
_Static_assert(sizeof(struct page_db) == 48, "as LMDB has it");
_Static_assert(sizeof(struct page_meta) == 136, "as LMDB has it");

/* The file, mapped for reading. */
struct pages {
	const uint8_t *map;
	size_t bytes;      /* of the file as it was opened */
	size_t page_bytes; /* as the caller knows it */
};

/* 0 or an errno; pairs with pages_close(). */
int pages_open(struct pages *p, int fd, size_t page_bytes) ATTR_UNUSED_RESULT;
void pages_close(struct pages *p); /* one that never opened is fine */

/* The head of a page; false = it lies behind the end of the file. */
bool pages_head(
	const struct pages *p, uint64_t page, struct page_head *out) ATTR_UNUSED_RESULT;

/* What a meta page holds at this moment, in a file that need not be mapped; false = the
 * file ends before it, or cannot be read. */
bool pages_meta(int fd, size_t page_bytes, unsigned which,
	struct page_meta *out) ATTR_UNUSED_RESULT;

/* Is a meta page's head its own, and nothing behind what it holds? */
bool pages_is_bare_meta(const struct pages *p, unsigned which) ATTR_UNUSED_RESULT;

struct page_node {
	uint16_t flags;        /* a leaf's */
	uint64_t below;        /* a branch's: the page that its key leads to */
	struct str key, value; /* value: a leaf's, as it lies in this page */
	uint64_t n_value;      /* its bytes, wherever they are */
	size_t bytes;          /* that the node takes in its page */
};

/* How many nodes a branch or a leaf has; -1 = its bounds cannot be. */
int pages_n_nodes(const struct pages *p, const struct page_head *h);

/* One of them, of a page whose bounds can be; false = it lies outside of its page. */
bool pages_node(const struct pages *p, const struct page_head *h, int ix,
	struct page_node *out) ATTR_UNUSED_RESULT;

/* The value of a leaf's node that is NODE_BIG, and the run it lies in; false = it is none,
 * or is not that long. */
bool pages_run(const struct pages *p, const struct page_node *n, struct page_head *run,
	struct str *value) ATTR_UNUSED_RESULT;

/* A number at any address. */
uint64_t pages_u64(const char *at);

#endif
