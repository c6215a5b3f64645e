/*
 * Request bodies: however the input is cut, payload, verdict and bytes used are the
 * same; what is accepted stays within its limit and, sent again as one chunk, is read
 * as the same payload.
 *
 * The first input byte picks the framing and the limit, the second a length; the body
 * follows.
 */
#include "base/hash.h"
#include "http/body.h"

#include <stdlib.h>
#include <string.h>

struct setup {
	struct http_head head;
	uint64_t max_bytes;
};

struct outcome {
	enum http_verdict verdict;
	size_t n_used, n_payload;
	char *payload; /* room for the whole input */
};

/* Sizes of pieces: all of it, one byte, or at random. */
enum cut { WHOLE, BYTES, RANDOM };

static size_t next_piece(enum cut cut, size_t left, uint64_t *random)
{
	if (cut == WHOLE)
		return left;
	if (cut == BYTES)
		return 1;
	*random = hash_fast64(random, sizeof *random, 1);
	return 1 + *random % MIN(left, 9);
}

/* The piece has a buffer of its own size, so that a sanitizer sees a read beyond it. */
static void feed(struct http_body *b, struct outcome *o, const char *p, size_t n)
{
	char *piece = malloc(n);
	must(piece != NULL);
	memcpy(piece, p, n);
	struct http_body_step step;
	enum http_verdict v = http_body_feed(b, piece, n, &step);
	must(v == b->verdict && v < HTTP_VERDICTS);
	must(step.n_used <= n && step.payload.n <= step.n_used);
	must(v != HTTP_MORE || step.n_used > 0);
	must(step.payload.p >= piece && step.payload.p + step.payload.n <= piece + n);
	memcpy(o->payload + o->n_payload, step.payload.p, step.payload.n);
	o->n_payload += step.payload.n;
	o->n_used += step.n_used;
	o->verdict = v;
	free(piece);
}

static struct outcome run(const struct setup *s, const char *p, size_t n, enum cut cut)
{
	struct http_body b;
	uint64_t random = hash_fast64(p, n, 0);
	struct outcome o = {.verdict = http_body_init(&b, &s->head, s->max_bytes)};
	o.payload = malloc(n + 1);
	must(o.payload != NULL);
	while (o.verdict == HTTP_MORE && o.n_used < n)
		feed(&b, &o, p + o.n_used, next_piece(cut, n - o.n_used, &random));
	must(o.n_payload <= s->max_bytes);
	return o;
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
	must(a->verdict == b->verdict && a->n_used == b->n_used);
	must(a->n_payload == b->n_payload);
	must(memcmp(a->payload, b->payload, a->n_payload) == 0);
}

/* The chunk's size in sixteen digits. */
static void write_size(size_t n, char out[static 16])
{
	for (unsigned i = 0; i < 16; i++)
		out[i] = "0123456789ABCDEF"[(uint64_t)n >> (60 - 4 * i) & 15];
}

static void check_one_chunk(const struct setup *s, const struct outcome *o)
{
	size_t n = o->n_payload;
	if (n == 0)
		return;
	char *text = malloc(16 + 2 + n + 2 + 5);
	must(text != NULL);
	write_size(n, text);
	memcpy(text + 16, "\r\n", 2);
	memcpy(text + 18, o->payload, n);
	memcpy(text + 18 + n, "\r\n0\r\n\r\n", 7);
	struct outcome again = run(s, text, n + 25, RANDOM);
	must(again.verdict == HTTP_DONE && again.n_used == n + 25);
	must(again.n_payload == n && memcmp(again.payload, o->payload, n) == 0);
	free(again.payload);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	static struct setup s;
	s.head.verdict = HTTP_DONE;
	s.head.framing = data[0] & 1 ? HTTP_FRAMING_LENGTH : HTTP_FRAMING_CHUNKED;
	s.head.content_length = data[0] & 1 ? (uint64_t)data[1] + 1 : 0;
	s.max_bytes = data[0] & 2 ? 16 : 1 << 20;
	const char *p = (const char *)data + 2;
	size_t n = size - 2;
	struct outcome whole = run(&s, p, n, WHOLE);
	for (unsigned cut = BYTES; cut <= RANDOM; cut++) {
		struct outcome pieces = run(&s, p, n, (enum cut)cut);
		check_same(&whole, &pieces);
		free(pieces.payload);
	}
	if (whole.verdict == HTTP_DONE && s.head.framing == HTTP_FRAMING_CHUNKED)
		check_one_chunk(&s, &whole);
	free(whole.payload);
	return 0;
}
