/* Completions, whole and in chunks, and embeddings. */
#include "content.h"

#include <math.h>
#include <string.h>

#include "endpoint.h"

/* ---- completions ---------------------------------------------------------------- */

static void put_tokens(struct buf *out, const struct exchange *ex, uint64_t choice,
	uint64_t from, uint64_t to)
{
	BUF_LIT(out, "\"tokens\":[");
	for (uint64_t i = from; i < to; i++) {
		buf_text(out, i > from ? ",\"" : "\"");
		content_piece(out, ex, choice, i);
		BUF_LIT(out, "\"");
	}
	BUF_LIT(out, "]");
}

/* ,"logprobs":… of the pieces from..to; offset: of the first one in the text */
static void put_logprobs(struct buf *out, const struct exchange *ex, uint64_t choice,
	uint64_t from, uint64_t to)
{
	buf_key(out, "logprobs");
	if (!ex->logprobs) {
		BUF_LIT(out, "null");
		return;
	}
	BUF_LIT(out, "{");
	put_tokens(out, ex, choice, from, to);
	BUF_LIT(out, ",\"token_logprobs\":[");
	for (uint64_t i = from; i < to; i++)
		buf_fmt(out, i > from ? ",%.4f" : "%.4f",
			content_logprob(ex, choice, i));
	BUF_LIT(out, "],\"top_logprobs\":[");
	for (uint64_t i = from; i < to; i++) {
		buf_text(out, i > from ? ",{\"" : "{\"");
		content_piece(out, ex, choice, i);
		buf_fmt(out, "\":%.4f}", content_logprob(ex, choice, i));
	}
	BUF_LIT(out, "],\"text_offset\":[");
	for (uint64_t i = from; i < to; i++)
		buf_fmt(out, i > from ? ",%lu" : "%lu", 6 * i);
	BUF_LIT(out, "]}");
}

/* The pieces from..to of one choice; finish NULL = it goes on. */
static void put_choice(struct buf *out, const struct exchange *ex, uint64_t choice,
	const uint64_t range[2], const char *finish)
{
	BUF_LIT(out, "{\"text\":\"");
	for (uint64_t i = range[0]; i < range[1]; i++)
		content_piece(out, ex, choice, i);
	BUF_LIT(out, "\"");
	buf_member_u64(out, "index", choice);
	put_logprobs(out, ex, choice, range[0], range[1]);
	buf_key(out, "finish_reason");
	if (finish == NULL)
		BUF_LIT(out, "null");
	else
		buf_json(out, slice_of(finish));
	BUF_LIT(out, "}");
}

static void begin(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "{");
	buf_member_text(out, "id", slice_of(ex->reply_id));
	buf_member_text(out, "object", SLICE("text_completion"));
	buf_member_u64(out, "created", ex->created_s);
	buf_member_text(out, "model", slice_of(ex->bill.price->served));
	buf_key(out, "choices");
	BUF_LIT(out, "[");
}

static void put_whole(struct buf *out, const struct exchange *ex)
{
	uint64_t range[2] = {0, speech_length(&ex->speech)};
	begin(out, ex);
	for (uint64_t i = 0; i < ex->speech.n_choices; i++) {
		if (i > 0)
			BUF_LIT(out, ",");
		put_choice(out, ex, i, range, content_finish(ex));
	}
	BUF_LIT(out, "]");
	content_usage(out, ex);
	BUF_LIT(out, "}\n");
}

static void put_chunk(struct buf *out, const struct exchange *ex, uint64_t choice,
	const uint64_t range[2], const char *finish)
{
	BUF_LIT(out, "data: ");
	begin(out, ex);
	put_choice(out, ex, choice, range, finish);
	BUF_LIT(out, "]");
	if (ex->include_usage && content_has_usage(ex))
		BUF_LIT(out, ",\"usage\":null");
	BUF_LIT(out, "}\n\n");
}

static void put_tail(struct buf *out, const struct exchange *ex)
{
	const uint64_t nothing[2] = {0, 0};
	for (uint64_t i = 0; i < ex->speech.n_choices; i++)
		put_chunk(out, ex, i, nothing, content_finish(ex));
	if (ex->include_usage && content_has_usage(ex)) {
		BUF_LIT(out, "data: ");
		begin(out, ex);
		BUF_LIT(out, "]");
		content_usage(out, ex);
		BUF_LIT(out, "}\n\n");
	}
	if (!ex->mode->no_done)
		BUF_LIT(out, "data: [DONE]\n\n");
	if (ex->mode->two_dones)
		BUF_LIT(out, "data: [DONE]\n\n");
}

/* It has no opening event: the first piece comes with step 1. */
static void put_event(struct buf *out, const struct exchange *ex, uint64_t step)
{
	uint64_t n = ex->speech.n_choices;
	if (step == 0)
		return;
	if (step > ex->n_pieces) {
		put_tail(out, ex);
		return;
	}
	uint64_t at = (step - 1) / n;
	put_chunk(out, ex, (step - 1) % n, (const uint64_t[2]){at, at + 1}, NULL);
}

const struct endpoint endpoint_completions = {
	.name = "completions",
	.path = "/completions",
	.id_prefix = "cmpl-",
	.use = USE_TEXT,
	.read = question_read_completions,
	.whole = put_whole,
	.event = put_event,
	.error_event = content_error_event,
};

/* ---- embeddings ----------------------------------------------------------------- */

/* A direction that the hash chooses, of length 1. */
static void make_vector(float *out, size_t n, uint64_t hash)
{
	double squares = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t r = mix64(hash + i * UINT64_C(0x9e3779b97f4a7c15));
		out[i] = (float)((double)(r >> 11) * 0x1p-52 - 1);
		squares += (double)out[i] * (double)out[i];
	}
	double length = sqrt(squares);
	for (size_t i = 0; i < n; i++)
		out[i] = (float)((double)out[i] / length);
}

static void put_base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63],
			i + 1 < n ? digits[v >> 6 & 63] : '=',
			i + 2 < n ? digits[v & 63] : '='};
		buf_put(out, four, sizeof four);
	}
}

static void put_vector(struct buf *out, const struct exchange *ex, const float *v)
{
	if (ex->base64) {
		BUF_LIT(out, "\"");
		put_base64(out, (const unsigned char *)v, ex->dimensions * sizeof *v);
		BUF_LIT(out, "\"");
		return;
	}
	BUF_LIT(out, "[");
	for (size_t i = 0; i < ex->dimensions; i++)
		buf_fmt(out, i > 0 ? ",%.9g" : "%.9g", (double)v[i]);
	BUF_LIT(out, "]");
}

static void put_embeddings(struct buf *out, const struct exchange *ex)
{
	float vector[3072] = {0};
	uint64_t hash;
	BUF_LIT(out, "{\"object\":\"list\",\"data\":[");
	for (size_t i = 0; i < ex->inputs.n / sizeof hash; i++) {
		memcpy(&hash, ex->inputs.p + i * sizeof hash, sizeof hash);
		make_vector(vector, ex->dimensions,
			mix64(hash ^ hash_bytes(0, slice_of(ex->bill.price->served))));
		buf_text(out, i > 0 ? ",{" : "{");
		BUF_LIT(out, "\"object\":\"embedding\",\"index\":");
		buf_u64(out, i);
		BUF_LIT(out, ",\"embedding\":");
		put_vector(out, ex, vector);
		BUF_LIT(out, "}");
	}
	BUF_LIT(out, "]");
	buf_member_text(out, "model", slice_of(ex->bill.price->served));
	if (content_has_usage(ex)) {
		BUF_LIT(out, ",\"usage\":{");
		content_count(out, ex, "prompt_tokens", ex->full.prompt);
		content_count(out, ex, "total_tokens", ex->full.prompt);
		BUF_LIT(out, "}");
	}
	BUF_LIT(out, "}\n");
}

const struct endpoint endpoint_embeddings = {
	.name = "embeddings",
	.path = "/embeddings",
	.id_prefix = "emb-",
	.use = USE_VECTOR,
	.read = question_read_embeddings,
	.whole = put_embeddings,
};
