/*
 * What the headers mean for the bytes that follow. Pure; run by the fronts. It never
 * repairs: two readings of one request are a refusal, whichever of them is right.
 */
#include "http/framing.h"

#include "base/num.h"
#include "http/chars.h"
#include "http/target.h"

#include <string.h>

enum { CONTENT_LENGTH_DIGITS = 19 }; /* 10^19 - 1 is the last that always fits */

/* No two of them are equally long (-Woverride-init would say so), so a name is compared
 * with one candidate at most. */
static const struct {
	const char *name;
	enum http_known known;
} by_length[] = {
	[4] = {"host", HTTP_KNOWN_HOST},
	[6] = {"expect", HTTP_KNOWN_EXPECT},
	[10] = {"connection", HTTP_KNOWN_CONNECTION},
	[12] = {"content-type", HTTP_KNOWN_CONTENT_TYPE},
	[13] = {"authorization", HTTP_KNOWN_AUTHORIZATION},
	[14] = {"content-length", HTTP_KNOWN_CONTENT_LENGTH},
	[15] = {"idempotency-key", HTTP_KNOWN_IDEMPOTENCY_KEY},
	[17] = {"transfer-encoding", HTTP_KNOWN_TRANSFER_ENCODING},
};

static enum http_known find_known(struct str name)
{
	if (name.n >= N_ELEMENTS(by_length) || by_length[name.n].name == NULL)
		return HTTP_KNOWN_NONE;
	if (!http_equal_nocase(name, (struct str){by_length[name.n].name, name.n}))
		return HTTP_KNOWN_NONE;
	return by_length[name.n].known;
}

static bool is_ours(struct str name)
{
	static const struct str prefix = {"x-atlas-", 8};
	return name.n >= prefix.n &&
	       http_equal_nocase((struct str){name.p, prefix.n}, prefix);
}

/* Connection: a list of options, in one header or several; unknown ones say nothing. */
static void note_connection(struct http_head *h, struct str list)
{
	while (list.n > 0) {
		const char *comma = memchr(list.p, ',', list.n);
		size_t n = comma != NULL ? (size_t)(comma - list.p) : list.n;
		struct str option = http_trim((struct str){list.p, n});
		if (http_equal_nocase(option, STR("close")))
			h->says_close = true;
		else if (http_equal_nocase(option, STR("keep-alive")))
			h->says_keep_alive = true;
		size_t step = MIN(n + 1, list.n);
		list = (struct str){list.p + step, list.n - step};
	}
}

enum http_verdict http_framing_note(struct http_head *h, const char *p, unsigned ix)
{
	struct str name = http_str(p, h->headers[ix].name);
	enum http_known known = find_known(name);
	if (known == HTTP_KNOWN_CONNECTION) {
		note_connection(h, http_str(p, h->headers[ix].value));
	} else if (known != HTTP_KNOWN_NONE) {
		if (h->known_at[known] != 0)
			return HTTP_DUPLICATE_HEADER;
		h->known_at[known] = (uint8_t)(ix + 1);
	} else if (is_ours(name) && http_head_find(h, p, name) != &h->headers[ix]) {
		return HTTP_DUPLICATE_HEADER;
	}
	return HTTP_MORE;
}

/* The value's span of a header noted above; n = 0 also when it is not there. */
static struct http_span known_value(const struct http_head *h, enum http_known known)
{
	unsigned at = h->known_at[known];
	return at != 0 ? h->headers[at - 1].value : (struct http_span){0, 0};
}

static enum http_verdict settle_length(struct http_head *h, const char *p)
{
	bool has_length = h->known_at[HTTP_KNOWN_CONTENT_LENGTH] != 0;
	if (h->known_at[HTTP_KNOWN_TRANSFER_ENCODING] != 0) {
		struct http_span coding = known_value(h, HTTP_KNOWN_TRANSFER_ENCODING);
		if (has_length)
			return HTTP_AMBIGUOUS_LENGTH;
		if (h->minor == 0)
			return HTTP_CODING_ON_1_0;
		if (!http_equal_nocase(http_str(p, coding), STR("chunked")))
			return HTTP_UNKNOWN_CODING;
		h->framing = HTTP_FRAMING_CHUNKED;
		return HTTP_DONE;
	}
	if (!has_length)
		return HTTP_DONE;
	struct str digits = http_str(p, known_value(h, HTTP_KNOWN_CONTENT_LENGTH));
	if (digits.n > CONTENT_LENGTH_DIGITS ||
		!num_parse_u64(digits, &h->content_length))
		return HTTP_BAD_CONTENT_LENGTH;
	if (h->content_length > 0)
		h->framing = HTTP_FRAMING_LENGTH;
	return HTTP_DONE;
}

static enum http_verdict settle_host(struct http_head *h, const char *p)
{
	struct http_span host;
	uint16_t port;
	if (!http_authority_split(p, known_value(h, HTTP_KNOWN_HOST), &host, &port))
		return HTTP_BAD_HOST;
	if (h->host.n == 0) { /* else the target's own authority stands */
		h->host = host;
		h->port = port;
	}
	return HTTP_DONE;
}

static enum http_verdict settle_expect(struct http_head *h, const char *p)
{
	if (h->known_at[HTTP_KNOWN_EXPECT] == 0)
		return HTTP_DONE;
	struct str value = http_str(p, known_value(h, HTTP_KNOWN_EXPECT));
	if (!http_equal_nocase(value, STR("100-continue")))
		return HTTP_BAD_EXPECT;
	/* HTTP/1.0 knows no interim answers, and no body needs none */
	h->expect_continue = h->minor == 1 && h->framing != HTTP_FRAMING_NONE;
	return HTTP_DONE;
}

enum http_verdict http_framing_settle(struct http_head *h, const char *p)
{
	enum http_verdict v = settle_length(h, p);
	if (v == HTTP_DONE)
		v = settle_host(h, p);
	if (v == HTTP_DONE)
		v = settle_expect(h, p);
	h->content_type = known_value(h, HTTP_KNOWN_CONTENT_TYPE);
	h->keep_alive = !h->says_close && (h->minor == 1 || h->says_keep_alive);
	return v;
}
