/* One HTTP exchange with the upstream by libcurl. */
#include "dispatch/transfer.h"

#include "base/clock.h"
#include "base/num.h"
#include "text/delay.h"
#include "text/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { IDLE_CONNECTION_SECONDS = 45, HEAD_BYTES_MAX = 32768 };

struct transfer {
	CURL *easy;
	struct transfers *all;
	struct transfer *next_idle;
	struct upstream *upstream;
	const char *url; /* what libcurl has been told, NULL = it must be told */
	bool is_get;     /* the same */
	long buffer_bytes;
	const struct transfer_ops *ops;
	void *owner;
	struct curl_slist
		id_header; /* ours, in front of the upstream's constant ones */
	char id_line[64];
	struct transfer_head head;
	uint64_t body_bytes;
	uint64_t content_length; /* as announced; UINT64_MAX = not */
	size_t head_bytes;
	unsigned n_sends; /* calls of the pre-request hook */
	bool is_head_final, has_content_length, has_exact_wait;
	bool is_refused; /* we ended it: TRANSFER_PROTOCOL */
	bool is_running;
};

/* ---- answer head --------------------------------------------------------------- */

static struct str trimmed(struct str s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.n--;
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static bool is_named(struct str line, const char *name, struct str *value)
{
	size_t n = strlen(name);
	if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
		return false;
	*value = trimmed((struct str){line.p + n + 1, line.n - n - 1});
	return true;
}

static bool starts_with(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.n >= n && strncasecmp(s.p, prefix, n) == 0;
}

/* Without what cannot be printed, and without keys: it goes to clients and the ledger. */
static void copy_name(struct str s, char *out, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n + 1 < cap; i++)
		if (s.p[i] > ' ' && s.p[i] < 0x7f)
			out[n++] = s.p[i];
	out[scrub_keys(out, n)] = '\0';
}

/* With or without parameters behind it; application/jsonl is another one. */
static bool is_type(struct str v, struct str type)
{
	return v.n >= type.n && strncasecmp(v.p, type.p, type.n) == 0 &&
	       (v.n == type.n || strchr("; \t", v.p[type.n]) != NULL);
}

static void copy_type(struct str s, char out[static EXCHANGE_TYPE_BYTES])
{
	bool fits = s.n < EXCHANGE_TYPE_BYTES;
	snprintf(out, EXCHANGE_TYPE_BYTES, "%.*s",
		fits ? (int)s.n : EXCHANGE_TYPE_BYTES,
		fits ? s.p : "application/octet-stream");
}

/* retry-after-ms is the truth that Retry-After has rounded up, whichever comes first. */
static void note_retry_after(struct transfer *t, uint64_t ns, bool is_exact)
{
	if (t->has_exact_wait && !is_exact)
		return;
	t->has_exact_wait |= is_exact;
	t->head.retry_after_ns = ns;
}

static enum retry_advice read_advice(struct str v)
{
	static const struct str yes = STR("true"), no = STR("false");
	if (v.n == yes.n && memcmp(v.p, yes.p, v.n) == 0)
		return RETRY_YES;
	return v.n == no.n && memcmp(v.p, no.p, v.n) == 0 ? RETRY_NO : RETRY_UNSAID;
}

/* "2020-10-01" as 20201001; 0 = no such date. */
static uint32_t read_version(struct str v)
{
	char digits[8];
	uint64_t n;
	if (v.n != 10 || v.p[4] != '-' || v.p[7] != '-')
		return 0;
	memcpy(digits, v.p, 4);
	memcpy(digits + 4, v.p + 5, 2);
	memcpy(digits + 6, v.p + 8, 2);
	return num_parse_u64((struct str){digits, 8}, &n) ? (uint32_t)n : 0;
}

/* A second, different length is how two readers come to see two answers. */
static bool take_content_length(struct transfer *t, struct str v)
{
	uint64_t n;
	if (!num_parse_u64(v, &n) || (t->has_content_length && n != t->content_length))
		return false;
	t->content_length = n;
	t->has_content_length = true;
	return true;
}

/* False = an answer we do not accept. */
static bool read_header(struct transfer *t, struct str line)
{
	struct str v;
	uint64_t ns;
	if (is_named(line, "content-type", &v)) {
		t->head.is_event_stream = starts_with(v, "text/event-stream");
		t->head.is_json = is_type(v, STR("application/json"));
		copy_type(v, t->head.content_type);
	} else if (is_named(line, "x-request-id", &v)) {
		copy_name(v, t->head.upstream_id, sizeof t->head.upstream_id);
	} else if (is_named(line, "openai-processing-ms", &v)) {
		if (num_parse_u64(v, &ns))
			t->head.processing_ms = ns;
	} else if (is_named(line, "openai-version", &v)) {
		t->head.api_version = read_version(v);
	} else if (is_named(line, "x-should-retry", &v)) {
		t->head.advice = read_advice(v);
	} else if (is_named(line, "retry-after-ms", &v)) {
		if (delay_parse_ms(v, &ns))
			note_retry_after(t, ns, true);
	} else if (is_named(line, "retry-after", &v)) {
		if (delay_parse_retry_after(v, clock_wall_ms(), &ns))
			note_retry_after(t, ns, false);
	} else if (starts_with(line, "x-ratelimit-")) {
		provider_read(&t->head.provider, line);
	} else if (is_named(line, "content-length", &v)) {
		return take_content_length(t, v);
	} else if (is_named(line, "content-encoding", &v)) {
		return starts_with(v, "identity");
	}
	return true;
}

/* "HTTP/1.1 200 OK": a new answer begins, a 1xx before it is forgotten. */
static void begin_head(struct transfer *t)
{
	t->head = (struct transfer_head){0};
	t->has_content_length = t->has_exact_wait = false;
}

static bool end_head(struct transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return true;
	t->head.status = (unsigned)status;
	t->is_head_final = true;
	return t->ops->head(t->owner) == TRANSFER_GO_ON;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct str line = {p, size * n};
	bool ok = true;
	t->head_bytes += line.n;
	if (t->head_bytes > HEAD_BYTES_MAX)
		ok = false;
	else if (t->is_head_final)
		ok = true; /* trailers mean nothing here */
	else if (starts_with(line, "HTTP/"))
		begin_head(t);
	else if (trimmed(line).n == 0)
		ok = end_head(t);
	else
		ok = read_header(t, line);
	t->is_refused |= !ok;
	return ok ? line.n : 0;
}

/* ---- body and end ---------------------------------------------------------------- */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct str bytes = {p, size * n};
	switch (t->ops->body(t->owner, bytes)) {
	case TRANSFER_GO_ON:
		return bytes.n;
	case TRANSFER_HOLD:
		return CURL_WRITEFUNC_PAUSE;
	case TRANSFER_STOP:
		break;
	}
	t->is_refused = true;
	return bytes.n + 1;
}

static int before_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	(void)ip, (void)local_ip, (void)port, (void)local_port;
	struct transfer *t = arg;
	return t->n_sends++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static enum transfer_result result_of(const struct transfer *t, CURLcode code)
{
	if (t->n_sends > 1)
		return TRANSFER_RESEND;
	if (t->n_sends == 0)
		return TRANSFER_NOT_SENT;
	if (t->is_refused)
		return TRANSFER_PROTOCOL;
	switch (code) {
	case CURLE_OK:
		return t->is_head_final ? TRANSFER_COMPLETE : TRANSFER_BROKEN;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return TRANSFER_PROTOCOL;
	default:
		return TRANSFER_BROKEN;
	}
}

static void on_done(CURL *easy, CURLcode result)
{
	char *private = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	struct transfer *t = (struct transfer *)(void *)private;
	curlmux_remove(&t->all->mux, t->easy);
	t->is_running = false;
	t->ops->end(t->owner, result_of(t, result));
}

/* ---- start and stop ---------------------------------------------------------------- */

static void set_constant_options(struct transfer *t)
{
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, before_send);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_SECONDS);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
}

static void set_upstream(struct transfer *t, struct upstream *u)
{
	CURL *e = t->easy;
	if (t->upstream == u)
		return;
	upstream_drop(t->upstream);
	t->upstream = upstream_hold(u);
	t->url = NULL;
	curl_easy_setopt(
		e, CURLOPT_PROTOCOLS_STR, u->allow_http ? "http,https" : "https");
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, u->connect_timeout_ms);
}

static void set_url(struct transfer *t, const struct transfer_request *r)
{
	const struct upstream *u = t->upstream;
	char relayed[UPSTREAM_URL_BYTES + UINT16_MAX];
	const char *url = u->urls[r->api];
	if (r->path.n > 0) {
		int n = snprintf(
			relayed, sizeof relayed, "%s" STR_FMT, url, STR_ARG(r->path));
		must(n > 0 && (size_t)n < sizeof relayed);
		curl_easy_setopt(t->easy, CURLOPT_URL, relayed);
		t->url = NULL;
	} else if (t->url != url) {
		curl_easy_setopt(t->easy, CURLOPT_URL, url);
		t->url = url;
	}
}

static void set_method(struct transfer *t, const struct transfer_request *r)
{
	if (r->is_get == t->is_get)
		return;
	curl_easy_setopt(t->easy, r->is_get ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);
	t->is_get = r->is_get;
}

/* What libcurl reads into, for as long as it runs: an event of a stream is small, and
 * thousands of them are open at once. */
static void set_buffer(struct transfer *t, const struct transfer_request *r)
{
	long bytes = r->is_stream ? 2048 : 4096;
	if (bytes == t->buffer_bytes)
		return;
	curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, bytes);
	t->buffer_bytes = bytes;
}

static void set_request(struct transfer *t, const struct transfer_request *r)
{
	CURL *e = t->easy;
	t->body_bytes = r->body.n;
	set_url(t, r);
	set_method(t, r);
	set_buffer(t, r);
	snprintf(t->id_line, sizeof t->id_line, "X-Client-Request-Id: %s", r->id);
	t->id_header = (struct curl_slist){t->id_line, t->upstream->headers};
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, &t->id_header);
	if (r->is_get)
		return; /* a body would make it a POST again */
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.p);
}

static struct transfer *new_transfer(struct transfers *ts)
{
	struct transfer *t = calloc(1, sizeof *t);
	must(t != NULL);
	t->easy = curlmux_handle(&ts->mux);
	t->all = ts;
	set_constant_options(t);
	return t;
}

/* An idle one, as if it were new; only what libcurl has been told already is kept. */
static struct transfer *take_idle(struct transfers *ts)
{
	struct transfer *t = ts->idle;
	ts->idle = t->next_idle;
	ts->n_idle--;
	struct transfer fresh = {.easy = t->easy,
		.all = ts,
		.upstream = t->upstream,
		.url = t->url,
		.is_get = t->is_get,
		.buffer_bytes = t->buffer_bytes};
	*t = fresh;
	return t;
}

struct transfer *transfer_start(struct transfers *ts, struct upstream *up,
	const struct transfer_request *request, const struct transfer_ops *ops,
	void *owner)
{
	struct transfer *t = ts->idle ? take_idle(ts) : new_transfer(ts);
	t->ops = ops;
	t->owner = owner;
	set_upstream(t, up);
	set_request(t, request);
	t->is_running = true;
	curlmux_add(&ts->mux, t->easy);
	return t;
}

const struct transfer_head *transfer_head(const struct transfer *t)
{
	return &t->head;
}

bool transfer_was_sent(const struct transfer *t)
{
	return t->n_sends > 0;
}

bool transfer_has_sent_all(const struct transfer *t)
{
	curl_off_t sent = 0;
	curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return sent >= 0 && (uint64_t)sent >= t->body_bytes;
}

void transfer_resume(struct transfer *t)
{
	if (t->is_running)
		curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static void discard(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	upstream_drop(t->upstream);
	free(t);
}

void transfer_free(struct transfer *t)
{
	if (t == NULL)
		return;
	struct transfers *ts = t->all;
	if (t->is_running)
		curlmux_remove(&ts->mux, t->easy);
	t->is_running = false;
	if (ts->n_idle >= TRANSFERS_KEPT) {
		discard(t);
		return;
	}
	t->next_idle = ts->idle;
	ts->idle = t;
	ts->n_idle++;
}

void transfers_init(struct transfers *ts, struct event_base *base)
{
	*ts = (struct transfers){0};
	curlmux_init(&ts->mux, base, on_done);
}

void transfers_fini(struct transfers *ts)
{
	while (ts->idle != NULL)
		discard(take_idle(ts));
	curlmux_fini(&ts->mux);
}

const char *transfer_result_name(enum transfer_result r)
{
	static const char *const names[] = {
		"complete", "not_sent", "broken", "resend", "protocol"};
	return r < N_ELEMENTS(names) ? names[r] : "impossible";
}
