/*
 * The arena: boundary tags and size-class lists over the pages of one region. Runs in the
 * one front that owns the region; its books are private memory and never look at a byte
 * of the region itself, so nothing another process writes there can mislead it.
 *
 *	pages   |▒▒▒▒▒▒▒|.........|▒▒▒|.................|
 *	tag      U3      F4      F4 U2 F8             F8     0 everywhere else
 *	         used    free extents carry their length at both ends, so that a
 *	                 neighbour that is freed finds them from either side
 *
 * A free extent hangs in the bin of its length: one bin for each length up to
 * ARENA_EXACT_BINS, then four for each power of two. Lists are last in, first out: what
 * was used last is warm. `idle` has a bit for each page that is free but still holds
 * memory; those are what punching gives back.
 */
#include "ipc/arena.h"

#include <assert.h>
#include <stdlib.h>

enum {
	WORD_BITS = 64,
	EXACT_LOG = 6,
	BINS = ARENA_EXACT_BINS + 4 * (32 - EXACT_LOG),
	BIN_WORDS = (BINS + WORD_BITS - 1) / WORD_BITS,
};

static_assert(ARENA_EXACT_BINS == 1 << EXACT_LOG, "bin_of() counts on it");

#define NONE      UINT32_MAX
#define TAG_FREE  (UINT32_C(1) << 30)
#define TAG_USED  (UINT32_C(1) << 31)
#define TAG_PAGES (TAG_FREE - 1)

struct arena {
	const struct map *map;
	uint64_t offset;
	uint32_t n_pages, n_used, n_idle; /* idle: free, but still holding memory */
	uint32_t *tag;
	uint32_t *next, *prev; /* of a free extent's first page */
	uint64_t *idle;
	uint64_t bin_bits[BIN_WORDS]; /* which bins are not empty */
	uint32_t bin[BINS];
};

/* ---- the bins ------------------------------------------------------------ */

static unsigned bin_of(uint32_t pages)
{
	if (pages < ARENA_EXACT_BINS)
		return pages;
	unsigned log = 31 - (unsigned)__builtin_clz(pages);
	return ARENA_EXACT_BINS + 4 * (log - EXACT_LOG) + ((pages >> (log - 2)) & 3);
}

/* The first bin from `from` on that holds anything; BINS = none. */
static unsigned next_bin(const struct arena *a, unsigned from)
{
	for (unsigned w = from / WORD_BITS; w < BIN_WORDS; w++) {
		uint64_t bits = a->bin_bits[w];
		if (w == from / WORD_BITS)
			bits &= UINT64_MAX << from % WORD_BITS;
		if (bits != 0)
			return w * WORD_BITS + (unsigned)__builtin_ctzll(bits);
	}
	return BINS;
}

static void set_free(struct arena *a, uint32_t page, uint32_t pages)
{
	unsigned b = bin_of(pages);
	a->tag[page] = a->tag[page + pages - 1] = TAG_FREE | pages;
	a->prev[page] = NONE;
	a->next[page] = a->bin[b];
	if (a->bin[b] != NONE)
		a->prev[a->bin[b]] = page;
	a->bin[b] = page;
	a->bin_bits[b / WORD_BITS] |= UINT64_C(1) << b % WORD_BITS;
}

/* Takes a free extent out of its bin and wipes both of its tags; returns its length. */
static uint32_t take_free(struct arena *a, uint32_t page)
{
	uint32_t pages = a->tag[page] & TAG_PAGES;
	unsigned b = bin_of(pages);
	uint32_t next = a->next[page], prev = a->prev[page];
	if (next != NONE)
		a->prev[next] = prev;
	if (prev != NONE)
		a->next[prev] = next;
	if (prev == NONE)
		a->bin[b] = next;
	if (a->bin[b] == NONE)
		a->bin_bits[b / WORD_BITS] &= ~(UINT64_C(1) << b % WORD_BITS);
	a->tag[page] = a->tag[page + pages - 1] = 0;
	return pages;
}

/* A free extent of at least that length, or NONE. In the first bin some may be too
 * short; any of a later bin is long enough. */
static uint32_t find_fit(const struct arena *a, uint32_t pages)
{
	unsigned b = bin_of(pages);
	for (uint32_t p = a->bin[b]; p != NONE; p = a->next[p])
		if ((a->tag[p] & TAG_PAGES) >= pages)
			return p;
	b = next_bin(a, b + 1);
	return b < BINS ? a->bin[b] : NONE;
}

/* ---- warm and cold ------------------------------------------------------- */

/* The bits of word w that stand for pages of [page, page + pages). */
static uint64_t word_mask(uint32_t w, uint32_t page, uint32_t pages)
{
	uint64_t mask = UINT64_MAX;
	if (w == page / WORD_BITS)
		mask &= UINT64_MAX << page % WORD_BITS;
	uint32_t last = page + pages - 1;
	if (w == last / WORD_BITS)
		mask &= UINT64_MAX >> (WORD_BITS - 1 - last % WORD_BITS);
	return mask;
}

static void mark_idle(struct arena *a, uint32_t page, uint32_t pages, bool idle)
{
	for (uint32_t w = page / WORD_BITS; w <= (page + pages - 1) / WORD_BITS; w++) {
		uint64_t mask = word_mask(w, page, pages);
		a->n_idle -= (uint32_t)__builtin_popcountll(a->idle[w] & mask);
		a->idle[w] = idle ? a->idle[w] | mask : a->idle[w] & ~mask;
		a->n_idle += (uint32_t)__builtin_popcountll(a->idle[w] & mask);
	}
}

static bool is_idle(const struct arena *a, uint32_t page)
{
	return a->idle[page / WORD_BITS] >> page % WORD_BITS & 1;
}

/* The last idle page before `end`, or NONE. */
static uint32_t last_idle(const struct arena *a, uint32_t end)
{
	for (uint32_t w = (end + WORD_BITS - 1) / WORD_BITS; w-- > 0;) {
		uint64_t bits = a->idle[w];
		if (end / WORD_BITS == w)
			bits &= ~(UINT64_MAX << end % WORD_BITS);
		if (bits != 0)
			return w * WORD_BITS + WORD_BITS - 1 -
			       (uint32_t)__builtin_clzll(bits);
	}
	return NONE;
}

/* Gives idle pages back from the far end on until half the mark is left, in at most
 * ARENA_PUNCHES runs: what is left over waits for the next free. A refusal is harmless,
 * the pages merely stay. */
static void cool_down(struct arena *a)
{
	uint32_t end = a->n_pages;
	for (int i = 0; i < ARENA_PUNCHES; i++) {
		uint32_t keep = ARENA_WARM_BYTES / ARENA_PAGE_BYTES / 2;
		uint32_t last = a->n_idle > keep ? last_idle(a, end) : NONE;
		if (last == NONE)
			return;
		uint32_t first = last, most = a->n_idle - keep;
		while (first > 0 && last - first + 1 < most && is_idle(a, first - 1))
			first--;
		uint32_t pages = last - first + 1;
		if (map_punch(a->map, a->offset + (uint64_t)first * ARENA_PAGE_BYTES,
			    (uint64_t)pages * ARENA_PAGE_BYTES))
			mark_idle(a, first, pages, false);
		end = first;
	}
}

/* ---- the arena ----------------------------------------------------------- */

struct arena *arena_new(const struct map *m, uint64_t offset, uint64_t size_bytes)
{
	uint64_t n = size_bytes / ARENA_PAGE_BYTES;
	must(n > 0 && n < TAG_FREE && size_bytes % ARENA_PAGE_BYTES == 0);
	must(map_at(m, offset, size_bytes, ARENA_PAGE_BYTES) != NULL);
	struct arena *a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->map = m;
	a->offset = offset;
	a->n_pages = (uint32_t)n;
	a->tag = calloc(n, sizeof *a->tag);
	a->next = calloc(n, sizeof *a->next);
	a->prev = calloc(n, sizeof *a->prev);
	a->idle = calloc(n / WORD_BITS + 1, sizeof *a->idle);
	if (!a->tag || !a->next || !a->prev || !a->idle) {
		arena_free_all(a);
		return NULL;
	}
	for (unsigned b = 0; b < BINS; b++)
		a->bin[b] = NONE;
	set_free(a, 0, a->n_pages);
	return a;
}

void arena_free_all(struct arena *a)
{
	if (a == NULL)
		return;
	free(a->tag);
	free(a->next);
	free(a->prev);
	free(a->idle);
	free(a);
}

bool arena_alloc(struct arena *a, uint64_t bytes, uint64_t *offset)
{
	must(bytes > 0);
	uint64_t need = (bytes - 1) / ARENA_PAGE_BYTES + 1;
	if (need > a->n_pages)
		return false;
	uint32_t pages = (uint32_t)need, page = find_fit(a, pages);
	if (page == NONE)
		return false;
	uint32_t rest = take_free(a, page) - pages;
	if (rest > 0)
		set_free(a, page + pages, rest);
	a->tag[page] = TAG_USED | pages;
	a->n_used += pages;
	mark_idle(a, page, pages, false);
	*offset = a->offset + (uint64_t)page * ARENA_PAGE_BYTES;
	return true;
}

void arena_free(struct arena *a, uint64_t offset)
{
	must(offset >= a->offset && offset % ARENA_PAGE_BYTES == 0);
	uint64_t at = (offset - a->offset) / ARENA_PAGE_BYTES;
	must(at < a->n_pages && (a->tag[at] & TAG_USED) != 0);
	uint32_t page = (uint32_t)at, pages = a->tag[page] & TAG_PAGES;
	a->tag[page] = 0;
	a->n_used -= pages;
	mark_idle(a, page, pages, true);
	if (page + pages < a->n_pages && (a->tag[page + pages] & TAG_FREE) != 0)
		pages += take_free(a, page + pages);
	if (page > 0 && (a->tag[page - 1] & TAG_FREE) != 0) {
		uint32_t before = a->tag[page - 1] & TAG_PAGES;
		page -= before;
		pages += take_free(a, page);
	}
	set_free(a, page, pages);
	if (a->n_idle > ARENA_WARM_BYTES / ARENA_PAGE_BYTES)
		cool_down(a);
}

uint64_t arena_used_bytes(const struct arena *a)
{
	return (uint64_t)a->n_used * ARENA_PAGE_BYTES;
}
