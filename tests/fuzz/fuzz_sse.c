/*
 * Server-sent events: any cutting of the same bytes gives the same events, whatever the
 * buffer; what is written for an event reads back as that event; and what a client that
 * did not ask for usage gets of a chunk is a chunk without it, else the same. Blocks are
 * the same stream, and each holds one event at most.
 *
 * Input: one byte that seeds the cuts, then the stream.
 */
#include "text/chunk.h"
#include "text/scrub.h"
#include "text/sse.h"
#include "text/sse_block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINE = 512 };

struct log {
	char *p;
	size_t n, cap;
};

static void log_bytes(struct log *l, const void *p, size_t n)
{
	must(n <= l->cap - l->n);
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

static void log_event(struct log *l, const struct sse_event *e)
{
	log_bytes(l, &e->name.n, sizeof e->name.n);
	log_bytes(l, e->name.p, e->name.n);
	log_bytes(l, &e->data.n, sizeof e->data.n);
	log_bytes(l, e->data.p, e->data.n);
}

/* Any event needs 6 bytes of input ("data\n\n"), and its log at most 16 more. */
static struct log log_new(size_t size)
{
	struct log l = {malloc(4 * size + 64), 0, 4 * size + 64};
	must(l.p != NULL);
	return l;
}

/* ---- one event ------------------------------------------------------------- */

static void check_written(const struct sse_event *e)
{
	struct sse s;
	struct sse_event again;
	size_t half = e->data.n / 2;
	struct str head = {e->data.p, half},
		   tail = {e->data.p + half, e->data.n - half};
	if (memchr(e->data.p, '\r', e->data.n) != NULL)
		abort(); /* a CR ends a line, so no data holds one */
	size_t n = sse_size(e->name, head, tail);
	char *bytes = malloc(n), *buf = malloc(2 * n + 1);
	must(bytes != NULL && buf != NULL);
	sse_write(e->name, head, tail, bytes);
	struct str in = {bytes, n};
	sse_init(&s, buf, 2 * n + 1, n);
	must(sse_next(&s, &in, &again) == SSE_EVENT && in.n == 0);
	must(again.name.n == e->name.n && again.data.n == e->data.n);
	must(memcmp(again.name.p, e->name.p, e->name.n) == 0);
	must(memcmp(again.data.p, e->data.p, e->data.n) == 0);
	free(buf);
	free(bytes);
}

static void check_cut(
	struct str data, const struct usage_view *v, const struct edit *cut)
{
	struct usage_view w;
	size_t n = edit_size(data, cut);
	char *out = malloc(n);
	must(out != NULL);
	edit_apply(data, cut, out);
	must(usage_read((struct str){out, n}, &w));
	must(w.n_chars == v->n_chars && w.is_finished == v->is_finished);
	must(w.n_id == v->n_id && w.n_model == v->n_model && w.n_tier == v->n_tier);
	must(w.has_choices == v->has_choices && !w.has_error);
	if (v->state == USAGE_ABSENT)
		must(w.state == USAGE_ABSENT && w.member_n == 0);
	free(out);
}

/* An error's place is inside, and rid of keys it leaves the document one. */
static void check_error(struct str data, const struct usage_view *v)
{
	struct usage_view w;
	must(v->has_error == (v->error_n > 0));
	must(v->error_n <= data.n && v->error_at <= data.n - v->error_n);
	char *out = malloc(data.n);
	must(out != NULL);
	memcpy(out, data.p, data.n);
	size_t n = scrub_keys(out + v->error_at, v->error_n);
	size_t behind = v->error_at + v->error_n;
	memmove(out + v->error_at + n, data.p + behind, data.n - behind);
	must(usage_read((struct str){out, data.n - v->error_n + n}, &w));
	must(w.has_error == v->has_error && w.event == v->event);
	free(out);
}

static void check_chunk(struct str data)
{
	struct usage_view v;
	struct edit cut = {0};
	if (!usage_read(data, &v))
		return;
	must(v.state != USAGE_GIVEN ||
		(v.tokens.cached + v.tokens.cache_write <= v.tokens.prompt &&
			v.tokens.reasoning <= v.tokens.completion));
	must(v.n_chars <= data.n);
	check_error(data, &v);
	if (chunk_judge(&v, &cut) == CHUNK_CUT)
		check_cut(data, &v, &cut);
}

/* ---- streams --------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* A piece of the stream in memory of its own, so that reading beyond it shows. */
static char *piece_of(struct str text, size_t at, size_t n)
{
	char *piece = malloc(n + 1);
	must(piece != NULL);
	memcpy(piece, text.p + at, n);
	return piece;
}

/* The stream in pieces of up to max_piece bytes; the buffer grows on demand. */
static struct log listen(struct str text, size_t max_piece, uint32_t random)
{
	struct log l = log_new(text.n);
	size_t cap = 0;
	char *buf = NULL;
	struct sse s;
	struct sse_event e;
	enum sse_verdict v = SSE_MORE;
	sse_init(&s, buf, cap, MAX_LINE);
	for (size_t at = 0, n; at < text.n && v != SSE_TOO_LONG; at += n) {
		n = max_piece < text.n ? 1 + next_random(&random) % max_piece : text.n;
		n = MIN(n, text.n - at);
		char *piece = piece_of(text, at, n);
		struct str in = {piece, n};
		while ((v = sse_next(&s, &in, &e)) == SSE_EVENT || v == SSE_FULL) {
			if (v == SSE_EVENT) {
				log_event(&l, &e);
				continue;
			}
			must(cap < 2 * MAX_LINE + 1);
			cap = MIN(cap * 2 + 16, 2 * MAX_LINE + 1);
			char *bigger = malloc(cap);
			must(bigger != NULL);
			sse_grow(&s, bigger, cap);
			free(buf);
			buf = bigger;
		}
		must(v == SSE_TOO_LONG || in.n == 0);
		free(piece);
	}
	log_bytes(&l, &v, sizeof v);
	free(buf);
	return l;
}

static void check_events(struct str text)
{
	char buf[2 * MAX_LINE + 1];
	struct sse s;
	struct sse_event e;
	sse_init(&s, buf, sizeof buf, MAX_LINE);
	while (sse_next(&s, &text, &e) == SSE_EVENT) {
		must(e.data.n <= MAX_LINE && e.name.n <= SSE_NAME_BYTES);
		check_written(&e);
		check_chunk(e.data);
	}
}

static void check_block(struct str block)
{
	char buf[2 * MAX_LINE + 1];
	struct sse s;
	struct sse_event e;
	sse_init(&s, buf, sizeof buf, MAX_LINE);
	enum sse_verdict v = sse_next(&s, &block, &e);
	must(v == SSE_TOO_LONG || block.n == 0);
	must(v != SSE_EVENT || sse_next(&s, &block, &e) == SSE_MORE);
}

/* Put together again they say what the stream says. */
static void check_blocks(struct str text, const struct log *whole)
{
	struct sse_block b = {0};
	char *out = malloc(text.n + 1);
	size_t n = 0, begun = 0;
	must(out != NULL);
	for (struct str in = text; in.n > 0;) {
		n += sse_block_copy(&b, &in, out + n);
		if (!sse_block_is_whole(&b))
			continue;
		check_block((struct str){out + begun, n - begun});
		begun = n;
	}
	must(n <= text.n && memchr(out, '\r', n) == NULL);
	struct log again = listen((struct str){out, n}, n, 0);
	must(again.n == whole->n && memcmp(again.p, whole->p, again.n) == 0);
	free(again.p);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct str text = {(const char *)data + 1, size - 1};
	check_events(text);
	struct log whole = listen(text, text.n, 0);
	for (size_t max_piece = 1; max_piece <= 64; max_piece *= 4) {
		struct log cut = listen(text, max_piece, data[0]);
		must(cut.n == whole.n && memcmp(cut.p, whole.p, cut.n) == 0);
		free(cut.p);
	}
	check_blocks(text, &whole);
	free(whole.p);
	return 0;
}
