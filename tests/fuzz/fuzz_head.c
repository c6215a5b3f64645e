/*
 * Request heads: however the bytes are cut, the verdict and all that is said about the
 * request are the same; every part lies inside the head; and an accepted head that is
 * written out again from its parts is accepted again and says the same.
 */
#include "base/hash.h"
#include "http/chars.h"
#include "http/head.h"
#include "http/query.h"
#include "http/target.h"

#include <stdlib.h>
#include <string.h>

static void *copy_of(const char *p, size_t n)
{
	char *copy = malloc(n + (n == 0));
	must(copy != NULL);
	memcpy(copy, p, n);
	return copy;
}

static enum http_verdict parse(struct http_head *h, const char *p, size_t n,
	const struct http_head_limits *limits)
{
	http_head_init(h);
	return http_head_parse(h, p, n, limits);
}

/* Two heads of the same bytes. */
static void check_same(const struct http_head *a, const struct http_head *b)
{
	must(a->verdict == b->verdict);
	if (a->verdict != HTTP_DONE)
		return;
	must(a->head_bytes == b->head_bytes && a->method == b->method);
	must(a->minor == b->minor && a->port == b->port);
	must(a->keep_alive == b->keep_alive && a->framing == b->framing);
	must(a->expect_continue == b->expect_continue);
	must(a->content_length == b->content_length);
	must(memcmp(&a->method_text, &b->method_text, sizeof a->method_text) == 0);
	must(memcmp(&a->target, &b->target, sizeof a->target) == 0);
	must(memcmp(&a->path, &b->path, sizeof a->path) == 0);
	must(memcmp(&a->query, &b->query, sizeof a->query) == 0);
	must(memcmp(&a->host, &b->host, sizeof a->host) == 0);
	must(memcmp(&a->content_type, &b->content_type, sizeof a->content_type) == 0);
	must(a->n_headers == b->n_headers);
	must(memcmp(a->headers, b->headers, a->n_headers * sizeof a->headers[0]) == 0);
}

/* In two pieces, each of its own size so that a sanitizer sees a read beyond it. */
static void check_cut(const struct http_head *whole, const char *p, size_t n,
	const struct http_head_limits *limits)
{
	size_t cut = hash_fast64(p, n, 0) % (n + 1);
	struct http_head h;
	char *first = copy_of(p, cut);
	enum http_verdict v = parse(&h, first, cut, limits);
	free(first);
	if (v == HTTP_MORE)
		v = http_head_parse(&h, p, n, limits);
	must(v == h.verdict);
	check_same(whole, &h);
}

static void check_drip(const struct http_head *whole, const char *p, size_t n,
	const struct http_head_limits *limits)
{
	struct http_head h;
	enum http_verdict v = parse(&h, p, 0, limits);
	for (size_t i = 1; i <= n && v == HTTP_MORE; i++)
		v = http_head_parse(&h, p, i, limits);
	check_same(whole, &h);
}

static void check_inside(const struct http_head *h, struct http_span s)
{
	must((size_t)s.at + s.n <= h->head_bytes);
}

static void check_parts(const struct http_head *h, const char *p, size_t n)
{
	must(h->head_bytes <= n && memcmp(p + h->head_bytes - 4, "\r\n\r\n", 4) == 0);
	struct str path = http_str(p, h->path);
	must(path.n > 0 && (path.p[0] == '/' || path.p[0] == '*'));
	must(h->host.n > 0);
	must(h->framing == HTTP_FRAMING_LENGTH || h->content_length == 0);
	must(h->framing != HTTP_FRAMING_CHUNKED || h->minor == 1);
	check_inside(h, h->method_text);
	check_inside(h, h->target);
	check_inside(h, h->path);
	check_inside(h, h->query);
	check_inside(h, h->host);
	check_inside(h, h->content_type);
	for (unsigned i = 0; i < h->n_headers; i++) {
		check_inside(h, h->headers[i].name);
		check_inside(h, h->headers[i].value);
		struct str value = http_str(p, h->headers[i].value);
		must(http_chars_all(value, HTTP_CHAR_VALUE));
		must(http_trim(value).n == value.n);
		must(http_head_find(h, p, http_str(p, h->headers[i].name)) != NULL);
	}
}

static void check_query(struct str query)
{
	struct http_query q = {query};
	char text[64], again[64];
	struct str key, value, found;
	while (http_query_next(&q, text, sizeof text, &key, &value) ==
		HTTP_QUERY_FOUND) {
		must(key.n > 0 && key.n + value.n <= sizeof text);
		enum http_query_result r =
			http_query_get(query, key, again, sizeof again, &found);
		must(r != HTTP_QUERY_ABSENT);
		if (r == HTTP_QUERY_FOUND)
			must(found.n == value.n &&
				memcmp(found.p, value.p, value.n) == 0);
	}
}

static char *put(char *to, struct str s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

/* The head from its parts; n bytes into out. A value may gain the space before it. */
static size_t write_again(const struct http_head *h, const char *p, char *out)
{
	char *to = put(out, http_str(p, h->method_text));
	to = put(put(to, STR(" ")), http_str(p, h->target));
	to = put(to, h->minor ? STR(" HTTP/1.1\r\n") : STR(" HTTP/1.0\r\n"));
	for (unsigned i = 0; i < h->n_headers; i++) {
		to = put(put(to, http_str(p, h->headers[i].name)), STR(": "));
		to = put(put(to, http_str(p, h->headers[i].value)), STR("\r\n"));
	}
	return (size_t)(put(to, STR("\r\n")) - out);
}

static void check_text(
	const char *p, struct http_span s, const char *q, struct http_span t)
{
	must(s.n == t.n && memcmp(p + s.at, q + t.at, s.n) == 0);
}

static void check_round_trip(const struct http_head *h, const char *p)
{
	static char text[HTTP_HEAD_MAX_BYTES + 2 * HTTP_MAX_HEADERS];
	static char twice[sizeof text];
	size_t n = write_again(h, p, text);
	if (n > HTTP_HEAD_MAX_BYTES)
		return;
	struct http_head again;
	must(parse(&again, text, n, &HTTP_HEAD_LIMITS) == HTTP_DONE);
	must(again.head_bytes == n);
	must(write_again(&again, text, twice) == n && memcmp(text, twice, n) == 0);
	must(again.method == h->method && again.minor == h->minor);
	must(again.keep_alive == h->keep_alive && again.framing == h->framing);
	must(again.content_length == h->content_length && again.port == h->port);
	must(again.expect_continue == h->expect_continue);
	check_text(p, h->path, text, again.path);
	check_text(p, h->query, text, again.query);
	check_text(p, h->host, text, again.host);
	check_text(p, h->content_type, text, again.content_type);
}

static void check(const char *p, size_t n, const struct http_head_limits *limits)
{
	struct http_head h;
	enum http_verdict v = parse(&h, p, n, limits);
	must(v == h.verdict && v < HTTP_VERDICTS);
	check_cut(&h, p, n, limits);
	check_drip(&h, p, n, limits);
	if (v != HTTP_DONE)
		return;
	check_parts(&h, p, n);
	check_query(http_str(p, h.query));
	check_round_trip(&h, p);
	/* a path that routes compare cannot climb or hide a segment */
	struct str path = http_str(p, h.path);
	if (http_path_is_canonical(path))
		must(memmem(path.p, path.n, "//", 2) == NULL &&
			memmem(path.p, path.n, "/../", 4) == NULL &&
			memmem(path.p, path.n, "/./", 3) == NULL &&
			memmem(path.p, path.n, "%2e", 3) == NULL &&
			memmem(path.p, path.n, "%2F", 3) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	check(p, size, &HTTP_HEAD_LIMITS);
	/* limits that small inputs reach */
	check(p, size, &(struct http_head_limits){96, 16});
	return 0;
}
