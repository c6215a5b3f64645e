/* The heads of relayed answers. */
#include "front/relay_parts.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"

#include <stdio.h>
#include <string.h>

static struct str text_of(const char *s, size_t cap)
{
	return (struct str){s, strnlen(s, cap)};
}

/* What the upstream's head said and clients may know. */
static void add_upstream(struct http_reply *h, const struct exchange_reply *r)
{
	struct str id = text_of(r->upstream_id, sizeof r->upstream_id);
	char version[16];
	if (id.n > 0)
		http_reply_add(h, STR("x-request-id"), id);
	if (r->processing_ms > 0)
		http_reply_add_u64(h, STR("openai-processing-ms"), r->processing_ms);
	if (r->api_version == 0)
		return;
	snprintf(version, sizeof version, "%04u-%02u-%02u",
		r->api_version / 10000 % 10000, r->api_version / 100 % 100,
		r->api_version % 100);
	http_reply_add(h, STR("openai-version"), text_of(version, sizeof version));
}

static void add_id(struct http_reply *h, const uint8_t id[static EXCHANGE_ID_BYTES])
{
	char text[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(id, text);
	http_reply_add(h, STR("X-Atlas-Request-Id"), text_of(text, sizeof text));
}

void relay_add_common(struct http_reply *h, const void *exchange)
{
	const struct exchange *x = exchange;
	const struct exchange_request *q = &x->request;
	const struct exchange_reply *r = &x->reply;
	/* A replay has no row of its own: it is named after the request that was sent. */
	add_id(h, r->is_replay ? r->replay_of : q->id);
	if (r->is_replay)
		http_reply_add(h, STR("X-Atlas-Idempotent-Replay"), STR("true"));
	http_reply_add_u64(
		h, STR("X-Atlas-Queue-Ms"), exchange_waited_ns(x) / NS_PER_MS);
	http_reply_add_u64(h, STR("X-Atlas-Retries"), r->retries);
}

void relay_add_type(struct http_reply *h, const struct exchange *x)
{
	const struct exchange_reply *r = &x->reply;
	struct str type = STR("application/json");
	if (x->request.api == API_RELAYED && r->status >= 200 && r->status < 300) {
		type = text_of(r->content_type, sizeof r->content_type);
		http_reply_add(h, STR("X-Content-Type-Options"), STR("nosniff"));
	}
	bool has_content = r->status != 204 && r->status != 205;
	if (has_content && type.n > 0)
		http_reply_add(h, STR("Content-Type"), type);
}

void relay_add_outcome(struct http_reply *h, const struct exchange *x)
{
	const struct exchange_reply *r = &x->reply;
	char usd[NUM_USD_BYTES];
	num_format_usd(r->cost_nanousd, usd);
	http_reply_add(h, STR("X-Atlas-Cost-Usd"), text_of(usd, sizeof usd));
	add_upstream(h, r);
	if (r->status < 400)
		return;
	/* What Atlas has given up on is not to be tried again by the SDK. */
	http_reply_add(h, STR("x-should-retry"), STR("false"));
	if (r->retry_after_ms > 0)
		answer_add_wait(h, r->retry_after_ms);
}

static void begin_events(struct conn *c, struct relay *y, struct http_reply *h)
{
	http_reply_add(h, STR("Content-Type"), STR("text/event-stream; charset=utf-8"));
	http_reply_add(h, STR("Cache-Control"), STR("no-cache"));
	http_reply_add(h, STR("X-Accel-Buffering"), STR("no"));
	conn_stream_begin(c, h);
	y->head_out = true;
}

void relay_begin_stream(struct conn *c, struct relay *y, const struct exchange *x)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply h;
	conn_reply_begin(c, &h, buf, 200);
	relay_add_common(&h, x);
	add_upstream(&h, &x->reply);
	begin_events(c, y, &h);
}

void relay_begin_early(struct conn *c, struct relay *y, const struct exchange *x)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply h;
	conn_reply_begin(c, &h, buf, 200);
	add_id(&h, x->request.id);
	begin_events(c, y, &h);
}
