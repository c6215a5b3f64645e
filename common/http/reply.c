/* Answer heads and chunk framing. Pure; run by the fronts; sends nothing. */
#include "http/reply.h"

#include "http/chars.h"

#include <string.h>

enum { U64_DIGITS = 20 };

static const struct {
	unsigned status;
	struct str reason;
} reasons[] = {
	{200, {"OK", 2}},
	{201, {"Created", 7}},
	{202, {"Accepted", 8}},
	{204, {"No Content", 10}},
	{205, {"Reset Content", 13}},
	{206, {"Partial Content", 15}},
	{301, {"Moved Permanently", 17}},
	{302, {"Found", 5}},
	{303, {"See Other", 9}},
	{304, {"Not Modified", 12}},
	{307, {"Temporary Redirect", 18}},
	{308, {"Permanent Redirect", 18}},
	{400, {"Bad Request", 11}},
	{401, {"Unauthorized", 12}},
	{402, {"Payment Required", 16}},
	{403, {"Forbidden", 9}},
	{404, {"Not Found", 9}},
	{405, {"Method Not Allowed", 18}},
	{406, {"Not Acceptable", 14}},
	{408, {"Request Timeout", 15}},
	{409, {"Conflict", 8}},
	{410, {"Gone", 4}},
	{411, {"Length Required", 15}},
	{412, {"Precondition Failed", 19}},
	{413, {"Content Too Large", 17}},
	{414, {"URI Too Long", 12}},
	{415, {"Unsupported Media Type", 22}},
	{416, {"Range Not Satisfiable", 21}},
	{417, {"Expectation Failed", 18}},
	{421, {"Misdirected Request", 19}},
	{422, {"Unprocessable Content", 21}},
	{424, {"Failed Dependency", 17}},
	{425, {"Too Early", 9}},
	{426, {"Upgrade Required", 16}},
	{428, {"Precondition Required", 21}},
	{429, {"Too Many Requests", 17}},
	{431, {"Request Header Fields Too Large", 31}},
	{451, {"Unavailable For Legal Reasons", 29}},
	{500, {"Internal Server Error", 21}},
	{501, {"Not Implemented", 15}},
	{502, {"Bad Gateway", 11}},
	{503, {"Service Unavailable", 19}},
	{504, {"Gateway Timeout", 15}},
	{505, {"HTTP Version Not Supported", 26}},
	{507, {"Insufficient Storage", 20}},
};

static struct str find_reason(unsigned status)
{
	for (size_t i = 0; i < N_ELEMENTS(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return STR("");
}

/* True when n more bytes fit; else nothing will be written any more. */
static bool has_room(struct http_reply *r, size_t n)
{
	must(r->n <= r->cap);
	if (r->truncated || n > r->cap - r->n)
		r->truncated = true;
	return !r->truncated;
}

/* There must be room. */
static void put(struct http_reply *r, struct str s)
{
	if (s.n > 0) /* an empty value may have no address */
		memcpy(r->p + r->n, s.p, s.n);
	r->n += s.n;
}

static bool put_if_room(struct http_reply *r, struct str s)
{
	if (!has_room(r, s.n))
		return false;
	put(r, s);
	return true;
}

static struct str decimal(uint64_t v, char out[static U64_DIGITS])
{
	size_t at = U64_DIGITS;
	do {
		out[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return (struct str){out + at, U64_DIGITS - at};
}

void http_reply_begin(struct http_reply *r, unsigned status)
{
	must(status >= 200 && status <= 599);
	char line[sizeof "HTTP/1.1 200 " - 1];
	memcpy(line, "HTTP/1.1 200 ", sizeof line);
	line[9] = (char)('0' + status / 100);
	line[10] = (char)('0' + status / 10 % 10);
	line[11] = (char)('0' + status % 10);
	r->n = 0;
	r->chunked = false;
	r->truncated = false;
	struct str reason = find_reason(status);
	if (!has_room(r, sizeof line + reason.n + 2))
		return;
	put(r, (struct str){line, sizeof line});
	put(r, reason);
	put(r, STR("\r\n"));
}

bool http_reply_add(struct http_reply *r, struct str name, struct str value)
{
	must(name.n > 0 && http_chars_all(name, HTTP_CHAR_TOKEN));
	if (!http_chars_all(value, HTTP_CHAR_PRINT))
		return false;
	if (!has_room(r, name.n + 2 + value.n + 2))
		return false;
	put(r, name);
	put(r, STR(": "));
	put(r, value);
	put(r, STR("\r\n"));
	return true;
}

bool http_reply_add_u64(struct http_reply *r, struct str name, uint64_t value)
{
	char digits[U64_DIGITS];
	return http_reply_add(r, name, decimal(value, digits));
}

/* Each version's default goes without saying. */
static bool end(struct http_reply *r)
{
	if (!r->keep_alive)
		return put_if_room(r, STR("Connection: close\r\n\r\n"));
	if (r->minor == 0)
		return put_if_room(r, STR("Connection: keep-alive\r\n\r\n"));
	return put_if_room(r, STR("\r\n"));
}

bool http_reply_end_length(struct http_reply *r, uint64_t body_bytes)
{
	return http_reply_add_u64(r, STR("Content-Length"), body_bytes) && end(r);
}

bool http_reply_end_stream(struct http_reply *r)
{
	if (r->minor == 0) {
		r->keep_alive = false;
		return end(r);
	}
	r->chunked = true;
	return put_if_room(r, STR("Transfer-Encoding: chunked\r\n")) && end(r);
}

bool http_reply_end_bare(struct http_reply *r)
{
	return end(r);
}

size_t http_chunk_size(uint64_t n, char out[static HTTP_CHUNK_SIZE_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	must(n > 0);
	unsigned shift = 60;
	while (n >> shift == 0)
		shift -= 4;
	size_t at = 0;
	for (; shift > 0; shift -= 4)
		out[at++] = digits[n >> shift & 15];
	out[at++] = digits[n & 15];
	out[at++] = '\r';
	out[at++] = '\n';
	return at;
}
