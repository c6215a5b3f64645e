/*
 * The bytes of a reply to a chat: the words of a stream go on to the client and into the
 * turn's text, still escaped, calls of tools into the loop. A reply that is no stream is
 * kept: it is a refusal.
 */
#include "front/chat_events.h"
#include "front/chat_run_parts.h"
#include "text/delta.h"
#include "text/responses.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUFFER_BYTES = 4096, ERROR_BODY_BYTES = 65536 };

static void take_words(struct conn *c, struct chat_run *r, struct str raw)
{
	if (chat_run_answer_bytes(r) + raw.n <= CHAT_ANSWER_BYTES)
		must(evbuffer_add(r->text, raw.p, raw.n) == 0);
	if (c != NULL && r->is_stream)
		chat_events_delta(c, raw);
	if (c != NULL)
		r->last_put_ns = c->front->process.now_ns;
}

static void grow(struct chat_run *r)
{
	size_t cap = r->sse.cap ? 2 * r->sse.cap : FIRST_BUFFER_BYTES;
	char *bigger = malloc(cap);
	must(bigger != NULL);
	sse_grow(&r->sse, bigger, cap);
	free(r->sse_buffer);
	r->sse_buffer = bigger;
}

/* A plain word, or nothing: it is told as it is. */
static void take_finish(struct chat_run *r, struct str word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz_";
	if (word.p == NULL || word.n >= sizeof r->finish)
		return;
	for (size_t i = 0; i < word.n; i++)
		if (memchr(plain, word.p[i], sizeof plain - 1) == NULL)
			return;
	memcpy(r->finish, word.p, word.n);
	r->finish[word.n] = '\0';
}

static void take_chunk(struct conn *c, struct chat_run *r, struct str chunk)
{
	struct delta d;
	if (!delta_read(chunk, &d))
		return;
	if (d.words.p != NULL)
		take_words(c, r, d.words);
	if (d.has_calls && r->loop != NULL)
		calls_take(&r->loop->calls, chunk);
	take_finish(r, d.finish);
}

static void take_response(struct conn *c, struct chat_run *r, struct str data)
{
	struct response_part p;
	responses_read(data, &p);
	if (p.event == RESPONSE_WORDS)
		take_words(c, r, p.words);
	else if (p.event == RESPONSE_CALL && r->loop != NULL)
		calls_add(&r->loop->calls, p.id, p.name, p.args);
	else if (p.event == RESPONSE_ENDED)
		take_finish(r, p.finish);
}

static void take_events(struct conn *c, struct chat_run *r, struct str in)
{
	struct sse_event event;
	enum sse_verdict v;
	while ((v = sse_next(&r->sse, &in, &event)) == SSE_EVENT || v == SSE_FULL) {
		if (v == SSE_FULL)
			grow(r);
		else if (r->api == API_RESPONSES)
			take_response(c, r, event.data);
		else
			take_chunk(c, r, event.data);
	}
}

void chat_take(struct conn *c, void *arg, struct str part)
{
	struct chat_run *r = arg;
	if (r->is_event_stream)
		take_events(c, r, part);
	else if (evbuffer_get_length(r->other) < ERROR_BODY_BYTES)
		must(evbuffer_add(r->other, part.p, part.n) == 0);
}
