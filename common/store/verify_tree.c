/* Down one tree, page by page. */
#include "store/verify_tree.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_DEPTH = 32 }; /* that LMDB can follow */

/* Keys below here: from `low` on, before `high`; p NULL = there is no such bound. */
struct bounds {
	struct str low, high;
};

static int compare(const struct verify_tree *t, struct str a, struct str b)
{
	if (t->has_numbers) {
		uint64_t left = pages_u64(a.p), right = pages_u64(b.p);
		return left < right ? -1 : left > right;
	}
	int order = memcmp(a.p, b.p, MIN(a.n, b.n));
	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

static bool page_fault(struct verify_tree *t, uint64_t page, const char *what)
{
	verify_fault(t->verify, "page %" PRIu64 " of %s: %s", page, t->name, what);
	return false;
}

/* ---- one page by itself ------------------------------------------------------------ */

static bool check_key(
	struct verify_tree *t, struct str key, struct str last, const struct bounds *in)
{
	if (t->has_numbers ? key.n != sizeof(uint64_t) : key.n == 0)
		return false;
	if (last.p != NULL && compare(t, last, key) >= 0)
		return false;
	return (in->low.p == NULL || compare(t, in->low, key) <= 0) &&
	       (in->high.p == NULL || compare(t, key, in->high) < 0);
}

/* A branch's first node has no key: what is below it has the branch's own lower bound. */
static bool check_nodes(struct verify_tree *t, const struct page_head *h,
	const struct bounds *in, int n_nodes)
{
	struct page_node n;
	struct str last = {NULL, 0};
	size_t bytes = 0;
	for (int i = 0; i < n_nodes; i++) {
		if (!pages_node(t->pages, h, i, &n))
			return page_fault(t, h->number, "a node is not within it");
		bytes += n.bytes;
		if (i == 0 && h->flags == PAGE_BRANCH)
			continue;
		if (!check_key(t, n.key, last, in))
			return page_fault(t, h->number, "keys out of order");
		last = n.key;
	}
	return bytes == t->pages->page_bytes - h->upper ||
	       page_fault(t, h->number, "its nodes do not fill it");
}

static bool check_page(struct verify_tree *t, uint64_t page, unsigned depth,
	const struct bounds *in, struct page_head *h)
{
	uint16_t kind = depth == t->recorded.depth ? PAGE_LEAF : PAGE_BRANCH;
	if (!pages_head(t->pages, page, h))
		return page_fault(t, page, "behind the end of the file");
	if (h->number != page)
		return page_fault(t, page, "it has another number");
	if (h->flags != kind)
		return page_fault(t, page, "of another kind");
	int n = pages_n_nodes(t->pages, h);
	if (n <= 0)
		return page_fault(t, page, "its bounds cannot be");
	return check_nodes(t, h, in, n);
}

/* ---- what it leads to ----------------------------------------------------------------- */

static bool visit_entry(struct verify_tree *t, uint64_t page, const struct page_node *n)
{
	struct str value = n->value;
	struct page_head run;
	t->found.n_entries++;
	if ((n->flags & ~(NODE_BIG | NODE_DB)) != 0)
		return page_fault(t, page, "a node's flags cannot be");
	if ((n->flags & NODE_BIG) != 0) {
		if (!pages_run(t->pages, n, &run, &value))
			return page_fault(t, page, "a value is not where it should be");
		t->found.n_overflow += run.n_run;
		if (!t->take(t, run.number, run.n_run))
			return false;
	}
	t->visit(t, n, value);
	return true;
}

static bool walk(
	struct verify_tree *t, uint64_t page, unsigned depth, const struct bounds *in);

static struct bounds bounds_of(const struct verify_tree *t, const struct page_head *h,
	int ix, const struct bounds *in)
{
	struct page_node n;
	struct bounds b = *in;
	if (ix > 0 && pages_node(t->pages, h, ix, &n))
		b.low = n.key;
	if (ix + 1 < pages_n_nodes(t->pages, h) && pages_node(t->pages, h, ix + 1, &n))
		b.high = n.key;
	return b;
}

static bool walk_nodes(struct verify_tree *t, const struct page_head *h, unsigned depth,
	const struct bounds *in)
{
	bool is_whole = true;
	struct page_node n;
	for (int i = 0; i < pages_n_nodes(t->pages, h); i++) {
		if (!pages_node(t->pages, h, i, &n))
			return false;
		if (h->flags == PAGE_LEAF) {
			is_whole &= visit_entry(t, h->number, &n);
			continue;
		}
		struct bounds below = bounds_of(t, h, i, in);
		is_whole &= walk(t, n.below, depth + 1, &below);
	}
	return is_whole;
}

static bool walk(
	struct verify_tree *t, uint64_t page, unsigned depth, const struct bounds *in)
{
	struct page_head h;
	if (!t->take(t, page, 1) || !check_page(t, page, depth, in, &h))
		return false;
	if (h.flags == PAGE_LEAF)
		t->found.n_leaf++;
	else
		t->found.n_branch++;
	return walk_nodes(t, &h, depth, in);
}

static bool check_record(struct verify_tree *t)
{
	t->found.page_bytes = t->recorded.page_bytes;
	t->found.flags = t->recorded.flags;
	t->found.depth = t->recorded.depth;
	t->found.root = t->recorded.root;
	if (memcmp(&t->found, &t->recorded, sizeof t->found) == 0)
		return true;
	verify_fault(
		t->verify, "%s: its pages are not as many as are recorded", t->name);
	return false;
}

bool verify_tree(struct verify_tree *t)
{
	static const struct bounds all = {{NULL, 0}, {NULL, 0}};
	const struct page_db *r = &t->recorded;
	t->found = (struct page_db){.root = r->root};
	if ((r->root == PAGE_NONE) != (r->depth == 0) || r->depth > MAX_DEPTH) {
		verify_fault(t->verify, "%s: its depth cannot be", t->name);
		return false;
	}
	if (r->root != PAGE_NONE && !walk(t, r->root, 1, &all))
		return false;
	return check_record(t);
}
