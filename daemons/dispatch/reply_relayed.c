/*
 * Streams of paths that Atlas knows nothing of: passed on block by block as they came, but
 * for keys in what speaks of an error. Each is read on its way, for a usage, for an error
 * that is the answer, and for an end mark; what cannot be read is passed on all the same.
 */
#include "dispatch/reply_parts.h"

#include "decide/replay.h"
#include "text/chunk.h"
#include "text/scrub.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST_BYTES = 1024 };

static void emit(struct reply *r, const char *block, size_t n)
{
	char *copy = r->copy ? replays_extend(r->replays, r->copy, n) : NULL;
	r->has_output = true;
	if (copy != NULL)
		memcpy(copy, block, n);
	if (!r->is_orphan)
		memcpy(reply_extend(r, n), block, n);
}

/* The event of a block, which may be none: comments alone, or a name too long for us. */
static bool read_event(struct reply *r, struct str block, struct sse_event *e)
{
	enum sse_verdict v;
	sse_init(&r->sse, r->sse.buf, r->sse.cap, REPLY_LINE_BYTES);
	while ((v = sse_next(&r->sse, &block, e)) == SSE_FULL)
		reply_grow_sse(r);
	return v == SSE_EVENT;
}

static bool is_error_event(const struct sse_event *e, const struct usage_view *v)
{
	return reply_is_named_error(e) || v->event == USAGE_EVENT_ERROR;
}

static void take_event(
	struct reply *r, const struct sse_event *e, char *block, size_t n)
{
	struct usage_view v;
	if (!usage_read(e->data, &v))
		v = (struct usage_view){0};
	else
		reply_remember(r, &v);
	r->is_done |= chunk_is_done(e->data);
	/* an event about something that has failed is no error of this answer */
	if (is_error_event(e, &v) || reply_is_only_error(r, &v)) {
		r->has_error = true;
		r->is_error_told = r->has_output;
		reply_read_error(r, e->data);
		if (!r->has_output)
			return;
	}
	if (v.has_error || r->has_error)
		n = scrub_keys(block, n);
	emit(r, block, n);
}

/* A byte order mark belongs to the stream's first byte, which the client may have. */
static size_t mark_length(const struct reply *r)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t n = sizeof mark - 1;
	bool is_there =
		!r->has_output && r->block_n >= n && memcmp(r->block_buf, mark, n) == 0;
	return is_there ? n : 0;
}

/* False = there is no event in it. */
static bool take_block(struct reply *r)
{
	struct sse_event e;
	size_t n_mark = mark_length(r), n = r->block_n - n_mark;
	char *block = r->block_buf + n_mark;
	bool is_event = read_event(r, (struct str){block, n}, &e);
	r->block_n = 0;
	if (is_event)
		take_event(r, &e, block, n);
	else
		emit(r, block, n);
	return is_event;
}

static void make_room(struct reply *r, size_t n)
{
	size_t cap = MAX(r->block_cap, (size_t)BLOCK_FIRST_BYTES);
	while (cap < r->block_n + n)
		cap *= 2;
	if (cap == r->block_cap)
		return;
	r->block_buf = realloc(r->block_buf, cap);
	must(r->block_buf != NULL);
	r->block_cap = cap;
}

enum reply_verdict reply_feed_relayed(struct reply *r, struct str bytes)
{
	while (bytes.n > 0 && !r->is_done && !r->has_error) {
		make_room(r, bytes.n);
		r->block_n +=
			sse_block_copy(&r->block, &bytes, r->block_buf + r->block_n);
		if (r->block_n > REPLY_LINE_BYTES)
			return REPLY_REFUSED;
		if (sse_block_is_whole(&r->block) && take_block(r))
			r->n_quiet = bytes.n;
	}
	return r->n_quiet > REPLY_QUIET_BYTES ? REPLY_REFUSED : REPLY_GO_ON;
}
