/* How a reply's bytes leave. */
#include "wire.h"

#include <string.h>

/* What a stream that must lie about its length says. */
enum { FALSE_LENGTH = 1 << 20, POUR_BYTES = 64 << 10 };

static enum openai_framing framing(const struct exchange *ex)
{
	const struct mode *m = ex->mode;
	switch (m->frame) {
	case FRAME_CLOSE:
	case FRAME_BARE:
		return OPENAI_TO_CLOSE;
	case FRAME_CHUNKED:
		return ex->minor == 0 ? OPENAI_TO_CLOSE : OPENAI_CHUNKED;
	case FRAME_LONG_LENGTH:
		return OPENAI_LENGTH;
	case FRAME_GOOD:
		break;
	}
	if (!ex->bill.stream || m->two_lengths)
		return OPENAI_LENGTH;
	return ex->minor == 0 ? OPENAI_TO_CLOSE : OPENAI_CHUNKED;
}

bool wire_keeps_alive(const struct exchange *ex)
{
	const struct mode *m = ex->mode;
	bool lies = ex->bill.stream && framing(ex) == OPENAI_LENGTH;
	return ex->keep_alive && m->kind == MODE_REPLY && !m->silent_close && !lies &&
	       framing(ex) != OPENAI_TO_CLOSE;
}

static struct openai_head plain_head(const struct exchange *ex)
{
	uint64_t now_ns = clock_ns();
	return (struct openai_head){
		.status = 200,
		.content_type = ex->bill.stream ? "text/event-stream; charset=utf-8"
						: "application/json",
		.framing = OPENAI_LENGTH,
		.keep_alive = ex->keep_alive,
		.minor = ex->minor,
		.request_id = ex->request_id,
		.hints = ex->hints,
		.processing_ms = (now_ns - ex->started_ns) / NS_PER_MS,
		.limiter = &ex->sim->limiter,
		.key = ex->key,
		.now_ns = now_ns,
	};
}

/* Header lines of a mode, with its number in place of %PORT%. */
static void put_headers(struct buf *out, const char *headers, uint64_t arg)
{
	const char *hole = strstr(headers, "%PORT%");
	if (hole == NULL) {
		buf_text(out, headers);
		return;
	}
	buf_put(out, headers, (size_t)(hole - headers));
	buf_u64(out, arg);
	buf_text(out, hole + 6);
}

void wire_begin(struct exchange *ex, uint64_t body_n)
{
	const struct mode *m = ex->mode;
	struct buf *out = &ex->sim->wire;
	if (m->frame == FRAME_BARE)
		return;
	struct openai_head h = plain_head(ex);
	h.framing = framing(ex);
	h.length = ex->bill.stream ? FALSE_LENGTH : body_n;
	if (m->content_type != NULL)
		h.content_type = m->content_type;
	openai_head(out, &h);
	if (m->two_lengths)
		buf_fmt(out, "content-length: %lu\r\n", h.length / 2);
	if (m->headers != NULL)
		put_headers(out, m->headers, ex->arg);
	if (m->long_header) {
		BUF_LIT(out, "x-long: ");
		buf_fill(out, 'x', (size_t)ex->arg << 20);
		BUF_LIT(out, "\r\n");
	}
	BUF_LIT(out, "\r\n");
	/* a whole body joins its head in one write; a trickle is of the body only */
	if (m->trickle == TRICKLE_ALL) {
		wire_flush(ex);
	} else if (ex->bill.stream || m->trickle != TRICKLE_NONE) {
		http_send(ex->conn, out->p, out->n);
		out->n = 0;
	}
}

void wire_put(struct exchange *ex, const char *p, size_t n, size_t n_sent)
{
	struct buf *out = &ex->sim->wire;
	bool chunked = framing(ex) == OPENAI_CHUNKED;
	if (n == 0)
		return; /* an empty chunk would be the last */
	if (chunked)
		buf_fmt(out, "%zx\r\n", n);
	buf_put(out, p, n_sent);
	ex->body_n += n_sent;
	if (chunked && n_sent == n)
		BUF_LIT(out, "\r\n");
}

void wire_end(struct exchange *ex)
{
	if (framing(ex) == OPENAI_CHUNKED)
		BUF_LIT(&ex->sim->wire, "0\r\n\r\n");
}

void wire_flush(struct exchange *ex)
{
	struct buf *out = &ex->sim->wire;
	if (ex->mode->trickle != TRICKLE_NONE)
		buf_put(&ex->slow, out->p, out->n);
	else
		http_send(ex->conn, out->p, out->n);
	out->n = 0;
	if (out->cap > 1 << 20)
		buf_free(out);
}

bool wire_is_clear(const struct exchange *ex)
{
	return ex->slow_at == ex->slow.n && http_is_drained(ex->conn);
}

uint64_t wire_trickle(struct exchange *ex)
{
	http_send(ex->conn, ex->slow.p + ex->slow_at, 1);
	if (++ex->slow_at == ex->slow.n) {
		buf_free(&ex->slow);
		ex->slow_at = 0;
	}
	return ex->arg * (ex->mode->trickle == TRICKLE_BYTES ? NS_PER_US : NS_PER_MS);
}

static void put_filler(struct buf *out, const struct exchange *ex, size_t n)
{
	const char *filler = ex->mode->filler;
	while (out->n < n) {
		uint64_t noise = mix64(ex->speech.hash + ex->poured + out->n);
		if (filler != NULL)
			buf_text(out, filler);
		else
			buf_put(out, &noise, sizeof noise);
	}
}

bool wire_pour(struct exchange *ex)
{
	const struct mode *m = ex->mode;
	struct buf *out = &ex->sim->wire;
	if (ex->poured >= m->raw_bytes)
		return false;
	if (ex->poured == 0 && m->prefix != NULL)
		buf_text(out, m->prefix);
	put_filler(out, ex, (size_t)MIN(m->raw_bytes, (uint64_t)POUR_BYTES));
	ex->poured += out->n;
	wire_flush(ex);
	return true;
}

void wire_error(struct buf *out, const struct exchange *ex,
	const struct openai_error *e, const char *headers)
{
	struct buf body = {0};
	const struct mode *m = ex->mode;
	if (m->body != NULL)
		buf_text(&body, m->body);
	else
		openai_error_body(&body, e);
	struct openai_head h = plain_head(ex);
	h.status = e->status;
	h.content_type = m->content_type ? m->content_type : "application/json";
	h.length = body.n;
	h.retry_after_ms = e->retry_after_ms;
	openai_head(out, &h);
	if (headers != NULL)
		put_headers(out, headers, ex->arg);
	BUF_LIT(out, "\r\n");
	buf_slice(out, buf_view(&body));
	buf_free(&body);
}
