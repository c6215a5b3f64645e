/* Reply bytes: judged, spilled, piped. */
#include "dispatch/reply.h"

#include "decide/replay.h"
#include "text/chunk.h"
#include "text/scrub.h"

#include <stdlib.h>
#include <string.h>

enum { SPILL_KEPT_BYTES = 1024, SPILL_FIRST_BYTES = 1024, SSE_FIRST_BYTES = 1024 };

/* A copy of an event: its name, then its data. */
struct reply_begun {
	struct reply_begun *next;
	size_t n_name, n_data;
	char text[];
};

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

static void drop_begun(struct reply *r)
{
	for (struct reply_begun *b = r->begun, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	r->begun = NULL;
	r->begun_bytes = 0;
}

void reply_free(struct reply *r)
{
	if (r == NULL)
		return;
	drop_begun(r);
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
	size_t n = sse_size(name, head, tail);
	char *copy = r->copy ? replays_extend(r->replays, r->copy, n) : NULL;
	r->has_output = true;
	if (copy != NULL)
		sse_write(name, head, tail, copy);
	if (!r->is_orphan)
		sse_write(name, head, tail, extend_spill(r, n));
}

static const struct str none = {"", 0};

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
	if (v->n_id > 0)
		memcpy(r->id, v->id, r->n_id = v->n_id);
	if (v->has_sequence)
		r->next_sequence = v->sequence + 1;
	r->is_running = v->is_running;
}

static void pass_chunk(
	struct reply *r, const struct sse_event *e, const struct usage_view *v)
{
	struct edit cut;
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

/* The upstream's own words, as it said them but for keys. */
static void pass_error(
	struct reply *r, const struct sse_event *e, const struct usage_view *v)
{
	char *copy = malloc(e->data.n);
	must(copy != NULL);
	memcpy(copy, e->data.p, e->data.n);
	bool is_all = v->error_n == 0; /* only its name or type says what it is */
	size_t error_n = is_all ? e->data.n : v->error_n;
	size_t n = scrub_keys(copy + v->error_at, error_n);
	size_t behind = v->error_at + error_n;
	emit_event(r, e->name, (struct str){copy, v->error_at + n},
		(struct str){e->data.p + behind, e->data.n - behind});
	free(copy);
	if (r->end == STREAM_END_DONE)
		emit_event(r, none, STR("[DONE]"), none);
}

/* The end of a Responses stream in the words that all its SDKs understand. */
static void pass_failed(
	struct reply *r, const struct apierr_words *words, uint64_t sequence)
{
	struct stream_failure f = {.end = r->end,
		.words = *words,
		.id = {r->id, r->n_id},
		.model = {r->model, strlen(r->model)},
		.sequence = sequence};
	char data[STREAM_FAILURE_BYTES];
	emit_event(r, STREAM_FAILED_NAME, stream_failure_data(&f, data, sizeof data),
		none);
}

/* A bare error event is another thing to each version of them. */
static void pass_bare_error(struct reply *r, const struct usage_view *v)
{
	struct apierr_words words = upstream_error_words(r->error);
	if (words.code.p == NULL)
		words.code = STR("server_error");
	if (words.message.p == NULL)
		words.message = STR("The upstream ended the stream with an error.");
	pass_failed(r, &words, v->has_sequence ? v->sequence : r->next_sequence);
}

void reply_tell_failure(struct reply *r, const struct apierr_words *words)
{
	char data[APIERR_BODY_BYTES];
	struct apierr_words few = *words;
	few.code = STR("server_error"); /* the codes that API has are few */
	r->is_error_told = true;
	if (r->end == STREAM_END_EVENT) {
		pass_failed(r, &few, r->next_sequence);
		return;
	}
	size_t n = apierr_write_words(words, data, sizeof data);
	must(n > 0);
	emit_event(r, none, (struct str){data, n}, none);
	if (r->end == STREAM_END_DONE)
		emit_event(r, none, STR("[DONE]"), none);
}

static void take_error(
	struct reply *r, const struct sse_event *e, const struct usage_view *v)
{
	r->has_error = true;
	read_error(r, e->data);
	if (!r->has_output)
		return;
	if (r->end == STREAM_END_EVENT && v->event != USAGE_EVENT_FAILED)
		pass_bare_error(r, v);
	else
		pass_error(r, e, v);
	r->is_error_told = true;
}

/* Keep the event until something has been written; false = no room. */
static bool keep_begun(struct reply *r, const struct sse_event *e)
{
	size_t n = e->name.n + e->data.n;
	struct reply_begun **end = &r->begun;
	if (r->begun_bytes + n > REPLY_SPILL_BYTES)
		return false;
	while (*end != NULL)
		end = &(*end)->next;
	*end = malloc(sizeof **end + n);
	must(*end != NULL);
	**end = (struct reply_begun){.n_name = e->name.n, .n_data = e->data.n};
	memcpy((*end)->text, e->name.p, e->name.n);
	memcpy((*end)->text + e->name.n, e->data.p, e->data.n);
	r->begun_bytes += n;
	return true;
}

static void pass_begun(struct reply *r)
{
	for (const struct reply_begun *b = r->begun; b != NULL; b = b->next)
		emit_event(r, (struct str){b->text, b->n_name},
			(struct str){b->text + b->n_name, b->n_data}, none);
	drop_begun(r);
}

static bool is_beginning(const struct reply *r, const struct usage_view *v)
{
	return r->end == STREAM_END_EVENT && v->event == USAGE_EVENT_BEGUN &&
	       !r->has_output;
}

static void take_end_mark(struct reply *r, const struct sse_event *e)
{
	if (r->end == STREAM_END_EVENT)
		return; /* some servers send it there too, where it means nothing */
	r->is_done = true;
	emit_event(r, e->name, e->data, none);
}

static bool is_error(const struct sse_event *e, const struct usage_view *v)
{
	static const struct str name = STR("error");
	return v->has_error || v->event == USAGE_EVENT_FAILED ||
	       v->event == USAGE_EVENT_ERROR ||
	       (e->name.n == name.n && memcmp(e->name.p, name.p, name.n) == 0);
}

/* False = no JSON. */
static bool take_event(struct reply *r, const struct sse_event *e)
{
	struct usage_view v;
	if (chunk_is_done(e->data)) {
		take_end_mark(r, e);
		return true;
	}
	if (!usage_read(e->data, &v))
		return false;
	remember(r, &v);
	if (is_error(e, &v)) {
		take_error(r, e, &v);
		return true;
	}
	if (is_beginning(r, &v) && keep_begun(r, e))
		return true;
	pass_begun(r);
	pass_chunk(r, e, &v);
	r->is_done |= r->end == STREAM_END_EVENT && v.event >= USAGE_EVENT_COMPLETED;
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
	r->n_quiet += bytes.n;
	while (!r->is_done && !r->has_error) {
		struct sse_event e;
		switch (sse_next(&r->sse, &bytes, &e)) {
		case SSE_MORE:
			return r->n_quiet > REPLY_QUIET_BYTES ? REPLY_REFUSED
							      : REPLY_GO_ON;
		case SSE_FULL:
			grow_sse(r);
			break;
		case SSE_TOO_LONG:
			return REPLY_REFUSED;
		case SSE_EVENT:
			r->n_quiet = bytes.n;
			if (!take_event(r, &e))
				return REPLY_REFUSED;
			break;
		}
	}
	return REPLY_GO_ON;
}

bool reply_end_stream(struct reply *r)
{
	r->is_done |= r->end == STREAM_END_CLOSE && !r->has_error;
	return r->is_done;
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

bool reply_end_whole(struct reply *r)
{
	struct usage_view v;
	struct str whole = {r->spill + r->spill_at, waiting(r)};
	if (whole.n == 0 || !usage_read(whole, &v))
		return false;
	remember(r, &v);
	if (v.has_error)
		scrub_whole(r, &v);
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
