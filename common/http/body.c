/*
 * The body reader. Pure; run by the fronts. It never buffers a byte: what a chunked
 * body needs remembered between two inputs is a state and a few counters.
 *
 *	5 CR LF h e l l o CR LF 0 CR LF Name: value CR LF CR LF
 *	| |  |  |         |  |  |       |  | |         |  |  `- END_LF
 *	| |  |  DATA      |  |  FIRST   |  | VALUE     |  TRAILER
 *	| |  SIZE_LF      |  DATA_LF    |  NAME        TRAILER_LF
 *	| SIZE            DATA_CR       TRAILER
 *	FIRST
 */
#include "http/body.h"

#include "http/chars.h"

enum state {
	REFUSED, /* the table's empty places */
	FIRST,   /* a size must start */
	SIZE,
	SIZE_LF,
	DATA, /* left_bytes > 0 of it */
	DATA_CR,
	DATA_LF,
	TRAILER, /* a trailer must start, or the empty line that ends the body */
	NAME,
	VALUE,
	TRAILER_LF,
	END_LF,
	OVER,
	STATES
};

enum event { HEX, TOKEN, COLON, CR, LF, OTHER, CONTROL, EVENTS };

static const uint8_t moves[STATES][EVENTS] = {
	[FIRST] = {[HEX] = SIZE},
	[SIZE] = {[HEX] = SIZE, [CR] = SIZE_LF},
	[SIZE_LF] = {[LF] = DATA},
	[DATA_CR] = {[CR] = DATA_LF},
	[DATA_LF] = {[LF] = FIRST},
	[TRAILER] = {[HEX] = NAME, [TOKEN] = NAME, [CR] = END_LF},
	[NAME] = {[HEX] = NAME, [TOKEN] = NAME, [COLON] = VALUE},
	[VALUE] = {[HEX] = VALUE,
		[TOKEN] = VALUE,
		[COLON] = VALUE,
		[OTHER] = VALUE,
		[CR] = TRAILER_LF},
	[TRAILER_LF] = {[LF] = TRAILER},
	[END_LF] = {[LF] = OVER},
};

static const enum http_verdict refusals[STATES] = {
	[FIRST] = HTTP_BAD_CHUNK_SIZE,
	[SIZE] = HTTP_BAD_CHUNK_SIZE,
	[SIZE_LF] = HTTP_BAD_CHUNK_SIZE,
	[DATA_CR] = HTTP_BAD_CHUNK_END,
	[DATA_LF] = HTTP_BAD_CHUNK_END,
	[TRAILER] = HTTP_BAD_TRAILER,
	[NAME] = HTTP_BAD_TRAILER,
	[VALUE] = HTTP_BAD_TRAILER,
	[TRAILER_LF] = HTTP_BAD_TRAILER,
	[END_LF] = HTTP_BAD_TRAILER,
};

enum { SIZE_DIGITS = 16 }; /* the most that always fit 64 bits */

static enum event event_of(char c)
{
	if (http_char_is(c, HTTP_CHAR_HEX))
		return HEX;
	if (http_char_is(c, HTTP_CHAR_TOKEN))
		return TOKEN;
	if (c == ':')
		return COLON;
	if (c == '\r')
		return CR;
	if (c == '\n')
		return LF;
	return http_char_is(c, HTTP_CHAR_VALUE) ? OTHER : CONTROL;
}

enum http_verdict http_body_init(
	struct http_body *b, const struct http_head *h, uint64_t max_bytes)
{
	must(h->verdict == HTTP_DONE);
	*b = (struct http_body){
		.framing = h->framing,
		.state = h->framing == HTTP_FRAMING_CHUNKED ? FIRST : DATA,
		.left_bytes = h->content_length,
		.budget_bytes = max_bytes,
	};
	if (h->framing == HTTP_FRAMING_NONE)
		b->verdict = HTTP_DONE;
	else if (h->content_length > max_bytes)
		b->verdict = HTTP_BODY_TOO_LARGE;
	return b->verdict;
}

static enum http_verdict add_digit(struct http_body *b, char c)
{
	if (b->n_digits == SIZE_DIGITS)
		return HTTP_BAD_CHUNK_SIZE;
	b->n_digits++;
	b->left_bytes = b->left_bytes << 4 | http_hex_value(c);
	return HTTP_MORE;
}

/* The size's line is whole. */
static enum http_verdict begin_chunk(struct http_body *b)
{
	if (b->left_bytes > b->budget_bytes)
		return HTTP_BODY_TOO_LARGE;
	b->budget_bytes -= b->left_bytes;
	b->n_digits = 0;
	b->state = b->left_bytes > 0 ? DATA : TRAILER;
	return HTTP_MORE;
}

/* One byte of framing. */
static enum http_verdict move(struct http_body *b, char c)
{
	must(b->state < STATES);
	enum event event = event_of(c);
	uint8_t next = moves[b->state][event];
	if (next == REFUSED)
		return refusals[b->state];
	if (b->state >= TRAILER && ++b->trailer_bytes > HTTP_TRAILERS_MAX_BYTES)
		return HTTP_TRAILERS_TOO_LARGE;
	b->state = next;
	if (next == SIZE)
		return add_digit(b, c);
	if (next == DATA)
		return begin_chunk(b);
	return next == OVER ? HTTP_DONE : HTTP_MORE;
}

static void take_payload(
	struct http_body *b, const char *p, size_t n, struct http_body_step *step)
{
	size_t take = b->left_bytes < n ? (size_t)b->left_bytes : n;
	step->payload = (struct str){p, take};
	step->n_used += take;
	b->left_bytes -= take;
	if (b->left_bytes > 0)
		return;
	if (b->framing == HTTP_FRAMING_LENGTH)
		b->verdict = HTTP_DONE;
	else
		b->state = DATA_CR;
}

enum http_verdict http_body_feed(
	struct http_body *b, const char *p, size_t n, struct http_body_step *step)
{
	*step = (struct http_body_step){0, {p, 0}};
	while (b->verdict == HTTP_MORE && step->n_used < n) {
		if (b->state == DATA) {
			take_payload(b, p + step->n_used, n - step->n_used, step);
			return b->verdict;
		}
		b->verdict = move(b, p[step->n_used]);
		if (!http_verdict_is_error(b->verdict))
			step->n_used++;
	}
	return b->verdict;
}
