/* HTTP/1.x requests from bytes: pure, strict, restartable. */
#include "http_parse.h"

#include <string.h>
#include <strings.h>

static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_visible(struct slice s, bool blanks_too)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool blank = c == ' ' || c == '\t';
		if (blank ? !blanks_too : (c < 0x21 || c == 0x7f))
			return false;
	}
	return true;
}

/* What stands before the first c; *s becomes what stands behind it. */
static bool cut_at(struct slice *s, char c, struct slice *before)
{
	const char *at = memchr(s->p, c, s->n);
	if (at == NULL)
		return false;
	*before = (struct slice){s->p, (size_t)(at - s->p)};
	s->n -= before->n + 1;
	s->p = at + 1;
	return true;
}

static bool take_line(struct slice *s, struct slice *line)
{
	return cut_at(s, '\n', line) && line->n > 0 && line->p[--line->n] == '\r';
}

static bool parse_request_line(struct slice line, struct http_request *out)
{
	if (!cut_at(&line, ' ', &out->method) || !cut_at(&line, ' ', &out->target))
		return false;
	if (!is_token(out->method) || out->target.n == 0 || out->target.p[0] != '/' ||
		!is_visible(out->target, false))
		return false;
	if (!slice_is(line, "HTTP/1.1") && !slice_is(line, "HTTP/1.0"))
		return false;
	out->minor = (unsigned)(line.p[7] - '0');
	return true;
}

static bool parse_field(struct slice line, struct http_field *f)
{
	if (!cut_at(&line, ':', &f->name) || !is_token(f->name))
		return false;
	f->value = slice_trim(line);
	return is_visible(f->value, true);
}

/* Does the list in the value hold this word? */
static bool lists(struct slice value, const char *word)
{
	struct slice item;
	while (cut_at(&value, ',', &item))
		if (slice_is_nocase(slice_trim(item), word))
			return true;
	return slice_is_nocase(slice_trim(value), word);
}

/* What one field says about the message itself. */
static bool apply_field(struct http_progress *pr, struct http_request *out,
	const struct http_field *f, unsigned *n_lengths)
{
	if (slice_is_nocase(f->name, "content-length"))
		return (*n_lengths)++ == 0 && parse_u64(f->value, &pr->body_n);
	if (slice_is_nocase(f->name, "transfer-encoding")) {
		if (pr->chunked || out->minor == 0)
			return false;
		pr->chunked = true;
		return slice_is_nocase(f->value, "chunked");
	}
	if (slice_is_nocase(f->name, "connection")) {
		if (lists(f->value, "close"))
			out->keep_alive = false;
		else if (lists(f->value, "keep-alive"))
			out->keep_alive = true;
	}
	if (slice_is_nocase(f->name, "expect"))
		pr->expects = slice_is_nocase(f->value, "100-continue");
	return true;
}

static enum http_verdict bad(struct http_progress *pr, int status)
{
	pr->status = status;
	return HTTP_BAD;
}

/* Read the head again from its bytes: they may have moved since the last call. */
static enum http_verdict parse_head(
	struct http_progress *pr, const char *data, struct http_request *out)
{
	struct slice rest = {data, pr->head_n}, line;
	unsigned n_lengths = 0, n_hosts = 0;
	bool chunked_before = pr->chunked;
	uint64_t body_before = pr->body_n;
	pr->chunked = false;
	out->n_fields = 0;
	if (!take_line(&rest, &line) || !parse_request_line(line, out))
		return bad(pr, 400);
	out->keep_alive = out->minor == 1;
	while (take_line(&rest, &line) && line.n > 0) {
		if (out->n_fields == HTTP_FIELDS)
			return bad(pr, 431);
		struct http_field *f = &out->fields[out->n_fields++];
		if (!parse_field(line, f) || !apply_field(pr, out, f, &n_lengths))
			return bad(pr, 400);
		n_hosts += slice_is_nocase(f->name, "host");
	}
	if (rest.n > 0 || (pr->chunked && n_lengths > 0) || n_hosts > 1 ||
		(out->minor == 1 && n_hosts == 0))
		return bad(pr, 400);
	if (chunked_before)
		pr->body_n = body_before;
	return pr->body_n > HTTP_BODY_BYTES ? bad(pr, 413) : HTTP_WHOLE;
}

/* The head ends with an empty line; *more = it has not come yet. */
static enum http_verdict find_head(struct http_progress *pr, const char *data, size_t n)
{
	const char *end = memmem(data + pr->scanned, n - pr->scanned, "\r\n\r\n", 4);
	if (end == NULL) {
		pr->scanned = n > 3 ? n - 3 : 0;
		return n > HTTP_HEAD_BYTES ? bad(pr, 431) : HTTP_MORE;
	}
	pr->head_n = (size_t)(end - data) + 4;
	pr->raw = pr->head_n;
	return pr->head_n > HTTP_HEAD_BYTES ? bad(pr, 431) : HTTP_WHOLE;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* One byte of a chunk size line; extensions are refused, Atlas sends none. */
static bool chunk_size_byte(struct http_progress *pr, char c)
{
	int digit = hex_value(c);
	if (c == '\r' && pr->n_digits > 0) {
		pr->chunk = CHUNK_SIZE_LF;
		return true;
	}
	pr->chunk_left = pr->chunk_left << 4 | (unsigned)(digit & 15);
	return digit >= 0 && ++pr->n_digits <= 8;
}

/* One byte between two runs of data; false = not how chunks are written. */
static bool chunk_byte(struct http_progress *pr, char c)
{
	switch (pr->chunk) {
	case CHUNK_SIZE:
		return chunk_size_byte(pr, c);
	case CHUNK_SIZE_LF:
		pr->chunk = pr->chunk_left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
		pr->n_digits = 0;
		return c == '\n';
	case CHUNK_DATA_CR:
		pr->chunk = CHUNK_DATA_LF;
		return c == '\r';
	case CHUNK_DATA_LF:
		pr->chunk = CHUNK_SIZE;
		return c == '\n';
	case CHUNK_TRAILER:
		if (c == '\r')
			pr->chunk = CHUNK_TRAILER_LF;
		else
			pr->line_n++;
		return pr->line_n < HTTP_HEAD_BYTES;
	case CHUNK_TRAILER_LF:
		pr->chunk = pr->line_n == 0 ? CHUNK_END : CHUNK_TRAILER;
		pr->line_n = 0;
		return c == '\n';
	case CHUNK_DATA:
	case CHUNK_END:
		break;
	}
	return false;
}

static enum http_verdict parse_chunks(struct http_progress *pr, char *data, size_t n)
{
	while (pr->chunk != CHUNK_END && pr->raw < n) {
		if (pr->chunk != CHUNK_DATA) {
			if (!chunk_byte(pr, data[pr->raw++]))
				return bad(pr, 400);
			continue;
		}
		size_t take = MIN((size_t)pr->chunk_left, n - pr->raw);
		if (pr->body_n + take > HTTP_BODY_BYTES)
			return bad(pr, 413);
		memmove(data + pr->head_n + pr->body_n, data + pr->raw, take);
		pr->raw += take;
		pr->body_n += take;
		pr->chunk_left -= take;
		if (pr->chunk_left == 0)
			pr->chunk = CHUNK_DATA_CR;
	}
	pr->used = pr->raw;
	return pr->chunk == CHUNK_END ? HTTP_WHOLE : HTTP_MORE;
}

static enum http_verdict parse_body(struct http_progress *pr, char *data, size_t n)
{
	if (pr->chunked)
		return parse_chunks(pr, data, n);
	pr->used = pr->head_n + (size_t)pr->body_n;
	return n >= pr->used ? HTTP_WHOLE : HTTP_MORE;
}

enum http_verdict http_parse(
	struct http_progress *pr, char *data, size_t n, struct http_request *out)
{
	bool head_is_new = pr->head_n == 0;
	if (head_is_new) {
		enum http_verdict v = find_head(pr, data, n);
		if (v == HTTP_WHOLE)
			v = parse_head(pr, data, out);
		if (v != HTTP_WHOLE)
			return v;
	}
	enum http_verdict v = parse_body(pr, data, n);
	if (v == HTTP_WHOLE && !head_is_new)
		v = parse_head(pr, data, out);
	out->body = (struct slice){data + pr->head_n, (size_t)pr->body_n};
	return v;
}

struct slice http_find(const struct http_request *req, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < req->n_fields; i++) {
		const struct http_field *f = &req->fields[i];
		if (f->name.n == n && strncasecmp(f->name.p, name, n) == 0)
			return f->value;
	}
	return (struct slice){NULL, 0};
}
