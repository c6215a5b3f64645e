/*
 * The page: an epoch and two slots of words. Runs in its one writer and in any reader,
 * atlasctl's read-only mapping included; it never waits for anybody.
 *
 * Why no fence is needed: a reader of epoch e looks at slot e % 2, and the next to write
 * there is the publication of e + 2, which starts after e + 1 was stored. Every word is
 * stored with release and loaded with acquire. So a reader that got but one word of
 * e + 2 has synchronised with a store that comes after epoch = e + 1; its second look at
 * the epoch comes later still and must see at least e + 1, and it copies again.
 */
#include "ipc/page.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

static_assert(sizeof(struct page) == CACHE_LINE_BYTES, "shared layout");

static uint64_t words_of(uint64_t payload_bytes)
{
	must(payload_bytes > 0 && payload_bytes % sizeof(uint64_t) == 0);
	return payload_bytes / sizeof(uint64_t);
}

uint64_t page_size_bytes(uint64_t payload_bytes)
{
	return sizeof(struct page) + 2 * words_of(payload_bytes) * sizeof(uint64_t);
}

void page_init(struct page *p, uint64_t payload_bytes)
{
	/* relaxed: nobody else sees the page yet */
	for (uint64_t i = 0; i < 2 * words_of(payload_bytes); i++)
		atomic_store_explicit(&p->words[i], 0, memory_order_relaxed);
	atomic_store_explicit(&p->epoch, 0, memory_order_relaxed);
}

uint64_t page_publish(struct page *p, const void *payload, uint64_t n)
{
	uint64_t n_words = words_of(n);
	/* relaxed: only we write the epoch */
	uint64_t epoch = atomic_load_explicit(&p->epoch, memory_order_relaxed) + 1;
	_Atomic uint64_t *slot = p->words + epoch % 2 * n_words;
	const uint8_t *from = payload;
	for (uint64_t i = 0; i < n_words; i++) {
		uint64_t word;
		memcpy(&word, from + i * sizeof word, sizeof word);
		/* release: pairs with copy_slot(); carries the epoch stored before it */
		atomic_store_explicit(&slot[i], word, memory_order_release);
	}
	/* release: pairs with page_read() and page_epoch(); the commit */
	atomic_store_explicit(&p->epoch, epoch, memory_order_release);
	return epoch;
}

static void copy_slot(const _Atomic uint64_t *slot, uint8_t *to, uint64_t n_words)
{
	for (uint64_t i = 0; i < n_words; i++) {
		/* acquire: pairs with page_publish(), see the top of this file */
		uint64_t word = atomic_load_explicit(&slot[i], memory_order_acquire);
		memcpy(to + i * sizeof word, &word, sizeof word);
	}
}

uint64_t page_read(const struct page *p, void *payload, uint64_t n)
{
	uint64_t n_words = words_of(n);
	uint64_t epoch = page_epoch(p);
	for (int tries = 0; tries < PAGE_TRIES && epoch != 0; tries++) {
		copy_slot(p->words + epoch % 2 * n_words, payload, n_words);
		uint64_t after = page_epoch(p);
		if (after == epoch)
			return epoch;
		epoch = after;
	}
	return 0;
}

uint64_t page_epoch(const struct page *p)
{
	/* acquire: pairs with the last store of page_publish() */
	return atomic_load_explicit(&p->epoch, memory_order_acquire);
}
