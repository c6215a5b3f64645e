/* Verify: bits of every kind of page, by what they are of. */
#include "../unit.h"
#include "flips.h"
#include "store/pages.h"
#include "store/prune.h"
#include "world.h"

#include <lmdb.h>

enum { FACTS = 600, OF_A_KIND = 120, PAGE_BYTES = 4096 };

/* What a byte is of, in a page of each kind. */
#define PARTS(P)                                                                       \
	P(NUMBER)                                                                      \
	P(UNUSED) P(FLAGS) P(BOUNDS) P(OFFSETS) P(GAP) P(NODE) P(KEY) P(VALUE) P(ID)
#define PART_ENUM(name) PART_##name,
#define PART_NAME(name) #name,

enum part { PARTS(PART_ENUM) PART_KINDS };
enum page_kind { OF_FREE_LIST, OF_BRANCH, OF_LEAF, OF_RUN, OF_FREE_PAGE, PAGE_KINDS };

static const char *const part_names[] = {PARTS(PART_NAME)};
static const char *const kind_names[] = {
	"free list", "branch", "leaf", "run", "free page"};

/* Nothing goes by it as it lies there. FLIPS_SHOW=1 prints the counts of all parts. */
static bool is_without_meaning(enum page_kind k, enum part p)
{
	return p == PART_GAP || p == PART_UNUSED || k == OF_FREE_PAGE ||
	       /* keys that part others still may part them when changed, and when pages
	          were freed is written nowhere else */
	       (p == PART_KEY && (k == OF_BRANCH || k == OF_FREE_LIST));
}

static const char *dir;
static union fact facts[FACTS];
static struct pages pages;
static uint64_t free_page; /* one that the free list names */

/* Every place of a part, of which OF_A_KIND are taken. */
static struct places {
	uint32_t n;
	uint64_t at[1 << 16];
} places[PAGE_KINDS][PART_KINDS];

static void note(enum page_kind k, enum part p, uint64_t at, uint64_t n)
{
	struct places *x = &places[k][p];
	for (uint64_t i = 0; i < n && x->n < N_ELEMENTS(x->at); i++)
		x->at[x->n++] = at + i;
}

static uint64_t place_of(const char *p)
{
	return (uint64_t)(p - (const char *)pages.map);
}

static void note_head(enum page_kind k, uint64_t at)
{
	note(k, PART_NUMBER, at, 8);
	note(k, PART_UNUSED, at + 8, 2);
	note(k, PART_FLAGS, at + 10, 2);
	note(k, PART_BOUNDS, at + 12, 4);
}

static void note_run(const struct page_node *n)
{
	struct page_head run;
	struct str value;
	must(pages_run(&pages, n, &run, &value));
	note_head(OF_RUN, run.number * pages.page_bytes);
	note(OF_RUN, PART_VALUE, place_of(value.p), value.n);
	note(OF_RUN, PART_GAP, place_of(value.p) + value.n,
		run.n_run * pages.page_bytes - PAGE_HEAD_BYTES - value.n);
}

static void note_ids(const struct page_node *n)
{
	uint64_t n_ids = pages_u64(n->value.p);
	note(OF_FREE_LIST, PART_ID, place_of(n->value.p), 8 * (n_ids + 1));
	if (n_ids > 0)
		free_page = pages_u64(n->value.p + 8);
}

static void collect(uint64_t page, bool is_free_list);

static void note_node(
	enum page_kind k, const struct page_node *n, bool is_first, bool is_free_list)
{
	struct page_db table;
	note(k, PART_NODE, place_of(n->key.p) - 8, 8);
	note(k, PART_KEY, place_of(n->key.p),
		k == OF_BRANCH && is_first ? 0 : n->key.n);
	if (k == OF_BRANCH)
		collect(n->below, is_free_list);
	else if (is_free_list)
		note_ids(n);
	else
		note(k, PART_VALUE, place_of(n->value.p), n->value.n);
	if ((n->flags & NODE_BIG) != 0)
		note_run(n);
	if ((n->flags & NODE_DB) == 0)
		return;
	memcpy(&table, n->value.p, sizeof table);
	if (table.root != PAGE_NONE)
		collect(table.root, false);
}

static void collect(uint64_t page, bool is_free_list)
{
	struct page_head h;
	must(pages_head(&pages, page, &h));
	enum page_kind k = h.flags == PAGE_BRANCH ? OF_BRANCH
			   : is_free_list         ? OF_FREE_LIST
						  : OF_LEAF;
	uint64_t at = page * pages.page_bytes;
	note_head(k, at);
	note(k, PART_OFFSETS, at + PAGE_HEAD_BYTES, h.lower - PAGE_HEAD_BYTES);
	note(k, PART_GAP, at + h.lower, h.upper - h.lower);
	for (int i = 0; i < pages_n_nodes(&pages, &h); i++) {
		struct page_node n;
		must(pages_node(&pages, &h, i, &n));
		note_node(k, &n, i == 0, is_free_list);
	}
}

static void collect_all(void)
{
	char path[128];
	struct page_meta m[PAGE_METAS];
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDONLY);
	must(fd >= 0 && pages_open(&pages, fd, PAGE_BYTES) == 0);
	for (unsigned i = 0; i < PAGE_METAS; i++)
		must(pages_meta(fd, PAGE_BYTES, i, &m[i]));
	const struct page_meta *newest = &m[m[1].txn > m[0].txn];
	collect(newest->tree[PAGE_FREE].root, true);
	collect(newest->tree[PAGE_MAIN].root, false);
	note(OF_FREE_PAGE, PART_VALUE, free_page * pages.page_bytes, pages.page_bytes);
	close(fd);
}

/* Some of it pruned: the record of that needs a run. */
static void make_ledger(void)
{
	struct prune_policy p = {.tier_before_ms = {TEST_NOW_MS + 300000}};
	struct err e = {0};
	uint32_t n;
	free(world_at(4, FACTS, facts));
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t at = 0; at < FACTS; at += 50)
		world_must_commit(l, facts, at + 1, at + 50);
	ck_assert(ledger_prune(l, &p, 50, &n, &e) && n > 0);
	ledger_close(l);
}

/* Spread over all places of that part, another bit each time. */
static void choose(struct flips *f, enum page_kind k, enum part p)
{
	const struct places *x = &places[k][p];
	uint32_t n = MIN(x->n, (uint32_t)OF_A_KIND);
	for (uint32_t i = 0; i < n; i++)
		flips_add(f, x->at[(uint64_t)x->n * i / n], i % 8, k * PART_KINDS + p);
}

static void judge(const struct flips *f, enum page_kind k, enum part p)
{
	unsigned kind = k * PART_KINDS + p;
	uint32_t n_unseen = flips_count(f, kind, FLIP_UNSEEN);
	uint32_t n_died = flips_count(f, kind, FLIP_DIED);
	uint32_t n_refused = flips_count(f, kind, FLIP_REFUSED);
	uint32_t n_told = flips_count(f, kind, FLIP_TOLD);
	if (getenv("FLIPS_SHOW") != NULL && n_told + n_refused + n_died + n_unseen > 0)
		printf("%-10s %-8s %3u told, %u refused, %u died, %u unseen\n",
			kind_names[k], part_names[p], n_told, n_refused, n_died,
			n_unseen);
	ck_assert_msg(is_without_meaning(k, p) || n_unseen == 0, "%s, %s: %u unseen",
		kind_names[k], part_names[p], n_unseen);
}

START_TEST(no_bit_of_any_kind_of_page_escapes)
{
	static const enum part everywhere[] = {PART_NUMBER, PART_FLAGS, PART_BOUNDS};
	struct flips *f = flips_new();
	make_ledger();
	collect_all();
	for (unsigned k = 0; k < OF_FREE_PAGE; k++)
		for (size_t i = 0; i < N_ELEMENTS(everywhere); i++)
			ck_assert_msg(
				places[k][everywhere[i]].n > 0, "no %s", kind_names[k]);
	ck_assert_uint_gt(places[OF_FREE_LIST][PART_ID].n, 0);
	for (unsigned k = 0; k < PAGE_KINDS; k++)
		for (unsigned p = 0; p < PART_KINDS; p++)
			choose(f, k, p);
	flips_run(f, dir);
	for (unsigned k = 0; k < PAGE_KINDS; k++)
		for (unsigned p = 0; p < PART_KINDS; p++)
			judge(f, k, p);
	ck_assert_int_eq(flips_verify(dir), FLIP_UNSEEN);
	pages_close(&pages);
	munmap(f, sizeof *f);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("verify_pages", no_bit_of_any_kind_of_page_escapes)
