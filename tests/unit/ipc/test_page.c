/* The page: whole payloads, epochs, and a writer that died half-way. */
#include "../unit.h"
#include "ipc/page.h"

#include <stdatomic.h>
#include <string.h>

struct payload {
	uint64_t word[5];
};

static struct page *a_page(void)
{
	uint64_t bytes = page_size_bytes(sizeof(struct payload));
	struct page *p = aligned_alloc(CACHE_LINE_BYTES,
		(bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES);
	ck_assert_ptr_nonnull(p);
	page_init(p, sizeof(struct payload));
	return p;
}

START_TEST(page_that_was_never_published_reads_as_epoch_0)
{
	struct page *p = a_page();
	struct payload got;
	ck_assert_uint_eq(page_read(p, &got, sizeof got), 0);
	ck_assert_uint_eq(page_epoch(p), 0);
	free(p);
}
END_TEST

START_TEST(page_gives_the_newest_payload_and_counts_epochs)
{
	struct page *p = a_page();
	for (uint64_t i = 1; i < 10; i++) {
		struct payload in = {{i, i * 2, i * 3, i * 4, i * 5}}, out = {0};
		ck_assert_uint_eq(page_publish(p, &in, sizeof in), i);
		ck_assert_uint_eq(page_read(p, &out, sizeof out), i);
		ck_assert_int_eq(memcmp(&in, &out, sizeof in), 0);
		ck_assert_uint_eq(page_epoch(p), i);
	}
	free(p);
}
END_TEST

START_TEST(page_shows_nothing_of_a_publication_that_was_not_finished)
{
	struct page *p = a_page();
	struct payload old = {{1, 1, 1, 1, 1}}, next = {{3, 3, 3, 3, 3}};
	struct payload got = {0};
	page_publish(p, &old, sizeof old);
	/* what a writer killed half-way through epoch 2 leaves: words of slot 0 */
	for (int i = 0; i < 3; i++)
		atomic_store_explicit(&p->words[i], 2, memory_order_relaxed);
	ck_assert_uint_eq(page_read(p, &got, sizeof got), 1);
	ck_assert_int_eq(memcmp(&got, &old, sizeof got), 0);
	ck_assert_uint_eq(page_publish(p, &next, sizeof next), 2);
	ck_assert_uint_eq(page_read(p, &got, sizeof got), 2);
	ck_assert_int_eq(memcmp(&got, &next, sizeof got), 0);
	free(p);
}
END_TEST

START_TEST(page_takes_payloads_at_any_alignment)
{
	struct page *p = a_page();
	char in[sizeof(struct payload) + 1] =
		"?0123456789012345678901234567890123456789";
	char out[sizeof in];
	page_publish(p, in + 1, sizeof(struct payload));
	ck_assert_uint_eq(page_read(p, out + 1, sizeof(struct payload)), 1);
	ck_assert_mem_eq(in + 1, out + 1, sizeof(struct payload));
	free(p);
}
END_TEST

UNIT_MAIN("page", page_that_was_never_published_reads_as_epoch_0,
	page_gives_the_newest_payload_and_counts_epochs,
	page_shows_nothing_of_a_publication_that_was_not_finished,
	page_takes_payloads_at_any_alignment)
