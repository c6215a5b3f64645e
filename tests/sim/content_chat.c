/* Chat completions: whole and in chunks. */
#include "content.h"

#include "endpoint.h"
#include "json.h"

/* ---- what both share ------------------------------------------------------------ */

/* The token a piece is, its probability and its bytes; others might have come instead. */
static void put_token(struct buf *out, struct slice escaped, double logprob)
{
	struct buf bytes = {0};
	json_unescape(&bytes, escaped);
	BUF_LIT(out, "\"token\":\"");
	buf_slice(out, escaped);
	buf_fmt(out, "\",\"logprob\":%.4f,\"bytes\":[", logprob);
	for (size_t i = 0; i < bytes.n; i++)
		buf_fmt(out, i > 0 ? ",%u" : "%u", (unsigned char)bytes.p[i]);
	BUF_LIT(out, "]");
	buf_free(&bytes);
}

static void put_logprob(
	struct buf *out, const struct exchange *ex, uint64_t choice, uint64_t i)
{
	struct buf piece = {0};
	double logprob = content_logprob(ex, choice, i);
	content_piece(&piece, ex, choice, i);
	BUF_LIT(out, "{");
	put_token(out, buf_view(&piece), logprob);
	BUF_LIT(out, ",\"top_logprobs\":[");
	for (uint64_t k = 0; k < ex->top_logprobs; k++) {
		buf_text(out, k > 0 ? ",{" : "{");
		struct slice other = k > 0 ? SLICE(" other") : buf_view(&piece);
		put_token(out, other, logprob - (double)k);
		BUF_LIT(out, "}");
	}
	BUF_LIT(out, "]}");
	buf_free(&piece);
}

/* ,"logprobs":… of the pieces from..to */
static void put_logprobs(struct buf *out, const struct exchange *ex, uint64_t choice,
	uint64_t from, uint64_t to)
{
	buf_key(out, "logprobs");
	if (!ex->logprobs || from == to) {
		BUF_LIT(out, "null");
		return;
	}
	BUF_LIT(out, "{\"content\":[");
	for (uint64_t i = from; i < to; i++) {
		if (i > from)
			BUF_LIT(out, ",");
		put_logprob(out, ex, choice, i);
	}
	BUF_LIT(out, "],\"refusal\":null}");
}

static void begin(struct buf *out, const struct exchange *ex, struct slice object)
{
	BUF_LIT(out, "{");
	buf_member_text(out, "id", slice_of(ex->reply_id));
	buf_member_text(out, "object", object);
	buf_member_u64(out, "created", ex->created_s);
	buf_member_text(out, "model", slice_of(ex->bill.price->served));
}

/* ---- whole ---------------------------------------------------------------------- */

static void put_calls(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	const struct speech *s = &ex->speech;
	buf_key(out, "tool_calls");
	BUF_LIT(out, "[");
	for (size_t i = 0; i < s->n_calls; i++) {
		if (i > 0)
			BUF_LIT(out, ",");
		BUF_LIT(out, "{\"id\":\"");
		speech_call_id(out, s, "call_", choice, i);
		BUF_LIT(out, "\",\"type\":\"function\",\"function\":{");
		buf_member_text(out, "name", speech_call_name(s, i));
		buf_member_text(out, "arguments", speech_call_args(s, i));
		BUF_LIT(out, "}}");
	}
	BUF_LIT(out, "]");
}

static void put_message(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	BUF_LIT(out, "{\"role\":\"assistant\",\"content\":");
	if (ex->speech.n_calls > 0) {
		BUF_LIT(out, "null");
		put_calls(out, ex, choice);
	} else {
		BUF_LIT(out, "\"");
		content_text(out, ex, choice);
		BUF_LIT(out, "\"");
	}
	BUF_LIT(out, ",\"refusal\":null,\"annotations\":[]}");
}

static void put_choice(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	bool speaks = ex->speech.n_calls == 0;
	BUF_LIT(out, "{");
	buf_member_u64(out, "index", choice);
	buf_key(out, "message");
	put_message(out, ex, choice);
	put_logprobs(out, ex, choice, 0, speaks ? speech_length(&ex->speech) : 0);
	buf_member_text(out, "finish_reason", slice_of(content_finish(ex)));
	BUF_LIT(out, "}");
}

static void put_whole(struct buf *out, const struct exchange *ex)
{
	begin(out, ex, SLICE("chat.completion"));
	buf_key(out, "choices");
	BUF_LIT(out, "[");
	for (uint64_t i = 0; i < ex->speech.n_choices; i++) {
		if (i > 0)
			BUF_LIT(out, ",");
		put_choice(out, ex, i);
	}
	BUF_LIT(out, "]");
	content_usage(out, ex);
	content_served(out, ex);
	BUF_LIT(out, "}\n");
}

/* ---- chunks --------------------------------------------------------------------- */

static void begin_chunk(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "data: ");
	begin(out, ex, SLICE("chat.completion.chunk"));
	content_served(out, ex);
	BUF_LIT(out, ",\"choices\":[");
}

static void end_chunk(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "]");
	if (ex->include_usage && content_has_usage(ex))
		BUF_LIT(out, ",\"usage\":null");
	BUF_LIT(out, "}\n\n");
}

/* One choice's delta, up to what is in it. */
static void begin_delta(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	begin_chunk(out, ex);
	BUF_LIT(out, "{\"index\":");
	buf_u64(out, choice);
	BUF_LIT(out, ",\"delta\":{");
}

static void end_delta(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, ",\"finish_reason\":null}");
	end_chunk(out, ex);
}

static void put_role(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	begin_delta(out, ex, choice);
	BUF_LIT(out, "\"role\":\"assistant\",\"content\":");
	buf_text(out, ex->speech.n_calls > 0 ? "null" : "\"\"");
	BUF_LIT(out, ",\"refusal\":null},\"logprobs\":null");
	end_delta(out, ex);
}

/* A call begins: its name, no arguments yet. */
static void put_call_head(
	struct buf *out, const struct exchange *ex, uint64_t choice, size_t call)
{
	begin_delta(out, ex, choice);
	buf_fmt(out, "\"tool_calls\":[{\"index\":%zu,\"id\":\"", call);
	speech_call_id(out, &ex->speech, "call_", choice, call);
	BUF_LIT(out, "\",\"type\":\"function\",\"function\":{");
	buf_member_text(out, "name", speech_call_name(&ex->speech, call));
	BUF_LIT(out, ",\"arguments\":\"\"}}]},\"logprobs\":null");
	end_delta(out, ex);
}

static void put_call_piece(
	struct buf *out, const struct exchange *ex, uint64_t choice, uint64_t i)
{
	uint64_t at;
	size_t call = speech_call_of(&ex->speech, i, &at);
	if (at == 0)
		put_call_head(out, ex, choice, call);
	begin_delta(out, ex, choice);
	buf_fmt(out, "\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":\"",
		call);
	content_piece(out, ex, choice, i);
	BUF_LIT(out, "\"}}]},\"logprobs\":null");
	end_delta(out, ex);
}

static void put_piece(
	struct buf *out, const struct exchange *ex, uint64_t choice, uint64_t i)
{
	if (ex->speech.n_calls > 0) {
		put_call_piece(out, ex, choice, i);
		return;
	}
	begin_delta(out, ex, choice);
	BUF_LIT(out, "\"content\":\"");
	content_piece(out, ex, choice, i);
	BUF_LIT(out, "\"}");
	put_logprobs(out, ex, choice, i, i + 1);
	end_delta(out, ex);
}

static void put_finish(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	begin_delta(out, ex, choice);
	BUF_LIT(out, "},\"logprobs\":null");
	buf_member_text(out, "finish_reason", slice_of(content_finish(ex)));
	BUF_LIT(out, "}");
	end_chunk(out, ex);
}

static void put_tail(struct buf *out, const struct exchange *ex)
{
	for (uint64_t i = 0; i < ex->speech.n_choices; i++)
		put_finish(out, ex, i);
	if (ex->include_usage && content_has_usage(ex)) {
		begin_chunk(out, ex);
		BUF_LIT(out, "]");
		content_usage(out, ex);
		BUF_LIT(out, "}\n\n");
	}
	if (!ex->mode->no_done)
		BUF_LIT(out, "data: [DONE]\n\n");
	if (ex->mode->two_dones)
		BUF_LIT(out, "data: [DONE]\n\n");
}

static void put_event(struct buf *out, const struct exchange *ex, uint64_t step)
{
	uint64_t n = ex->speech.n_choices;
	if (step > ex->n_pieces)
		put_tail(out, ex);
	else if (step > 0)
		put_piece(out, ex, (step - 1) % n, (step - 1) / n);
	else
		for (uint64_t i = 0; i < n; i++)
			put_role(out, ex, i);
}

const struct endpoint endpoint_chat = {
	.name = "chat.completions",
	.path = "/chat/completions",
	.id_prefix = "chatcmpl-",
	.use = USE_CHAT,
	.read = question_read_chat,
	.whole = put_whole,
	.event = put_event,
	.error_event = content_error_event,
};
