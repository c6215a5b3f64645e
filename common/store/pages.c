/* Bytes of LMDB's file: bounds first. */
#include "store/pages.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NODE_HEAD_BYTES = 8 };

int pages_open(struct pages *p, int fd, size_t page_bytes)
{
	struct stat st;
	*p = (struct pages){.page_bytes = page_bytes};
	if (fstat(fd, &st) != 0)
		return errno;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	p->map = map;
	p->bytes = (size_t)st.st_size;
	return 0;
}

void pages_close(struct pages *p)
{
	if (p->map != NULL)
		(void)munmap((void *)(uintptr_t)p->map, p->bytes);
	p->map = NULL;
}

static const char *page_at(const struct pages *p, uint64_t page)
{
	return (const char *)p->map + page * p->page_bytes;
}

bool pages_head(const struct pages *p, uint64_t page, struct page_head *out)
{
	if (page >= p->bytes / p->page_bytes)
		return false;
	memcpy(out, page_at(p, page), sizeof *out);
	return true;
}

bool pages_meta(int fd, size_t page_bytes, unsigned which, struct page_meta *out)
{
	off_t at = (off_t)(which * page_bytes + PAGE_HEAD_BYTES);
	return pread(fd, out, sizeof *out, at) == (ssize_t)sizeof *out;
}

bool pages_is_bare_meta(const struct pages *p, unsigned which)
{
	struct page_head h, own = {.number = which, .flags = PAGE_META};
	size_t at = PAGE_HEAD_BYTES + sizeof(struct page_meta);
	if (!pages_head(p, which, &h) || memcmp(&h, &own, sizeof h) != 0)
		return false;
	const char *page = page_at(p, which);
	while (at < p->page_bytes && page[at] == 0)
		at++;
	return at == p->page_bytes;
}

int pages_n_nodes(const struct pages *p, const struct page_head *h)
{
	if (h->lower < PAGE_HEAD_BYTES || h->lower % 2 != 0 || h->upper < h->lower ||
		h->upper > p->page_bytes)
		return -1;
	return (h->lower - PAGE_HEAD_BYTES) / 2;
}

bool pages_node(
	const struct pages *p, const struct page_head *h, int ix, struct page_node *out)
{
	const char *page = page_at(p, h->number);
	uint16_t at, head[NODE_HEAD_BYTES / 2];
	memcpy(&at, page + PAGE_HEAD_BYTES + 2 * ix, sizeof at);
	if (at < h->upper || at % 2 != 0 ||
		at + (size_t)NODE_HEAD_BYTES > p->page_bytes)
		return false;
	memcpy(head, page + at, sizeof head);
	uint64_t low = head[0] | (uint64_t)head[1] << 16;
	bool is_leaf = h->flags == PAGE_LEAF;
	size_t n_here = !is_leaf ? 0 : head[2] & NODE_BIG ? sizeof(uint64_t) : low;
	size_t bytes = NODE_HEAD_BYTES + head[3] + n_here;
	if (bytes > p->page_bytes - at)
		return false;
	const char *key = page + at + NODE_HEAD_BYTES;
	*out = (struct page_node){.flags = is_leaf ? head[2] : 0,
		.below = is_leaf ? PAGE_NONE : low | (uint64_t)head[2] << 32,
		.key = {key, head[3]},
		.value = {key + head[3], n_here},
		.n_value = is_leaf ? low : 0,
		.bytes = bytes + bytes % 2};
	return true;
}

bool pages_run(const struct pages *p, const struct page_node *n, struct page_head *run,
	struct str *value)
{
	uint64_t page = pages_u64(n->value.p), n_file = p->bytes / p->page_bytes;
	if (!pages_head(p, page, run) || run->number != page ||
		run->flags != PAGE_OVERFLOW || run->n_run > n_file - page ||
		n->n_value + PAGE_HEAD_BYTES > run->n_run * p->page_bytes)
		return false;
	*value = (struct str){page_at(p, page) + PAGE_HEAD_BYTES, n->n_value};
	return true;
}

uint64_t pages_u64(const char *at)
{
	uint64_t n;
	memcpy(&n, at, sizeof n);
	return n;
}
