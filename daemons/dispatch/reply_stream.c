/* Streams: events judged one by one, passed on or kept, and how they end. */
#include "dispatch/reply_parts.h"

#include "decide/replay.h"
#include "text/chunk.h"
#include "text/scrub.h"

#include <stdlib.h>
#include <string.h>

enum { SSE_FIRST_BYTES = 1024 };

/* A copy of an event: its name, then its data. */
struct reply_begun {
	struct reply_begun *next;
	size_t n_name, n_data;
	char text[];
};

void reply_drop_begun(struct reply *r)
{
	for (struct reply_begun *b = r->begun, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	r->begun = NULL;
	r->begun_bytes = 0;
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
		sse_write(name, head, tail, reply_extend(r, n));
}

static const struct str none = {"", 0};

/* ---- events ----------------------------------------------------------------------- */

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
		.sequence = sequence,
		.created_s = r->created_s};
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
	reply_read_error(r, e->data);
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
	reply_drop_begun(r);
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

bool reply_is_named_error(const struct sse_event *e)
{
	static const struct str name = STR("error");
	return e->name.n == name.n && memcmp(e->name.p, name.p, name.n) == 0;
}

static bool is_error(const struct sse_event *e, const struct usage_view *v)
{
	return v->has_error || v->event == USAGE_EVENT_FAILED ||
	       v->event == USAGE_EVENT_ERROR || reply_is_named_error(e);
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
	reply_remember(r, &v);
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

void reply_grow_sse(struct reply *r)
{
	size_t cap = r->sse.cap ? 2 * r->sse.cap : SSE_FIRST_BYTES;
	char *buf = malloc(cap);
	must(buf != NULL);
	sse_grow(&r->sse, buf, cap);
	free(r->sse_buf);
	r->sse_buf = buf;
}

static enum reply_verdict feed_events(struct reply *r, struct str bytes)
{
	while (!r->is_done && !r->has_error) {
		struct sse_event e;
		switch (sse_next(&r->sse, &bytes, &e)) {
		case SSE_MORE:
			return r->n_quiet > REPLY_QUIET_BYTES ? REPLY_REFUSED
							      : REPLY_GO_ON;
		case SSE_FULL:
			reply_grow_sse(r);
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

enum reply_verdict reply_feed_stream(struct reply *r, struct str bytes)
{
	if (reply_waiting(r).n > REPLY_SPILL_BYTES ||
		(reply_waiting(r).n > 0 && *r->all_spilled > REPLY_SPILL_ALL_BYTES))
		return REPLY_HOLD;
	r->n_quiet += bytes.n;
	return r->end == STREAM_END_CLOSE ? reply_feed_relayed(r, bytes)
					  : feed_events(r, bytes);
}

bool reply_end_stream(struct reply *r)
{
	r->is_done |= r->end == STREAM_END_CLOSE && !r->has_error &&
		      !sse_block_is_open(&r->block);
	return r->is_done;
}
