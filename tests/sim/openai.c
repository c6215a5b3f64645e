/* What an answer of OpenAI's looks like around its content. */
#include "openai.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void openai_message(struct openai_error *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof e->message, fmt, ap);
	va_end(ap);
}

static void put_text_or_null(struct buf *out, const char *text)
{
	if (text == NULL)
		BUF_LIT(out, "null");
	else
		buf_json(out, slice_of(text));
}

void openai_error_body(struct buf *out, const struct openai_error *e)
{
	BUF_LIT(out, "{\n    \"error\": {\n        \"message\": ");
	buf_json(out, slice_of(e->message));
	BUF_LIT(out, ",\n        \"type\": ");
	put_text_or_null(out, e->type);
	BUF_LIT(out, ",\n        \"param\": ");
	put_text_or_null(out, e->param);
	BUF_LIT(out, ",\n        \"code\": ");
	put_text_or_null(out, e->code);
	BUF_LIT(out, "\n    }\n}\n");
}

void openai_name(
	char out[static OPENAI_NAME_BYTES], const char *prefix, uint64_t number)
{
	uint64_t half[2] = {number, mix64(~number)};
	size_t n = strlen(prefix);
	memcpy(out, prefix, n);
	for (unsigned i = 0; i < 32; i++)
		out[n + i] = "0123456789abcdef"[half[i / 16] >> i % 16 * 4 & 15];
	out[n + 32] = '\0';
}

void openai_duration(struct buf *out, uint64_t ns)
{
	uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
	if (ms > 0 && ms < 1000) {
		buf_u64(out, ms);
		BUF_LIT(out, "ms");
		return;
	}
	if (ms >= 3600000) {
		buf_u64(out, ms / 3600000);
		BUF_LIT(out, "h");
	}
	if (ms >= 60000) {
		buf_u64(out, ms / 60000 % 60);
		BUF_LIT(out, "m");
	}
	buf_u64(out, ms / 1000 % 60);
	unsigned rest = (unsigned)(ms % 1000), digits = 3;
	if (rest > 0) {
		for (; rest % 10 == 0; rest /= 10)
			digits--;
		buf_fmt(out, ".%0*u", (int)digits, rest);
	}
	BUF_LIT(out, "s");
}

void openai_limit_error(
	struct openai_error *e, const struct limiter_answer *a, struct slice model)
{
	bool by_requests = a->verdict == LIMITER_REQUESTS;
	const char *unit =
		by_requests ? "requests per min (RPM)" : "tokens per min (TPM)";
	*e = (struct openai_error){
		.status = 429,
		.type = by_requests ? "requests" : "tokens",
		.code = "rate_limit_exceeded",
	};
	if (a->verdict == LIMITER_TOO_LARGE) {
		openai_message(e,
			"Request too large for %.*s in organization org-sim on %s: Limit "
			"%lu, Requested %lu. The input or output tokens must be reduced in "
			"order to run successfully. Visit "
			"https://platform.openai.com/account/rate-limits to learn more.",
			SLICE_ARG(model), unit, a->limit, a->requested);
		return;
	}
	struct buf wait = {0};
	openai_duration(&wait, a->wait_ns);
	openai_message(e,
		"Rate limit reached for %.*s in organization org-sim on %s: Limit %lu, Used "
		"%lu, Requested %lu. Please try again in %.*s. Visit "
		"https://platform.openai.com/account/rate-limits to learn more.",
		SLICE_ARG(model), unit, a->limit, a->used, a->requested,
		SLICE_ARG(buf_view(&wait)));
	buf_free(&wait);
	e->retry_after_ms = (a->wait_ns + NS_PER_MS - 1) / NS_PER_MS;
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{200, "OK"},
		{307, "Temporary Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{422, "Unprocessable Entity"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Status";
}

enum { DATE_BYTES = 40 };

static void write_date(char out[static DATE_BYTES], time_t t)
{
	struct tm tm;
	if (gmtime_r(&t, &tm) == NULL)
		fatal("gmtime failed");
	strftime(out, DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* The same second needs the same text: a date costs more than the rest of a head. */
static void put_date(struct buf *out)
{
	static char text[DATE_BYTES];
	static time_t made_for;
	time_t now = (time_t)(clock_wall_ms() / 1000);
	if (now != made_for)
		write_date(text, now);
	made_for = now;
	buf_text(out, text);
}

static void put_framing(struct buf *out, const struct openai_head *h)
{
	if (h->framing == OPENAI_LENGTH) {
		BUF_LIT(out, "content-length: ");
		buf_u64(out, h->length);
		BUF_LIT(out, "\r\n");
	} else if (h->framing == OPENAI_CHUNKED) {
		BUF_LIT(out, "transfer-encoding: chunked\r\n");
	}
	if (!h->keep_alive || h->framing == OPENAI_TO_CLOSE)
		BUF_LIT(out, "connection: close\r\n");
	else if (h->minor == 0)
		BUF_LIT(out, "connection: keep-alive\r\n");
}

static void put_limit(struct buf *out, const char *what, uint64_t limit, uint64_t left,
	uint64_t reset_ns)
{
	if (limit == 0)
		return;
	BUF_LIT(out, "x-ratelimit-limit-");
	buf_text(out, what);
	BUF_LIT(out, ": ");
	buf_u64(out, limit);
	BUF_LIT(out, "\r\nx-ratelimit-remaining-");
	buf_text(out, what);
	BUF_LIT(out, ": ");
	buf_u64(out, left);
	BUF_LIT(out, "\r\nx-ratelimit-reset-");
	buf_text(out, what);
	BUF_LIT(out, ": ");
	openai_duration(out, reset_ns);
	BUF_LIT(out, "\r\n");
}

/* What is there when the limits are anything but true. */
static void put_false_limits(struct buf *out, enum openai_limits how)
{
	static const char *const lines[] = {
		[LIMITS_MISSING] = "",
		[LIMITS_MINUS_ONE] = "x-ratelimit-limit-requests: -1\r\n"
				     "x-ratelimit-limit-tokens: -1\r\n"
				     "x-ratelimit-remaining-requests: -1\r\n"
				     "x-ratelimit-remaining-tokens: -1\r\n"
				     "x-ratelimit-reset-requests: 0s\r\n"
				     "x-ratelimit-reset-tokens: 0s\r\n",
		[LIMITS_ZERO] = "x-ratelimit-limit-requests: 0\r\n"
				"x-ratelimit-limit-tokens: 0\r\n"
				"x-ratelimit-remaining-requests: 0\r\n"
				"x-ratelimit-remaining-tokens: 0\r\n"
				"x-ratelimit-reset-requests: 0s\r\n"
				"x-ratelimit-reset-tokens: 0s\r\n",
		[LIMITS_PROJECT] = "x-ratelimit-limit-project-tokens: 1000000\r\n"
				   "x-ratelimit-remaining-project-tokens: 999998\r\n"
				   "x-ratelimit-reset-project-tokens: 1m26.4s\r\n"
				   "x-ratelimit-limit-tokens_usage_based: 40000\r\n"
				   "x-ratelimit-reset-tokens_usage_based: 1h2m3s\r\n",
		[LIMITS_GARBAGE] =
			"x-ratelimit-limit-requests: many\r\n"
			"x-ratelimit-limit-tokens: 99999999999999999999999\r\n"
			"x-ratelimit-remaining-requests: 1e3\r\n"
			"x-ratelimit-remaining-tokens: \r\n"
			"x-ratelimit-reset-requests: 5 fortnights\r\n"
			"x-ratelimit-reset-tokens: -6m0s\r\n",
	};
	buf_text(out, lines[how]);
}

static void put_limits(struct buf *out, const struct openai_head *h)
{
	const struct limiter *l = h->limiter;
	if (h->hints.limits != LIMITS_TRUE)
		put_false_limits(out, h->hints.limits);
	if (h->hints.limits != LIMITS_TRUE && h->hints.limits != LIMITS_PROJECT)
		return;
	if (h->key == NULL || (l->rpm == 0 && l->tpm == 0))
		return;
	struct limiter_state s = limiter_state(l, h->key, h->now_ns);
	put_limit(out, "requests", l->rpm, s.left_requests, s.reset_ns);
	put_limit(out, "tokens", l->tpm, s.left_tokens, s.reset_ns);
}

static void put_retry_after(struct buf *out, uint64_t ms, enum openai_retry_as how)
{
	char date[DATE_BYTES];
	if (ms == 0)
		return;
	if (how == RETRY_BOTH || how == RETRY_SECONDS)
		buf_fmt(out, "retry-after: %lu\r\n", (ms + 999) / 1000);
	if (how == RETRY_BOTH || how == RETRY_MS)
		buf_fmt(out, "retry-after-ms: %lu\r\n", ms);
	if (how == RETRY_DATE) {
		write_date(date, (time_t)((clock_wall_ms() + ms + 999) / 1000));
		buf_fmt(out, "retry-after: %s\r\n", date);
	}
}

void openai_head(struct buf *out, const struct openai_head *h)
{
	BUF_LIT(out, "HTTP/1.1 ");
	buf_u64(out, (uint64_t)h->status);
	BUF_LIT(out, " ");
	buf_text(out, reason(h->status));
	BUF_LIT(out, "\r\ndate: ");
	put_date(out);
	BUF_LIT(out, "\r\ncontent-type: ");
	buf_text(out, h->content_type);
	BUF_LIT(out, "\r\n");
	put_framing(out, h);
	put_retry_after(out, h->retry_after_ms, h->hints.retry_as);
	if (h->status >= 400 && h->hints.should_retry != NULL)
		buf_fmt(out, "x-should-retry: %s\r\n", h->hints.should_retry);
	BUF_LIT(out, "x-request-id: ");
	buf_text(out, h->request_id);
	BUF_LIT(out, "\r\nopenai-processing-ms: ");
	buf_u64(out, h->processing_ms);
	BUF_LIT(out, "\r\nopenai-organization: org-sim\r\n"
		     "openai-version: 2020-10-01\r\n");
	put_limits(out, h);
}
