/*
 * The pipe: two positions over a ring of bytes. Runs in its one writer and its one
 * reader; it never blocks, never allocates, and never finds a byte by anything but a
 * mask of the caller's own size, whatever the positions say.
 */
#include "ipc/pipe.h"

#include "base/num.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

static_assert(sizeof(struct pipe_words) == 2 * CACHE_LINE_BYTES, "shared layout");

void pipe_reset(struct pipe_words *w)
{
	/* relaxed: nobody else sees the pipe yet */
	atomic_store_explicit(&w->written, 0, memory_order_relaxed);
	atomic_store_explicit(&w->read, 0, memory_order_relaxed);
}

/* The n bytes from position on, as one stretch or as two when they wrap. */
static struct pipe_spans spans_at(const struct pipe *p, uint64_t position, uint64_t n)
{
	uint64_t at = position & (p->size_bytes - 1);
	uint64_t first = MIN(n, p->size_bytes - at);
	const char *bytes = (const char *)p->bytes;
	return (struct pipe_spans){{{bytes + at, first}, {bytes, n - first}}};
}

/* ---- the writer ---------------------------------------------------------- */

uint64_t pipe_written(const struct pipe *p)
{
	/* relaxed: only the caller, the writer, stores it */
	return atomic_load_explicit(&p->words->written, memory_order_relaxed);
}

uint64_t pipe_space(const struct pipe *p)
{
	/* acquire: pairs with pipe_release(), so that the reader's copies of the bytes we
	 * are about to overwrite lie before our stores */
	uint64_t read = atomic_load_explicit(&p->words->read, memory_order_acquire);
	return num_sub_sat(p->size_bytes, pipe_written(p) - read);
}

static void copy_in(struct pipe *p, uint64_t position, const char *from, uint64_t n)
{
	uint64_t at = position & (p->size_bytes - 1);
	uint64_t first = MIN(n, p->size_bytes - at);
	if (first > 0)
		memcpy(p->bytes + at, from, first);
	if (n > first)
		memcpy(p->bytes, from + first, n - first);
}

static void publish(struct pipe *p, uint64_t written)
{
	/* release: pairs with pipe_peek(); the commit */
	atomic_store_explicit(&p->words->written, written, memory_order_release);
}

uint64_t pipe_put_some(struct pipe *p, struct str s)
{
	/* looked at once: it may grow under our eyes, and MIN() looks twice */
	uint64_t space = pipe_space(p), at = pipe_written(p);
	uint64_t n = MIN(s.n, space);
	if (n == 0)
		return 0;
	copy_in(p, at, s.p, n);
	publish(p, at + n);
	return n;
}

bool pipe_put_all(struct pipe *p, const struct str *parts, size_t n_parts)
{
	uint64_t total = 0, at = pipe_written(p);
	for (size_t i = 0; i < n_parts; i++)
		total = num_add_sat(total, parts[i].n);
	if (total > pipe_space(p))
		return false;
	for (size_t i = 0; i < n_parts; i++) {
		copy_in(p, at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	publish(p, at);
	return true;
}

/* ---- the reader ---------------------------------------------------------- */

uint64_t pipe_released(const struct pipe *p)
{
	return atomic_load_explicit(&p->words->read, memory_order_acquire);
}

uint64_t pipe_peek(const struct pipe *p, uint64_t cursor, struct pipe_spans *out)
{
	/* acquire: pairs with publish(), so that the bytes are there */
	uint64_t written =
		atomic_load_explicit(&p->words->written, memory_order_acquire);
	uint64_t read = pipe_released(p);
	uint64_t n = written - cursor;
	if (written - read > p->size_bytes || cursor - read > written - read)
		n = 0;
	*out = spans_at(p, cursor, n);
	return n;
}

bool pipe_copy(const struct pipe *p, uint64_t cursor, void *dst, uint64_t n)
{
	struct pipe_spans s;
	if (pipe_peek(p, cursor, &s) < n)
		return false;
	uint64_t first = MIN(n, s.part[0].n);
	if (first > 0)
		memcpy(dst, s.part[0].p, first);
	if (n > first)
		memcpy((char *)dst + first, s.part[1].p, n - first);
	return true;
}

void pipe_release(struct pipe *p, uint64_t cursor)
{
	/* release: pairs with pipe_space(); the commit */
	atomic_store_explicit(&p->words->read, cursor, memory_order_release);
}

bool pipe_is_sane(const struct pipe *p)
{
	/* relaxed both: no byte is read on the strength of the answer, and the caller's
	 * own position cannot move meanwhile */
	uint64_t read = atomic_load_explicit(&p->words->read, memory_order_relaxed);
	uint64_t written =
		atomic_load_explicit(&p->words->written, memory_order_relaxed);
	return written - read <= p->size_bytes;
}
