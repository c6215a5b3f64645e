/* POSTs to tools. */
#include "dispatch/toolcall.h"

#include "conf/tool_section.h"
#include "dispatch/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- how it ended ----------------------------------------------------------------------- */

static void tell(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref)
{
	channel_tell(&d->channels[channel_ix], ref);
	d->told[channel_ix] = true;
}

static void refuse(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref,
	enum exchange_failure why)
{
	struct exchange *x = &d->channels[channel_ix].exchanges[ref.slot];
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(x->request.id, id);
	log_event(LOG_INFO, EVENT_TOOL_FAILED, "id=%s tool=%s failure=%s", id,
		x->request.model, exchange_failure_name(why));
	x->reply.failure = (uint8_t)why;
	x->reply.done_ns = d->process.now_ns;
	exchange_move(x, EXCHANGE_FAILED);
	process_count(&d->process, COUNTER_tool_calls_failed, 1);
	tell(d, channel_ix, ref);
}

static void free_call(struct toolcall *t)
{
	struct toolcalls *ts = &t->dispatch->toolcalls;
	*(t->prev ? &t->prev->next : &ts->all) = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	ts->n--;
	curlmux_remove(&ts->mux, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free(t->answer);
	free(t);
}

void toolcall_end(struct toolcall *t, enum exchange_failure why)
{
	struct dispatch *d = t->dispatch;
	uint32_t channel_ix = t->channel;
	struct exchange_ref ref = t->ref;
	free_call(t);
	refuse(d, channel_ix, ref, why);
}

static void answer(struct toolcall *t, long status)
{
	struct dispatch *d = t->dispatch;
	struct exchange *x = t->exchange;
	struct str part = {t->answer, t->n_answer};
	struct pipe pipe;
	bool fits = channel_pipe(&d->channels[t->channel], x, &pipe) &&
		    (part.n == 0 || pipe_put_all(&pipe, &part, 1));
	if (!fits) { /* the front has changed its request part meanwhile */
		toolcall_end(t, FAILURE_BAD_EXCHANGE);
		return;
	}
	x->reply.status = (uint16_t)MIN(status, UINT16_MAX);
	x->reply.done_ns = d->process.now_ns;
	x->reply.body_done = 1;
	exchange_move(x, EXCHANGE_STREAMING);
	exchange_move(x, EXCHANGE_DONE);
	tell(d, t->channel, t->ref);
	free_call(t);
}

static enum exchange_failure failure_of(CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return FAILURE_UPSTREAM_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT:
		return FAILURE_UPSTREAM_TIMEOUT;
	case CURLE_WRITE_ERROR: /* it was too long for us */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return FAILURE_TOOL_ANSWER;
	default:
		return FAILURE_UPSTREAM_OUTCOME_UNKNOWN;
	}
}

static void on_done(CURL *easy, CURLcode result)
{
	char *private = NULL;
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	struct toolcall *t = (struct toolcall *)(void *)private;
	process_read_clocks(&t->dispatch->process);
	if (result == CURLE_OK)
		answer(t, status);
	else
		toolcall_end(t, failure_of(result));
}

/* ---- what comes ------------------------------------------------------------------------- */

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct toolcall *t = arg;
	(void)p;
	t->n_head += size * n;
	return t->n_head > TOOLCALL_HEAD_BYTES ? 0 : size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct toolcall *t = arg;
	n *= size;
	if (n > t->max_bytes - t->n_answer)
		return n + 1;
	memcpy(t->answer + t->n_answer, p, n);
	t->n_answer += n;
	return n;
}

/* ---- a call -------------------------------------------------------------------------------- */

static void add_header(struct toolcall *t, const char *line)
{
	t->headers = curl_slist_append(t->headers, line);
	must(t->headers != NULL);
}

static void add_headers(struct toolcall *t)
{
	char line[64], id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(t->exchange->request.id, id);
	snprintf(line, sizeof line, "X-Atlas-Request-Id: %s", id);
	add_header(t, line);
	add_header(t, "Content-Type: application/json");
	add_header(t, "Accept: application/json, text/plain");
	add_header(t, "Expect:");
}

static void set_options(struct toolcall *t, const struct settings_tool *tool)
{
	CURL *e = t->easy;
	bool is_http =
		strncasecmp(tool->url, "http://", 7) == 0; /* settings allow it */
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_URL, tool->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, is_http ? "http" : "https");
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(tool->timeout_ns / NS_PER_MS));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
}

/* The body stays in the region until the front has it back. */
static void set_body(struct toolcall *t)
{
	const struct exchange_request *q = &t->exchange->request;
	const char *body = channel_region_at(
		&t->dispatch->channels[t->channel], q->body_offset, q->body_bytes);
	must(body != NULL); /* intake has checked it */
	curl_easy_setopt(
		t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_bytes);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body);
}

static void start(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref,
	const struct settings_tool *tool)
{
	struct toolcalls *ts = &d->toolcalls;
	struct toolcall *t = calloc(1, sizeof *t);
	must(t != NULL);
	*t = (struct toolcall){.dispatch = d,
		.channel = channel_ix,
		.ref = ref,
		.exchange = &d->channels[channel_ix].exchanges[ref.slot],
		.easy = curlmux_handle(&ts->mux),
		.answer = malloc(tool->max_bytes),
		.max_bytes = tool->max_bytes,
		.next = ts->all};
	must(t->answer != NULL);
	if (ts->all != NULL)
		ts->all->prev = t;
	ts->all = t;
	ts->n++;
	add_headers(t);
	set_options(t, tool);
	set_body(t);
	t->exchange->reply.sent_ns = d->process.now_ns;
	exchange_move(t->exchange, EXCHANGE_SENT);
	curlmux_add(&ts->mux, t->easy);
}

/* Nobody keeps the others from theirs. */
static bool is_full(const struct toolcalls *ts, uint64_t client_id)
{
	uint32_t n = 0;
	for (const struct toolcall *t = ts->all; t != NULL; t = t->next)
		n += t->exchange->request.client_id == client_id;
	return ts->n >= TOOLCALLS_MAX || n >= TOOLCALLS_A_CLIENT;
}

void toolcalls_begin(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref)
{
	const struct exchange *x = &d->channels[channel_ix].exchanges[ref.slot];
	const struct settings_tool *tool = tool_section_find(&d->process.settings,
		(struct str){x->request.model, strlen(x->request.model)});
	process_count(&d->process, COUNTER_tool_calls, 1);
	if (exchange_is_abandoned(x))
		refuse(d, channel_ix, ref, FAILURE_CANCELLED);
	else if (tool == NULL)
		refuse(d, channel_ix, ref, FAILURE_TOOL_GONE);
	else if (is_full(&d->toolcalls, x->request.client_id))
		refuse(d, channel_ix, ref, FAILURE_QUEUE_FULL);
	else
		start(d, channel_ix, ref, tool);
}

void toolcalls_look(struct dispatch *d, uint32_t channel_ix, uint32_t slot)
{
	for (struct toolcall *t = d->toolcalls.all; t != NULL; t = t->next)
		if (t->channel == channel_ix && t->ref.slot == slot) {
			if (exchange_is_abandoned(t->exchange))
				toolcall_end(t, FAILURE_CANCELLED);
			return;
		}
}

void toolcalls_end_all(
	struct dispatch *d, uint32_t channel_ix, enum exchange_failure why)
{
	for (struct toolcall *t = d->toolcalls.all, *next; t != NULL; t = next) {
		next = t->next;
		if (channel_ix == UINT32_MAX || t->channel == channel_ix)
			toolcall_end(t, why);
	}
}

void toolcalls_open(struct dispatch *d)
{
	d->toolcalls = (struct toolcalls){.all = NULL};
	curlmux_init(&d->toolcalls.mux, d->process.base, on_done);
}

void toolcalls_close(struct dispatch *d)
{
	must(d->toolcalls.all == NULL);
	curlmux_fini(&d->toolcalls.mux);
}
