/* The table of weathers: one row each. */
#include "modes.h"

#include <string.h>

#define ERROR_ROW(n, w, s, t, c, m)                                                    \
	{                                                                              \
		.name = (n), .what = (w), .kind = MODE_ERROR, .status = (s),           \
		.type = (t), .code = (c), .message = (m)                               \
	}
/* 429s that no wait will mend */
#define QUOTA_ROW(c, m)                                                                \
	ERROR_ROW((c), "429 that no wait will mend", 429, "insufficient_quota", (c),   \
		(m))
#define REPLY_ROW(n, w, ...)                                                           \
	{                                                                              \
		.name = (n), .what = (w), .kind = MODE_REPLY, .billed = true,          \
		.status = 200, __VA_ARGS__                                             \
	}

static const char server_had[] =
	"The server had an error while processing your request. Sorry about that!";
static const char slow_down[] =
	"Slow Down. Please reduce your request rate to its original level, maintain a "
	"consistent rate for at least 15 minutes, and then gradually increase it.";

static const struct mode rows[] = {
	REPLY_ROW("ok", "a good reply", .frame = FRAME_GOOD),

	/* errors in OpenAI's words; Retry-After only where retry_after asks for it */
	ERROR_ROW("429", "rate limit", 429, "requests", "rate_limit_exceeded",
		"Rate limit reached for %MODEL% in organization org-sim on requests per "
		"min (RPM): Limit 3, Used 3, Requested 1."),
	ERROR_ROW("slow_down_429", "429 slow_down", 429, "requests", "slow_down",
		slow_down),
	ERROR_ROW("insufficient_quota", "429 that no wait will mend", 429,
		"insufficient_quota", "insufficient_quota",
		"You exceeded your current quota, please check your plan and billing "
		"details. For more information on this error, read the docs: "
		"https://platform.openai.com/docs/guides/error-codes/api-errors."),
	ERROR_ROW("429-tokens", "rate limit, of tokens", 429, "tokens",
		"rate_limit_exceeded",
		"Rate limit reached for %MODEL% in organization org-sim on tokens per min "
		"(TPM): Limit 10000, Used 8782, Requested 8172."),
	ERROR_ROW("too-large", "429 that no wait will mend: larger than the limit", 429,
		"tokens", "rate_limit_exceeded",
		"Request too large for %MODEL% in organization org-sim on tokens per min "
		"(TPM): Limit 30000, Requested 30062. The input or output tokens must be "
		"reduced in order to run successfully. Visit "
		"https://platform.openai.com/account/rate-limits to learn more."),
	QUOTA_ROW("credit_balance_exhausted", "Your credit balance is exhausted."),
	QUOTA_ROW("organization_spend_limit_exceeded",
		"Your organization has reached its spend limit."),
	QUOTA_ROW("project_spend_limit_exceeded",
		"This project has reached its spend limit."),
	QUOTA_ROW("organization_usage_limit_exceeded",
		"Your organization has reached its usage limit."),
	ERROR_ROW("500", "internal error", 500, "server_error", NULL, server_had),
	ERROR_ROW("502", "bad gateway", 502, "server_error", NULL, "Bad gateway."),
	ERROR_ROW("503", "unavailable", 503, "server_error", NULL,
		"The engine is currently overloaded, please try again later"),
	ERROR_ROW("504", "gateway timeout", 504, "server_error", NULL,
		"Gateway timeout."),
	ERROR_ROW("slow_down", "503 Slow Down", 503, "server_error", "slow_down",
		slow_down),
	ERROR_ROW("overloaded", "503 server_is_overloaded", 503, "server_error",
		"server_is_overloaded",
		"The server is currently overloaded with other requests. Sorry about that! "
		"You can retry your request."),
	ERROR_ROW("400", "bad request", 400, "invalid_request_error", "invalid_value",
		"Invalid value for 'messages'."),
	ERROR_ROW("401", "our key is refused", 401, "invalid_request_error",
		"invalid_api_key",
		"Incorrect API key provided: sk-sim****. You can find your API key at "
		"https://platform.openai.com/account/api-keys."),
	ERROR_ROW("403", "forbidden", 403, "invalid_request_error",
		"unsupported_country_region_territory",
		"Country, region, or territory not supported"),
	ERROR_ROW("404", "not found", 404, "invalid_request_error", "model_not_found",
		"The model `%MODEL%` does not exist or you do not have access to it."),
	ERROR_ROW("422", "unprocessable", 422, "invalid_request_error", NULL,
		"Unprocessable entity."),
	ERROR_ROW("error-200", "200 whose JSON is nothing but an error", 200,
		"server_error", NULL, server_had),
	ERROR_ROW("limit-200", "the same about a rate limit", 200, "requests",
		"rate_limit_exceeded", "Rate limit reached for %MODEL% on requests."),
	ERROR_ROW("quota-200", "the same about an empty account", 200,
		"insufficient_quota", "credit_balance_exhausted",
		"Your credit balance is exhausted."),
	ERROR_ROW("408", "request timeout", 408, "server_error", NULL,
		"Request timeout."),
	ERROR_ROW("409", "conflict", 409, "server_error", NULL, "Conflict."),
	{.name = "echo-auth",
		.what = "401 that repeats the Authorization header",
		.kind = MODE_ERROR,
		.status = 401,
		.type = "invalid_request_error",
		.code = "invalid_api_key",
		.echoes_auth = true,
		.message = "Incorrect API key provided: "},
	{.name = "html-error",
		.what = "502 in HTML, as a proxy before OpenAI says it",
		.kind = MODE_ERROR,
		.status = 502,
		.content_type = "text/html",
		.body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>"
			"<center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"},
	{.name = "empty-error",
		.what = "500 without a word",
		.kind = MODE_ERROR,
		.status = 500,
		.body = ""},
	{.name = "redirect",
		.what = "307 to another port of this machine",
		.kind = MODE_ERROR,
		.status = 307,
		.type = "server_error",
		.arg = 1,
		.arg_name = "PORT",
		.message = "Moved.",
		.headers = "location: http://127.0.0.1:%PORT%/v1/chat/completions\r\n"},

	/* no answer */
	{.name = "die-before-read",
		.what = "closed when the first bytes arrive",
		.kind = MODE_EARLY},
	{.name = "die-after-read",
		.what = "closed without a byte after the request",
		.kind = MODE_DIE,
		.billed = true},
	{.name = "die-on-reuse",
		.what = "the same, but only on a reused connection",
		.kind = MODE_DIE,
		.billed = true,
		.reused_only = true},
	{.name = "black-hole",
		.what = "read and never answered",
		.kind = MODE_HOLE,
		.billed = true},

	REPLY_ROW("stall", "half of the reply, then silence", .cut = CUT_HALF,
		.stalls = true),

	/* broken transport */
	REPLY_ROW("truncated-cl", "half of what Content-Length says, then closed",
		.frame = FRAME_LONG_LENGTH, .cut = CUT_HALF),
	REPLY_ROW("truncated-chunked", "closed in the middle of a chunk",
		.frame = FRAME_CHUNKED, .cut = CUT_HALF),
	REPLY_ROW("truncated-close", "close-delimited and closed half way",
		.frame = FRAME_CLOSE, .cut = CUT_HALF),
	REPLY_ROW("cut-at", "closed after N bytes of the body", .cut = CUT_AT_ARG,
		.arg = 100, .arg_name = "N"),
	REPLY_ROW("close-after", "keep-alive promised, closed behind the reply",
		.silent_close = true),
	{.name = "garbage",
		.what = "4 KiB of noise",
		.kind = MODE_RAW,
		.billed = true,
		.raw_bytes = 4096},
	REPLY_ROW("http09", "a body without a head", .frame = FRAME_BARE),
	REPLY_ROW(
		"duplicate-cl", "two Content-Length that differ", .two_lengths = true),
	REPLY_ROW("cl-and-te", "chunked, with a Content-Length beside it",
		.frame = FRAME_CHUNKED, .headers = "content-length: 5\r\n"),
	REPLY_ROW("gzip-bomb", "MIB of blanks, truly in gzip", .bomb = true, .arg = 64,
		.arg_name = "MIB", .headers = "content-encoding: gzip\r\n"),
	REPLY_ROW("gzip", "says gzip, is not", .headers = "content-encoding: gzip\r\n"),
	REPLY_ROW("encoding-chain", "says gzip of deflate of br, is not",
		.headers = "content-encoding: br, deflate, gzip\r\n"),
	REPLY_ROW("wrong-content-type", "text/html", .content_type = "text/html"),
	REPLY_ROW("huge-header", "one header line of N MiB", .long_header = true,
		.arg = 2, .arg_name = "MIB"),
	{.name = "endless-headers",
		.what = "header lines, 256 MiB of them",
		.kind = MODE_RAW,
		.billed = true,
		.status = 200,
		.prefix = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n",
		.filler = "x-endless: 0123456789abcdefghijklmnopqrstuvwxyz\r\n",
		.raw_bytes = 256 << 20},
	{.name = "endless-100",
		.what = "100 Continue, 256 MiB of it",
		.kind = MODE_RAW,
		.billed = true,
		.prefix = "",
		.filler = "HTTP/1.1 100 Continue\r\n\r\n",
		.raw_bytes = 256 << 20},
	REPLY_ROW("drip", "the body at one byte every MS milliseconds",
		.trickle = TRICKLE_DRIP, .arg = 500, .arg_name = "MS"),
	REPLY_ROW("drip-head", "head and body at one byte every MS milliseconds",
		.trickle = TRICKLE_ALL, .arg = 500, .arg_name = "MS"),
	REPLY_ROW("split-every-byte", "each byte of the body in a write of its own",
		.trickle = TRICKLE_BYTES, .arg = 20, .arg_name = "US"),

	/* broken content */
	REPLY_ROW("long-line", "N MiB of content in one line", .long_line = true,
		.arg = 4, .arg_name = "MIB"),
	REPLY_ROW("bad-json", "JSON that ends too early", .bad_json = true),
	REPLY_ROW("bad-utf8", "a byte that is no UTF-8", .bad_utf8 = true),
	REPLY_ROW("deep-json", "a member of N brackets", .deep = true, .arg = 100000,
		.arg_name = "N"),
	{.name = "endless-comments",
		.what = "a stream of comments, 256 MiB of them",
		.kind = MODE_RAW,
		.billed = true,
		.status = 200,
		.prefix = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
		.filler = ": still thinking\n\n",
		.raw_bytes = 256 << 20},
	REPLY_ROW("no-done", "the stream ends without [DONE]", .no_done = true),
	REPLY_ROW("done-twice", "[DONE] comes twice", .two_dones = true),
	REPLY_ROW("usage-missing", "no usage at all", .usage = USAGE_MISSING),
	REPLY_ROW("usage-null", "usage: null", .usage = USAGE_NULL),
	REPLY_ROW("usage-zero", "all counts 0", .usage = USAGE_ZERO),
	REPLY_ROW("usage-negative", "all counts -1", .usage = USAGE_NEGATIVE),
	REPLY_ROW("usage-huge", "counts beyond 64 bits", .usage = USAGE_HUGE),
	REPLY_ROW("error-event", "an error in the middle of the stream",
		.error_event = true),
	REPLY_ROW("failed", "a response that fails half way; else as error-event",
		.error_event = true, .fails = true),
	REPLY_ROW("bom", "a byte order mark before the body", .bom = true),
	REPLY_ROW("cr-only", "events end with CR instead of LF", .cr_only = true),
};

const struct mode *mode_ok(void)
{
	return &rows[0];
}

const struct mode *mode_at(size_t i)
{
	return i < N_ELEMENTS(rows) ? &rows[i] : NULL;
}

const struct mode *mode_find(struct slice text, uint64_t *arg, bool *has_arg)
{
	const char *colon = memchr(text.p, ':', text.n);
	struct slice name = text;
	*has_arg = colon != NULL;
	if (colon != NULL) {
		name.n = (size_t)(colon - text.p);
		struct slice number = {colon + 1, text.n - name.n - 1};
		if (!parse_u64(number, arg))
			return NULL;
	}
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (slice_is(name, rows[i].name))
			return *has_arg && rows[i].arg_name == NULL ? NULL : &rows[i];
	return NULL;
}
