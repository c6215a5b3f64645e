/*
 * The request head scanner. Pure; run by the fronts. It reads lengths, never sentinels,
 * keeps no pointer between calls and never looks at a byte twice in the same role.
 *
 *	p                line_at            scan_at        n
 *	| lines read     | no LF in here    | not seen yet |
 */
#include "http/head.h"

#include "http/chars.h"
#include "http/framing.h"
#include "http/target.h"

#include <string.h>

static const struct str method_names[HTTP_METHOD_OTHER] = {
	[HTTP_METHOD_GET] = {"GET", 3},
	[HTTP_METHOD_HEAD] = {"HEAD", 4},
	[HTTP_METHOD_POST] = {"POST", 4},
	[HTTP_METHOD_PUT] = {"PUT", 3},
	[HTTP_METHOD_PATCH] = {"PATCH", 5},
	[HTTP_METHOD_DELETE] = {"DELETE", 6},
	[HTTP_METHOD_OPTIONS] = {"OPTIONS", 7},
};

enum { VERSION_BYTES = sizeof "HTTP/1.1" - 1 };

static struct http_span span(size_t at, size_t n)
{
	return (struct http_span){(uint16_t)at, (uint16_t)n};
}

void http_head_init(struct http_head *h)
{
	/* the headers behind n_headers are never read, so they need not be cleared */
	memset(h, 0, offsetof(struct http_head, headers));
}

static bool is_control(char c)
{
	return !http_char_is(c, HTTP_CHAR_VALUE);
}

/* What to say of a line that cannot be read: a control byte in it goes before all else,
 * as it would have been found before the line was whole had it come in pieces. */
static enum http_verdict refuse_line(struct str line, enum http_verdict otherwise)
{
	for (size_t i = 0; i < line.n; i++)
		if (is_control(line.p[i]))
			return HTTP_CONTROL_BYTE;
	return otherwise;
}

/* No LF in p[scan_at, end): remember that, and refuse at once what cannot become a
 * line, so that a stranger to HTTP (a TLS client, say) hears it now, not at a
 * deadline. */
static enum http_verdict check_unfinished(
	struct http_head *h, const char *p, size_t end)
{
	size_t i = h->scan_at;
	while (i < end && !is_control(p[i]))
		i++;
	h->scan_at = (uint32_t)i;
	/* a CR in the last place may be half of a line's end */
	if (i >= end || (p[i] == '\r' && i + 1 == end))
		return HTTP_MORE;
	return HTTP_CONTROL_BYTE;
}

/* The next line without its CR LF; DONE when there is one. */
static enum http_verdict take_line(struct http_head *h, const char *p, size_t n,
	const struct http_head_limits *limits, struct str *line)
{
	size_t max = limits->max_head_bytes;
	enum http_verdict too_long = HTTP_HEAD_TOO_LARGE;
	if (h->line_at == 0) {
		/* method, two spaces, target, version, CR LF */
		size_t longest = HTTP_METHOD_MAX_BYTES + 1 + limits->max_target_bytes +
				 1 + VERSION_BYTES + 2;
		max = MIN(max, longest);
		too_long = HTTP_TARGET_TOO_LONG;
	}
	size_t end = MIN(n, max);
	const char *lf = NULL;
	if (h->scan_at < end)
		lf = memchr(p + h->scan_at, '\n', end - h->scan_at);
	if (lf == NULL) {
		enum http_verdict v = check_unfinished(h, p, end);
		return v == HTTP_MORE && n >= max ? too_long : v;
	}
	size_t at = (size_t)(lf - p);
	*line = (struct str){p + h->line_at, at - h->line_at};
	if (line->n == 0 || line->p[line->n - 1] != '\r')
		return refuse_line(*line, HTTP_BARE_LF);
	line->n--;
	h->scan_at = (uint32_t)at + 1;
	return HTTP_DONE;
}

static enum http_method find_method(struct str name)
{
	unsigned m = 0;
	while (m < HTTP_METHOD_OTHER &&
		(name.n != method_names[m].n ||
			memcmp(name.p, method_names[m].p, name.n) != 0))
		m++;
	return (enum http_method)m;
}

/* METHOD SP target SP HTTP/1.x; the line starts the buffer, so its offsets are p's. */
static enum http_verdict read_request_line(
	struct http_head *h, struct str line, const struct http_head_limits *limits)
{
	size_t n = 0;
	while (n < line.n && http_char_is(line.p[n], HTTP_CHAR_TOKEN))
		n++;
	if (n == 0 || n > HTTP_METHOD_MAX_BYTES)
		return HTTP_BAD_REQUEST_LINE;
	if (line.n < n + 1 + 1 + 1 + VERSION_BYTES || line.p[n] != ' ')
		return HTTP_BAD_REQUEST_LINE;
	size_t version = line.n - VERSION_BYTES;
	if (line.p[version - 1] != ' ')
		return HTTP_BAD_REQUEST_LINE;
	char minor = line.p[line.n - 1];
	if (memcmp(line.p + version, "HTTP/1.", VERSION_BYTES - 1) != 0 ||
		(minor != '0' && minor != '1'))
		return HTTP_BAD_VERSION;
	h->minor = minor == '1';
	h->method_text = span(0, n);
	h->method = find_method((struct str){line.p, n});
	h->target = span(n + 1, version - 1 - (n + 1));
	if (h->target.n > limits->max_target_bytes)
		return HTTP_TARGET_TOO_LONG;
	return http_target_split(h, line.p);
}

/* name ":" OWS value OWS, the line starting at h->line_at. */
static enum http_verdict read_header(
	struct http_head *h, const char *p, struct str line)
{
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return HTTP_FOLDED_HEADER;
	size_t n = 0;
	while (n < line.n && http_char_is(line.p[n], HTTP_CHAR_TOKEN))
		n++;
	if (n == 0 || n == line.n || line.p[n] != ':')
		return HTTP_BAD_HEADER_NAME;
	struct str value = {line.p + n + 1, line.n - n - 1};
	if (!http_chars_all(value, HTTP_CHAR_VALUE))
		return HTTP_BAD_HEADER_VALUE;
	if (h->n_headers == HTTP_MAX_HEADERS)
		return HTTP_TOO_MANY_HEADERS;
	value = http_trim(value);
	unsigned ix = h->n_headers++;
	h->headers[ix].name = span(h->line_at, n);
	h->headers[ix].value = span((size_t)(value.p - p), value.n);
	return http_framing_note(h, p, ix);
}

static enum http_verdict read_line(struct http_head *h, const char *p, struct str line,
	const struct http_head_limits *limits)
{
	if (h->line_at == 0) {
		enum http_verdict v = read_request_line(h, line, limits);
		return v == HTTP_DONE ? HTTP_MORE : refuse_line(line, v);
	}
	if (line.n == 0) {
		h->head_bytes = h->scan_at;
		return http_framing_settle(h, p);
	}
	enum http_verdict v = read_header(h, p, line);
	return v == HTTP_MORE ? v : refuse_line(line, v);
}

enum http_verdict http_head_parse(struct http_head *h, const char *p, size_t n,
	const struct http_head_limits *limits)
{
	must(limits->max_head_bytes <= HTTP_HEAD_MAX_BYTES);
	must(n >= h->scan_at);
	while (h->verdict == HTTP_MORE) {
		struct str line = {0};
		enum http_verdict v = take_line(h, p, n, limits, &line);
		if (v == HTTP_MORE)
			return HTTP_MORE;
		h->verdict = v == HTTP_DONE ? read_line(h, p, line, limits) : v;
		h->line_at = h->scan_at;
	}
	return h->verdict;
}

const struct http_header *http_head_find(
	const struct http_head *h, const char *p, struct str name)
{
	for (unsigned i = 0; i < h->n_headers; i++)
		if (http_equal_nocase(http_str(p, h->headers[i].name), name))
			return &h->headers[i];
	return NULL;
}
