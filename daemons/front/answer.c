/* JSON answers and errors. */
#include "front/answer.h"

#include "base/num.h"
#include "front/front.h"

#include <stdio.h>
#include <string.h>

enum { WAIT_DEFAULT_MS = 1000 };

static void add_json_headers(struct http_reply *r)
{
	http_reply_add(r, STR("Content-Type"), STR("application/json"));
	http_reply_add(r, STR("Cache-Control"), STR("no-store"));
}

void answer_json(struct conn *c, unsigned status, struct str body)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, status);
	add_json_headers(&r);
	conn_reply_line(c, &r, body);
}

void answer_jsonw(struct conn *c, struct jsonw *w)
{
	struct str body;
	if (jsonw_done(w, &body))
		answer_json(c, 200, body);
	else
		answer_error(c, APIERR_INTERNAL);
}

void answer_json_buffer(struct conn *c, struct evbuffer *body)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 200);
	add_json_headers(&r);
	conn_reply_buffer(c, &r, body);
}

/* What Atlas refuses by itself has no exchange; it has a name for the log nevertheless. */
static void add_own_id(
	const struct conn *c, struct http_reply *r, unsigned status, const char *code)
{
	uint8_t id[EXCHANGE_ID_BYTES];
	char text[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_make(c->front->process.now_ms, id);
	exchange_id_format(id, text);
	http_reply_add(r, STR("X-Atlas-Request-Id"), (struct str){text, strlen(text)});
	log_event(LOG_DEBUG, EVENT_REQUEST_REFUSED, "id=%s status=%u code=%s", text,
		status, code);
}

void answer_error(struct conn *c, enum apierr_reason reason)
{
	struct apierr e;
	(void)apierr_default(&e, reason);
	answer_apierr(c, &e);
}

void answer_apierr(struct conn *c, const struct apierr *e)
{
	answer_apierr_wait(c, e, 0, &(struct answer_headers){0});
}

static void add_retry_headers(
	struct http_reply *r, const struct apierr_row *row, uint64_t wait_ms)
{
	if (row->retry == APIERR_RETRY_YES)
		http_reply_add(r, STR("x-should-retry"), STR("true"));
	else if (row->retry == APIERR_RETRY_NO)
		http_reply_add(r, STR("x-should-retry"), STR("false"));
	if (row->wants_wait)
		answer_add_wait(r, wait_ms);
}

void answer_add_wait(struct http_reply *r, uint64_t wait_ms)
{
	uint64_t told_ms = MIN(wait_ms, (uint64_t)ANSWER_WAIT_MAX_MS);
	http_reply_add_u64(r, STR("Retry-After"), (told_ms + 999) / 1000);
	http_reply_add_u64(r, STR("retry-after-ms"), told_ms);
}

/* All of it, where people read it. */
static void name_wait(struct apierr *e, uint64_t wait_ms)
{
	char sentence[APIERR_WAIT_BYTES];
	size_t n = strlen(e->message);
	snprintf(e->message + n, sizeof e->message - n, "%s",
		apierr_wait_sentence(wait_ms, sentence));
}

void answer_apierr_wait(struct conn *c, const struct apierr *e, uint64_t wait_ms,
	const struct answer_headers *more)
{
	char buf[HTTP_REPLY_BYTES], body[APIERR_BODY_BYTES];
	struct http_reply r;
	struct apierr with_wait = *e;
	const struct apierr_row *row = apierr_row(e->reason);
	wait_ms = wait_ms ? wait_ms : WAIT_DEFAULT_MS;
	if (row->wants_wait)
		name_wait(&with_wait, wait_ms);
	if (c->request != NULL && c->request->refuse != NULL) {
		c->request->refuse(c, &with_wait, row->wants_wait ? wait_ms : 0);
		return;
	}
	size_t n = apierr_write(&with_wait, body, sizeof body);
	must(n > 0);
	conn_reply_begin(c, &r, buf, row->status);
	add_json_headers(&r);
	add_retry_headers(&r, row, wait_ms);
	if (more->add != NULL)
		more->add(&r, more->arg);
	else
		add_own_id(c, &r, row->status, row->code);
	conn_reply_line(c, &r, (struct str){body, n});
}

void answer_http_error(struct conn *c, enum http_verdict v)
{
	const struct http_reason *reason = http_verdict_reason(v);
	char buf[HTTP_REPLY_BYTES], body[APIERR_BODY_BYTES];
	struct http_reply r;
	struct apierr_words w = {
		.message = {reason->sentence, strlen(reason->sentence)},
		.type = STR("invalid_request_error"),
		.code = {reason->code, strlen(reason->code)}};
	size_t n = apierr_write_words(&w, body, sizeof body);
	must(n > 0);
	conn_reply_begin(c, &r, buf, reason->status);
	add_json_headers(&r);
	add_own_id(c, &r, reason->status, reason->code);
	if (reason->status >= 500) /* else no SDK tries it again anyway */
		http_reply_add(&r, STR("x-should-retry"), STR("false"));
	conn_reply_line(c, &r, (struct str){body, n});
}

void answer_not_allowed(struct conn *c, const char *allow)
{
	char buf[HTTP_REPLY_BYTES], body[APIERR_BODY_BYTES];
	struct http_reply r;
	struct apierr e;
	(void)apierr_default(&e, APIERR_METHOD_NOT_ALLOWED);
	size_t n = apierr_write(&e, body, sizeof body);
	must(n > 0);
	conn_reply_begin(c, &r, buf, apierr_row(e.reason)->status);
	add_json_headers(&r);
	http_reply_add(&r, STR("Allow"), (struct str){allow, strlen(allow)});
	add_own_id(c, &r, apierr_row(e.reason)->status, apierr_row(e.reason)->code);
	conn_reply_line(c, &r, (struct str){body, n});
}
