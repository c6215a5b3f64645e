/* What all answers share. */
#include "content.h"

#include <string.h>

#include "bomb.h"
#include "endpoint.h"
#include "json.h"

const char content_sorry[] =
	"The server had an error while processing your request. Sorry about that!";

/* ---- usage ---------------------------------------------------------------------- */

void content_count(
	struct buf *out, const struct exchange *ex, const char *name, uint64_t v)
{
	enum mode_usage how = ex->mode->usage;
	buf_key(out, name);
	if (how == USAGE_NEGATIVE)
		BUF_LIT(out, "-1");
	else if (how == USAGE_HUGE)
		BUF_LIT(out, "99999999999999999999");
	else
		buf_u64(out, how == USAGE_ZERO ? 0 : v);
}

bool content_has_usage(const struct exchange *ex)
{
	return ex->mode->usage != USAGE_MISSING;
}

void content_usage(struct buf *out, const struct exchange *ex)
{
	const struct usage *u = &ex->full;
	if (!content_has_usage(ex))
		return;
	buf_key(out, "usage");
	if (ex->mode->usage == USAGE_NULL) {
		BUF_LIT(out, "null");
		return;
	}
	BUF_LIT(out, "{");
	content_count(out, ex, "prompt_tokens", u->prompt);
	content_count(out, ex, "completion_tokens", u->completion);
	content_count(out, ex, "total_tokens", u->prompt + u->completion);
	buf_key(out, "prompt_tokens_details");
	BUF_LIT(out, "{");
	content_count(out, ex, "cached_tokens", u->cached);
	content_count(out, ex, "audio_tokens", 0);
	BUF_LIT(out, "}");
	buf_key(out, "completion_tokens_details");
	BUF_LIT(out, "{");
	content_count(out, ex, "reasoning_tokens", u->reasoning);
	content_count(out, ex, "audio_tokens", 0);
	content_count(out, ex, "accepted_prediction_tokens", 0);
	content_count(out, ex, "rejected_prediction_tokens", 0);
	BUF_LIT(out, "}}");
}

/* ---- texts ---------------------------------------------------------------------- */

void content_served(struct buf *out, const struct exchange *ex)
{
	buf_member_text(out, "service_tier", slice_of(price_tier_name(ex->bill.tier)));
	buf_key(out, "system_fingerprint");
	BUF_LIT(out, "\"fp_");
	buf_hex(out, hash_bytes(7, slice_of(ex->bill.price->served)), 10);
	BUF_LIT(out, "\"");
}

void content_piece(
	struct buf *out, const struct exchange *ex, uint64_t choice, uint64_t i)
{
	if (ex->mode->bad_utf8 && i == 0 && choice == 0)
		BUF_LIT(out, "\xff");
	else if (ex->mode->long_line && i == 0 && choice == 0)
		buf_fill(out, 'x', (size_t)ex->arg << 20);
	else
		speech_piece(out, &ex->speech, choice, i);
}

void content_text(struct buf *out, const struct exchange *ex, uint64_t choice)
{
	uint64_t n = speech_length(&ex->speech);
	for (uint64_t i = 0; i < n; i++)
		content_piece(out, ex, choice, i);
}

const char *content_finish(const struct exchange *ex)
{
	if (ex->speech.n_calls > 0)
		return "tool_calls";
	return ex->cut_by_length ? "length" : "stop";
}

double content_logprob(const struct exchange *ex, uint64_t choice, uint64_t i)
{
	uint64_t r = mix64(ex->speech.hash + (choice << 32) + i);
	return -(double)(1 + r % 20000) / 10000;
}

void content_error_event(struct buf *out, const struct exchange *ex)
{
	(void)ex;
	BUF_LIT(out, "data: {\"error\":{");
	buf_member_text(out, "message", slice_of(content_sorry));
	BUF_LIT(out, ",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
}

/* ---- what the mode makes of it ---------------------------------------------------- */

/* Bend the JSON object in front of the last `behind` bytes. */
static void bend(struct buf *out, const struct exchange *ex, size_t behind)
{
	char tail[4];
	size_t n = behind + 1; /* with its brace */
	if (!ex->mode->bad_json && !ex->mode->deep)
		return;
	memcpy(tail, out->p + out->n - n, n);
	out->n -= n;
	if (ex->mode->deep) {
		BUF_LIT(out, ",\"deep\":");
		buf_fill(out, '[', (size_t)ex->arg);
		buf_fill(out, ']', (size_t)ex->arg);
		buf_put(out, tail, n);
	} else {
		buf_put(out, tail + 1, behind);
	}
}

/* ---- from the outside ----------------------------------------------------------- */

void content_whole(struct buf *out, const struct exchange *ex)
{
	struct buf plain = {0};
	if (ex->mode->bomb) {
		bomb_gzip(out, ex->arg);
		return;
	}
	if (ex->mode->bom)
		BUF_LIT(out, "\xef\xbb\xbf");
	ex->endpoint->whole(&plain, ex);
	json_pretty(out, buf_view(&plain));
	bend(out, ex, 1);
	buf_free(&plain);
}

void content_event(struct buf *out, const struct exchange *ex, uint64_t step)
{
	size_t from = out->n;
	if (step == 0 && ex->mode->bomb)
		bomb_gzip(out, ex->arg);
	if (step == 0 && ex->mode->bom)
		BUF_LIT(out, "\xef\xbb\xbf");
	ex->endpoint->event(out, ex, step);
	if (step > 0 && step == ex->n_pieces)
		bend(out, ex, 2);
	for (size_t i = from; ex->mode->cr_only && i < out->n; i++)
		if (out->p[i] == '\n')
			out->p[i] = '\r';
}
