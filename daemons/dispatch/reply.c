/* Reply bytes: judged, spilled, piped. */
#include "dispatch/reply.h"

#include "text/chunk.h"

#include <stdlib.h>
#include <string.h>

enum { SPILL_KEPT_BYTES = 1024, SPILL_FIRST_BYTES = 1024, SSE_FIRST_BYTES = 1024 };

struct reply *reply_new(const struct pipe *p, bool wants_usage, uint64_t *all_spilled)
{
	struct reply *r = calloc(1, sizeof *r);
	must(r != NULL);
	r->pipe = *p;
	r->wants_usage = wants_usage;
	r->all_spilled = all_spilled;
	sse_init(&r->sse, NULL, 0, REPLY_LINE_BYTES);
	return r;
}

static size_t waiting(const struct reply *r)
{
	return r->spill_n - r->spill_at;
}

static void clear_spill(struct reply *r)
{
	*r->all_spilled -= waiting(r);
	r->spill_at = r->spill_n = 0;
	if (r->spill_cap > SPILL_KEPT_BYTES) {
		free(r->spill);
		r->spill = NULL;
		r->spill_cap = 0;
	}
}

void reply_free(struct reply *r)
{
	if (r == NULL)
		return;
	clear_spill(r);
	free(r->spill);
	free(r->sse_buf);
	free(r->error);
	free(r);
}

/* Room for n more bytes behind what waits; returns where they go. */
static char *extend_spill(struct reply *r, size_t n)
{
	if (r->spill_at > 0) {
		memmove(r->spill, r->spill + r->spill_at, waiting(r));
		r->spill_n -= r->spill_at;
		r->spill_at = 0;
	}
	if (r->spill_n + n > r->spill_cap) {
		size_t cap = MAX(r->spill_cap, (size_t)SPILL_FIRST_BYTES);
		while (cap < r->spill_n + n)
			cap *= 2;
		r->spill = realloc(r->spill, cap);
		must(r->spill != NULL);
		r->spill_cap = cap;
	}
	char *at = r->spill + r->spill_n;
	r->spill_n += n;
	*r->all_spilled += n;
	return at;
}

static void emit_event(
	struct reply *r, struct str name, struct str head, struct str tail)
{
	r->has_output = true;
	if (!r->is_orphan)
		sse_write(
			name, head, tail, extend_spill(r, sse_size(name, head, tail)));
}

/* ---- streams --------------------------------------------------------------------- */

static void remember(struct reply *r, const struct usage_view *v)
{
	if (v->state != USAGE_ABSENT)
		r->usage = *v;
	r->n_chars += v->n_chars;
	if (v->n_model > 0)
		memcpy(r->model, v->model, sizeof r->model);
	if (v->n_tier > 0)
		memcpy(r->tier, v->tier, sizeof r->tier);
}

static void pass_chunk(
	struct reply *r, const struct sse_event *e, const struct usage_view *v)
{
	struct edit cut;
	struct str none = {"", 0};
	enum chunk_verdict verdict = r->wants_usage ? CHUNK_PASS : chunk_judge(v, &cut);
	if (verdict == CHUNK_PASS) {
		emit_event(r, e->name, e->data, none);
	} else if (verdict == CHUNK_CUT) {
		size_t behind = cut.offset + cut.n_delete;
		emit_event(r, e->name, (struct str){e->data.p, cut.offset},
			(struct str){e->data.p + behind, e->data.n - behind});
	}
}

/* What cannot be read is an error without words. */
static void read_error(struct reply *r, struct str doc)
{
	if (r->error == NULL)
		r->error = malloc(sizeof *r->error);
	must(r->error != NULL);
	if (doc.n == 0 || !upstream_error_parse(doc, r->error))
		*r->error = (struct upstream_error){0};
}

/* False = no JSON. */
static bool take_event(struct reply *r, const struct sse_event *e)
{
	struct usage_view v;
	if (chunk_is_done(e->data)) {
		r->is_done = true;
		emit_event(r, e->name, e->data, (struct str){"", 0});
		return true;
	}
	if (!usage_read(e->data, &v))
		return false;
	if (v.has_error) {
		r->has_error = true;
		read_error(r, e->data);
		return true;
	}
	remember(r, &v);
	pass_chunk(r, e, &v);
	return true;
}

static void grow_sse(struct reply *r)
{
	size_t cap = r->sse.cap ? 2 * r->sse.cap : SSE_FIRST_BYTES;
	char *buf = malloc(cap);
	must(buf != NULL);
	sse_grow(&r->sse, buf, cap);
	free(r->sse_buf);
	r->sse_buf = buf;
}

enum reply_verdict reply_feed_stream(struct reply *r, struct str bytes)
{
	if (waiting(r) > REPLY_SPILL_BYTES ||
		(waiting(r) > 0 && *r->all_spilled > REPLY_SPILL_ALL_BYTES))
		return REPLY_HOLD;
	while (!r->is_done && !r->has_error) {
		struct sse_event e;
		switch (sse_next(&r->sse, &bytes, &e)) {
		case SSE_MORE:
			return REPLY_GO_ON;
		case SSE_FULL:
			grow_sse(r);
			break;
		case SSE_TOO_LONG:
			return REPLY_REFUSED;
		case SSE_EVENT:
			if (!take_event(r, &e))
				return REPLY_REFUSED;
			break;
		}
	}
	return REPLY_GO_ON;
}

/* ---- whole answers and errors -------------------------------------------------------- */

enum reply_verdict reply_feed_whole(struct reply *r, struct str bytes)
{
	if (waiting(r) + bytes.n > REPLY_WHOLE_BYTES)
		return REPLY_REFUSED;
	r->is_judged_whole = true;
	memcpy(extend_spill(r, bytes.n), bytes.p, bytes.n);
	return REPLY_GO_ON;
}

void reply_feed_error(struct reply *r, struct str bytes)
{
	size_t room = REPLY_ERROR_BYTES - MIN(waiting(r), (size_t)REPLY_ERROR_BYTES);
	size_t n = MIN(bytes.n, room);
	r->is_judged_whole = true;
	memcpy(extend_spill(r, n), bytes.p, n);
}

bool reply_end_whole(struct reply *r)
{
	struct usage_view v;
	struct str whole = {r->spill + r->spill_at, waiting(r)};
	if (whole.n == 0 || !usage_read(whole, &v))
		return false;
	remember(r, &v);
	r->is_judged_whole = false;
	r->is_done = true;
	r->has_output = true;
	return true;
}

void reply_end_error(struct reply *r)
{
	read_error(r, (struct str){r->spill + r->spill_at, waiting(r)});
	clear_spill(r);
}

void reply_set(struct reply *r, struct str bytes)
{
	clear_spill(r);
	r->is_judged_whole = false;
	memcpy(extend_spill(r, bytes.n), bytes.p, bytes.n);
}

bool reply_flush(struct reply *r, bool *moved)
{
	*moved = false;
	if (r->is_judged_whole)
		return false;
	if (r->is_orphan)
		clear_spill(r);
	if (waiting(r) == 0)
		return true;
	uint64_t n = pipe_put_some(
		&r->pipe, (struct str){r->spill + r->spill_at, waiting(r)});
	*moved = n > 0;
	r->spill_at += n;
	*r->all_spilled -= n;
	if (waiting(r) == 0)
		clear_spill(r);
	return waiting(r) == 0;
}
