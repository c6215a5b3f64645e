/* What a completion says. */
#include "content.h"

#include <string.h>

#include "words.h"

/* ---- usage ---------------------------------------------------------------------- */

/* One count; line = what stands before the name, so that one list serves both prints. */
static void put_count(struct buf *out, enum mode_usage how, const char *line,
	const char *name, uint64_t v)
{
	buf_text(out, line);
	BUF_LIT(out, "\"");
	buf_text(out, name);
	BUF_LIT(out, "\":");
	if (how == USAGE_NEGATIVE)
		BUF_LIT(out, "-1");
	else if (how == USAGE_HUGE)
		BUF_LIT(out, "99999999999999999999");
	else
		buf_u64(out, how == USAGE_ZERO ? 0 : v);
}

/* outer and inner: line break and indent of the two levels, or nothing. */
static void put_usage(struct buf *out, enum mode_usage how, const struct usage *u,
	const char *outer, const char *inner)
{
	if (how == USAGE_NULL) {
		BUF_LIT(out, "null");
		return;
	}
	BUF_LIT(out, "{");
	put_count(out, how, outer, "prompt_tokens", u->prompt);
	BUF_LIT(out, ",");
	put_count(out, how, outer, "completion_tokens", u->completion);
	BUF_LIT(out, ",");
	put_count(out, how, outer, "total_tokens", u->prompt + u->completion);
	BUF_LIT(out, ",");
	buf_text(out, outer);
	BUF_LIT(out, "\"prompt_tokens_details\":{");
	put_count(out, how, inner, "cached_tokens", u->cached);
	BUF_LIT(out, ",");
	put_count(out, how, inner, "audio_tokens", 0);
	buf_text(out, outer);
	BUF_LIT(out, "},");
	buf_text(out, outer);
	BUF_LIT(out, "\"completion_tokens_details\":{");
	put_count(out, how, inner, "reasoning_tokens", u->reasoning);
	BUF_LIT(out, ",");
	put_count(out, how, inner, "audio_tokens", 0);
	BUF_LIT(out, ",");
	put_count(out, how, inner, "accepted_prediction_tokens", 0);
	BUF_LIT(out, ",");
	put_count(out, how, inner, "rejected_prediction_tokens", 0);
	buf_text(out, outer);
	BUF_LIT(out, "}");
	buf_text(out, outer[0] != '\0' ? "\n  " : "");
	BUF_LIT(out, "}");
}

/* ---- what both share ------------------------------------------------------------ */

static void put_fingerprint(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "\"fp_");
	buf_hex(out, hash_bytes(7, slice_of(ex->bill.price->served)), 10);
	BUF_LIT(out, "\"");
}

static void put_words(struct buf *out, const struct exchange *ex, uint64_t i)
{
	if (ex->mode->long_line && i == 0)
		buf_fill(out, 'x', (size_t)ex->arg << 20);
	else
		words_piece(out, ex->text, i);
}

static const char *finish_reason(const struct exchange *ex)
{
	return ex->cut_by_length ? "\"length\"" : "\"stop\"";
}

/* ---- whole ---------------------------------------------------------------------- */

void content_whole(struct buf *out, const struct exchange *ex)
{
	const struct mode *m = ex->mode;
	if (m->bom)
		BUF_LIT(out, "\xef\xbb\xbf");
	BUF_LIT(out, "{\n  \"id\": \"");
	buf_text(out, ex->chat_id);
	BUF_LIT(out, "\",\n  \"object\": \"chat.completion\",\n  \"created\": ");
	buf_u64(out, ex->created_s);
	BUF_LIT(out, ",\n  \"model\": \"");
	buf_text(out, ex->bill.price->served);
	BUF_LIT(out, "\",\n  \"choices\": [\n    {\n      \"index\": 0,\n"
		     "      \"message\": {\n        \"role\": \"assistant\",\n"
		     "        \"content\": \"");
	for (uint64_t i = 0; i < ex->n_pieces; i++)
		put_words(out, ex, i);
	BUF_LIT(out,
		"\",\n        \"refusal\": null,\n        \"annotations\": []\n      },\n"
		"      \"logprobs\": null,\n      \"finish_reason\": ");
	buf_text(out, finish_reason(ex));
	BUF_LIT(out, "\n    }\n  ],\n");
	if (m->usage != USAGE_MISSING) {
		BUF_LIT(out, "  \"usage\": ");
		put_usage(out, m->usage, &ex->full, "\n    ", "\n      ");
		BUF_LIT(out, ",\n");
	}
	BUF_LIT(out, "  \"service_tier\": \"default\",\n  \"system_fingerprint\": ");
	put_fingerprint(out, ex);
	BUF_LIT(out, "\n}\n");
}

/* ---- streams -------------------------------------------------------------------- */

static void begin_chunk(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "data: {\"id\":\"");
	buf_text(out, ex->chat_id);
	BUF_LIT(out, "\",\"object\":\"chat.completion.chunk\",\"created\":");
	buf_u64(out, ex->created_s);
	BUF_LIT(out, ",\"model\":\"");
	buf_text(out, ex->bill.price->served);
	BUF_LIT(out, "\",\"service_tier\":\"default\",\"system_fingerprint\":");
	put_fingerprint(out, ex);
	BUF_LIT(out, ",\"choices\":[");
}

static void end_chunk(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "]");
	if (ex->include_usage && ex->mode->usage != USAGE_MISSING)
		BUF_LIT(out, ",\"usage\":null");
	BUF_LIT(out, "}\n\n");
}

static void put_tail(struct buf *out, const struct exchange *ex)
{
	const struct mode *m = ex->mode;
	begin_chunk(out, ex);
	BUF_LIT(out, "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":");
	buf_text(out, finish_reason(ex));
	BUF_LIT(out, "}");
	end_chunk(out, ex);
	if (ex->include_usage && m->usage != USAGE_MISSING) {
		begin_chunk(out, ex);
		BUF_LIT(out, "],\"usage\":");
		put_usage(out, m->usage, &ex->full, "", "");
		BUF_LIT(out, "}\n\n");
	}
	if (!m->no_done)
		BUF_LIT(out, "data: [DONE]\n\n");
	if (m->two_dones)
		BUF_LIT(out, "data: [DONE]\n\n");
}

void content_event(struct buf *out, const struct exchange *ex, uint64_t step)
{
	size_t from = out->n;
	if (step == 0 && ex->mode->bom)
		BUF_LIT(out, "\xef\xbb\xbf");
	if (step > ex->n_pieces) {
		put_tail(out, ex);
	} else {
		begin_chunk(out, ex);
		BUF_LIT(out, "{\"index\":0,\"delta\":{");
		if (step == 0) {
			BUF_LIT(out, "\"role\":\"assistant\",\"content\":\"");
		} else {
			BUF_LIT(out, "\"content\":\"");
			put_words(out, ex, step - 1);
		}
		BUF_LIT(out, "\"");
		if (step == 0)
			BUF_LIT(out, ",\"refusal\":null");
		BUF_LIT(out, "},\"logprobs\":null,\"finish_reason\":null}");
		end_chunk(out, ex);
	}
	for (size_t i = from; ex->mode->cr_only && i < out->n; i++)
		if (out->p[i] == '\n')
			out->p[i] = '\r';
}

void content_error_event(struct buf *out)
{
	BUF_LIT(out,
		"data: {\"error\":{\"message\":\"The server had an error while processing "
		"your request. Sorry about that!\",\"type\":\"server_error\",\"param\":"
		"null,\"code\":null}}\n\n");
}
