/* Reply bytes: whole answers judged, all of them spilled and piped. */
#include "dispatch/reply.h"

#include "dispatch/reply_parts.h"
#include "text/scan.h"
#include "text/scrub.h"

#include <stdlib.h>
#include <string.h>

enum { SPILL_KEPT_BYTES = 1024, SPILL_FIRST_BYTES = 1024 };

struct reply *reply_new(const struct pipe *p, enum stream_end end, bool wants_usage,
	uint64_t *all_spilled)
{
	struct reply *r = calloc(1, sizeof *r);
	must(r != NULL);
	r->pipe = *p;
	r->end = end;
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
	reply_drop_begun(r);
	clear_spill(r);
	free(r->spill);
	free(r->sse_buf);
	free(r->block_buf);
	free(r->error);
	free(r);
}

char *reply_extend(struct reply *r, size_t n)
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

void reply_remember(struct reply *r, const struct usage_view *v)
{
	if (v->state != USAGE_ABSENT)
		r->usage = *v;
	r->n_chars += v->n_chars;
	if (v->n_model > 0)
		memcpy(r->model, v->model, sizeof r->model);
	if (v->n_tier > 0)
		memcpy(r->tier, v->tier, sizeof r->tier);
	if (v->n_id > 0)
		memcpy(r->id, v->id, r->n_id = v->n_id);
	if (v->has_sequence)
		r->next_sequence = v->sequence + 1;
	r->is_running = v->is_running;
	r->is_background |= v->is_background;
}

void reply_read_error(struct reply *r, struct str doc)
{
	if (r->error == NULL)
		r->error = malloc(sizeof *r->error);
	must(r->error != NULL);
	if (doc.n == 0 || !upstream_error_parse(doc, r->error))
		*r->error = (struct upstream_error){0};
}

/* ---- whole answers and errors -------------------------------------------------------- */

enum reply_verdict reply_feed_whole(struct reply *r, struct str bytes)
{
	if (waiting(r) + bytes.n > REPLY_WHOLE_BYTES)
		return REPLY_REFUSED;
	r->is_judged_whole = true;
	memcpy(reply_extend(r, bytes.n), bytes.p, bytes.n);
	return REPLY_GO_ON;
}

void reply_feed_error(struct reply *r, struct str bytes)
{
	size_t room = REPLY_ERROR_BYTES - MIN(waiting(r), (size_t)REPLY_ERROR_BYTES);
	size_t n = MIN(bytes.n, room);
	r->is_judged_whole = true;
	memcpy(reply_extend(r, n), bytes.p, n);
}

/* An error inside a good answer, as a response that failed has one. */
static void scrub_whole(struct reply *r, const struct usage_view *v)
{
	char *error = r->spill + r->spill_at + v->error_at;
	size_t n_behind = waiting(r) - v->error_at - v->error_n;
	size_t gone = v->error_n - scrub_keys(error, v->error_n);
	memmove(error + v->error_n - gone, error + v->error_n, n_behind);
	r->spill_n -= gone;
	*r->all_spilled -= gone;
}

/* A response that has failed has an id beside its error, and of what is relayed nobody
 * knows what it has. */
bool reply_is_only_error(const struct reply *r, const struct usage_view *v)
{
	if (!v->has_error || v->has_choices || v->n_chars > 0)
		return false;
	return r->end == STREAM_END_DONE ||
	       (v->n_id == 0 && v->n_model == 0 && v->state == USAGE_ABSENT);
}

bool reply_end_whole(struct reply *r)
{
	struct usage_view v;
	struct str whole = {r->spill + r->spill_at, waiting(r)};
	if (whole.n == 0 || !usage_read(whole, &v))
		return false;
	if (reply_is_only_error(r, &v)) {
		reply_remember(r, &v); /* it may have been billed */
		r->has_error = true;
		reply_end_error(r);
		return true;
	}
	reply_remember(r, &v);
	if (v.has_error)
		scrub_whole(r, &v);
	r->is_judged_whole = false;
	r->is_done = true;
	r->has_output = true;
	return true;
}

/* An array, say: usage_read() wants an object. */
static bool is_json_value(struct str doc)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, doc, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	return t.type == SCAN_END;
}

bool reply_end_any(struct reply *r, bool is_json)
{
	struct str whole = reply_waiting(r);
	if (is_json && reply_end_whole(r))
		return true;
	if (is_json && whole.n > 0 && !is_json_value(whole))
		return false;
	r->is_judged_whole = false;
	r->is_done = true;
	r->has_output = true;
	return true;
}

void reply_end_error(struct reply *r)
{
	reply_read_error(r, (struct str){r->spill + r->spill_at, waiting(r)});
	clear_spill(r);
}

void reply_set(struct reply *r, struct str bytes)
{
	clear_spill(r);
	r->is_judged_whole = false;
	memcpy(reply_extend(r, bytes.n), bytes.p, bytes.n);
}

void reply_keep_copy(struct reply *r, struct replays *replays, struct replay *copy)
{
	r->replays = replays;
	r->copy = copy;
}

struct str reply_waiting(const struct reply *r)
{
	return (struct str){r->spill_n ? r->spill + r->spill_at : "", waiting(r)};
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
