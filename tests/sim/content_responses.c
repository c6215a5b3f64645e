/* Responses: whole and in typed events. An answer is one message, or one item a call; a
 * model that reasons puts an item for that before it. */
#include "content.h"

#include "endpoint.h"

enum status { RUNNING, COMPLETED, INCOMPLETE, FAILED, QUEUED };

static const char *const status_names[] = {
	"in_progress", "completed", "incomplete", "failed", "queued"};

static enum status final_status(const struct exchange *ex)
{
	bool cut = ex->cut_by_length && ex->speech.n_calls == 0;
	return cut ? INCOMPLETE : COMPLETED;
}

static bool has_reasoning(const struct exchange *ex)
{
	return ex->full.reasoning > 0;
}

/* ---- items ---------------------------------------------------------------------- */

/* "id":"rs_…" and the like: the names of a response's items differ by their index. */
static void put_id(
	struct buf *out, const struct exchange *ex, const char *name, uint64_t index)
{
	static const char *const prefixes[] = {"rs_", "msg_", "fc_"};
	bool reasons = index == 0 && has_reasoning(ex);
	const char *prefix = prefixes[reasons ? 0 : ex->speech.n_calls > 0 ? 2 : 1];
	buf_key(out, name);
	BUF_LIT(out, "\"");
	buf_text(out, prefix);
	/* the response's own digits, so that two of them share no item */
	buf_text(out, ex->reply_id + sizeof "resp_" - 1);
	buf_hex(out, index, 4);
	BUF_LIT(out, "\"");
}

static void put_reasoning(struct buf *out, const struct exchange *ex)
{
	BUF_LIT(out, "{");
	put_id(out, ex, "id", 0);
	BUF_LIT(out, ",\"type\":\"reasoning\",\"summary\":[]}");
}

/* The part an answer's text stands in; whole or empty. */
static void put_part(struct buf *out, const struct exchange *ex, bool whole)
{
	BUF_LIT(out, "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],"
		     "\"text\":\"");
	if (whole)
		content_text(out, ex, 0);
	BUF_LIT(out, "\"}");
}

static void put_message(
	struct buf *out, const struct exchange *ex, uint64_t index, enum status status)
{
	BUF_LIT(out, "{");
	put_id(out, ex, "id", index);
	BUF_LIT(out, ",\"type\":\"message\"");
	buf_member_text(out, "status", slice_of(status_names[status]));
	BUF_LIT(out, ",\"content\":[");
	if (status != RUNNING)
		put_part(out, ex, true);
	BUF_LIT(out, "],\"role\":\"assistant\"}");
}

static void put_call(
	struct buf *out, const struct exchange *ex, size_t call, enum status status)
{
	const struct speech *s = &ex->speech;
	struct slice args = speech_call_args(s, call);
	BUF_LIT(out, "{");
	put_id(out, ex, "id", call + has_reasoning(ex));
	BUF_LIT(out, ",\"type\":\"function_call\"");
	buf_member_text(out, "status", slice_of(status_names[status]));
	buf_member_text(out, "arguments", status == RUNNING ? SLICE("") : args);
	buf_key(out, "call_id");
	BUF_LIT(out, "\"");
	speech_call_id(out, s, "call_", 0, call);
	BUF_LIT(out, "\"");
	buf_member_text(out, "name", speech_call_name(s, call));
	BUF_LIT(out, "}");
}

static void put_output(struct buf *out, const struct exchange *ex)
{
	if (has_reasoning(ex)) {
		put_reasoning(out, ex);
		BUF_LIT(out, ",");
	}
	for (size_t i = 0; i < ex->speech.n_calls; i++) {
		if (i > 0)
			BUF_LIT(out, ",");
		put_call(out, ex, i, COMPLETED);
	}
	if (ex->speech.n_calls == 0)
		put_message(out, ex, has_reasoning(ex), final_status(ex));
}

/* ---- the response ---------------------------------------------------------------- */

static void put_usage(struct buf *out, const struct exchange *ex, bool known)
{
	const struct usage *u = &ex->full;
	if (!content_has_usage(ex))
		return;
	buf_key(out, "usage");
	if (!known || ex->mode->usage == USAGE_NULL) {
		BUF_LIT(out, "null");
		return;
	}
	BUF_LIT(out, "{");
	content_count(out, ex, "input_tokens", u->prompt);
	BUF_LIT(out, ",\"input_tokens_details\":{");
	content_count(out, ex, "cached_tokens", u->cached);
	BUF_LIT(out, "}");
	content_count(out, ex, "output_tokens", u->completion);
	BUF_LIT(out, ",\"output_tokens_details\":{");
	content_count(out, ex, "reasoning_tokens", u->reasoning);
	BUF_LIT(out, "}");
	content_count(out, ex, "total_tokens", u->prompt + u->completion);
	BUF_LIT(out, "}");
}

static void put_failure(struct buf *out, enum status status)
{
	buf_key(out, "error");
	if (status == FAILED) {
		BUF_LIT(out, "{\"code\":\"server_error\"");
		buf_member_text(out, "message", slice_of(content_sorry));
		BUF_LIT(out, "}");
	} else {
		BUF_LIT(out, "null");
	}
	buf_key(out, "incomplete_details");
	buf_text(out,
		status == INCOMPLETE ? "{\"reason\":\"max_output_tokens\"}" : "null");
}

static void put_response(struct buf *out, const struct exchange *ex, enum status status)
{
	bool ended = status == COMPLETED || status == INCOMPLETE;
	BUF_LIT(out, "{");
	buf_member_text(out, "id", slice_of(ex->reply_id));
	BUF_LIT(out, ",\"object\":\"response\"");
	buf_member_u64(out, "created_at", ex->created_s);
	buf_member_text(out, "status", slice_of(status_names[status]));
	buf_member_bool(out, "background", ex->background);
	put_failure(out, status);
	BUF_LIT(out, ",\"instructions\":null,\"max_output_tokens\":null,"
		     "\"max_tool_calls\":null");
	buf_member_text(out, "model", slice_of(ex->bill.price->served));
	BUF_LIT(out, ",\"output\":[");
	if (ended)
		put_output(out, ex);
	BUF_LIT(out, "],\"parallel_tool_calls\":true,\"previous_response_id\":null,"
		     "\"reasoning\":{\"effort\":null,\"summary\":null}");
	buf_member_text(out, "service_tier", slice_of(price_tier_name(ex->bill.tier)));
	buf_member_bool(out, "store", ex->store);
	BUF_LIT(out, ",\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"},"
		     "\"verbosity\":\"medium\"},\"tool_choice\":\"auto\",\"tools\":[],"
		     "\"top_logprobs\":0,\"top_p\":1.0,\"truncation\":\"disabled\"");
	put_usage(out, ex, ended);
	BUF_LIT(out, ",\"user\":null,\"metadata\":{}}");
}

static void put_whole(struct buf *out, const struct exchange *ex)
{
	put_response(out, ex, ex->background ? QUEUED : final_status(ex));
	BUF_LIT(out, "\n");
}

/* ---- events ----------------------------------------------------------------------- */

/* Where in the sequence an event stands follows from what comes before it:
 *
 *	created, in_progress, (reasoning added, done), item added, part added
 *	a delta for each piece
 *	text done, part done, item done, completed
 *
 * and with calls, for each: item added, its deltas, arguments done, item done. */
struct events {
	struct buf *out;
	const struct exchange *ex;
	uint64_t sequence;
};

static uint64_t n_opening(const struct exchange *ex)
{
	return 2u + (has_reasoning(ex) ? 2u : 0u) + (ex->speech.n_calls > 0 ? 0u : 2u);
}

static void begin_event(struct events *e, const char *type)
{
	BUF_LIT(e->out, "event: ");
	buf_text(e->out, type);
	BUF_LIT(e->out, "\ndata: {\"type\":\"");
	buf_text(e->out, type);
	BUF_LIT(e->out, "\",\"sequence_number\":");
	buf_u64(e->out, e->sequence++);
}

static void end_event(struct events *e)
{
	BUF_LIT(e->out, "}\n\n");
}

static void put_state(struct events *e, const char *type, enum status status)
{
	begin_event(e, type);
	buf_key(e->out, "response");
	put_response(e->out, e->ex, status);
	end_event(e);
}

/* ,"item_id":…,"output_index":… */
static void put_place(struct events *e, uint64_t index)
{
	put_id(e->out, e->ex, "item_id", index);
	buf_member_u64(e->out, "output_index", index);
}

/* "response.output_item.added" or "….done", up to the item */
static void begin_item(struct events *e, const char *type, uint64_t index)
{
	begin_event(e, type);
	buf_member_u64(e->out, "output_index", index);
	buf_key(e->out, "item");
}

static void put_text_opening(struct events *e)
{
	uint64_t index = has_reasoning(e->ex);
	begin_item(e, "response.output_item.added", index);
	put_message(e->out, e->ex, index, RUNNING);
	end_event(e);
	begin_event(e, "response.content_part.added");
	put_place(e, index);
	BUF_LIT(e->out, ",\"content_index\":0,\"part\":");
	put_part(e->out, e->ex, false);
	end_event(e);
}

static void put_opening(struct events *e)
{
	put_state(e, "response.created", RUNNING);
	put_state(e, "response.in_progress", RUNNING);
	if (has_reasoning(e->ex)) {
		begin_item(e, "response.output_item.added", 0);
		put_reasoning(e->out, e->ex);
		end_event(e);
		begin_item(e, "response.output_item.done", 0);
		put_reasoning(e->out, e->ex);
		end_event(e);
	}
	if (e->ex->speech.n_calls == 0)
		put_text_opening(e);
}

static void put_delta(struct events *e, const char *type, uint64_t index, uint64_t i)
{
	begin_event(e, type);
	put_place(e, index);
	BUF_LIT(e->out, ",\"delta\":\"");
	content_piece(e->out, e->ex, 0, i);
	BUF_LIT(e->out, "\"");
	if (e->ex->speech.n_calls == 0)
		BUF_LIT(e->out, ",\"content_index\":0,\"logprobs\":[]");
	end_event(e);
}

static void put_call_piece(struct events *e, uint64_t i)
{
	const struct speech *s = &e->ex->speech;
	uint64_t at;
	size_t call = speech_call_of(s, i, &at);
	uint64_t index = call + has_reasoning(e->ex);
	e->sequence += 3 * call + (at > 0);
	if (at == 0) {
		begin_item(e, "response.output_item.added", index);
		put_call(e->out, e->ex, call, RUNNING);
		end_event(e);
	}
	put_delta(e, "response.function_call_arguments.delta", index, i);
	if (at + 1 < s->calls[call].n_pieces)
		return;
	begin_event(e, "response.function_call_arguments.done");
	put_place(e, index);
	buf_member_text(e->out, "name", speech_call_name(s, call));
	buf_member_text(e->out, "arguments", speech_call_args(s, call));
	end_event(e);
	begin_item(e, "response.output_item.done", index);
	put_call(e->out, e->ex, call, COMPLETED);
	end_event(e);
}

static void put_text_end(struct events *e)
{
	uint64_t index = has_reasoning(e->ex);
	begin_event(e, "response.output_text.done");
	put_place(e, index);
	BUF_LIT(e->out, ",\"content_index\":0,\"logprobs\":[],\"text\":\"");
	content_text(e->out, e->ex, 0);
	BUF_LIT(e->out, "\"");
	end_event(e);
	begin_event(e, "response.content_part.done");
	put_place(e, index);
	BUF_LIT(e->out, ",\"content_index\":0,\"part\":");
	put_part(e->out, e->ex, true);
	end_event(e);
	begin_item(e, "response.output_item.done", index);
	put_message(e->out, e->ex, index, final_status(e->ex));
	end_event(e);
}

static void put_tail(struct events *e)
{
	enum status status = final_status(e->ex);
	const char *type =
		status == COMPLETED ? "response.completed" : "response.incomplete";
	if (e->ex->speech.n_calls > 0)
		e->sequence += 3 * e->ex->speech.n_calls;
	else
		put_text_end(e);
	if (!e->ex->mode->no_done)
		put_state(e, type, status);
	if (e->ex->mode->two_dones)
		put_state(e, type, status);
}

static void put_event(struct buf *out, const struct exchange *ex, uint64_t step)
{
	struct events e = {out, ex, 0};
	if (step == 0) {
		put_opening(&e);
		return;
	}
	e.sequence = n_opening(ex) + step - 1;
	if (step > ex->n_pieces)
		put_tail(&e);
	else if (ex->speech.n_calls > 0)
		put_call_piece(&e, step - 1);
	else
		put_delta(
			&e, "response.output_text.delta", has_reasoning(ex), step - 1);
}

/* A failed response, or (the mode decides) an event that is nothing but an error. */
static void put_error_event(struct buf *out, const struct exchange *ex)
{
	struct events e = {out, ex, n_opening(ex) + ex->step - 1};
	uint64_t at = 0;
	if (ex->speech.n_calls > 0)
		e.sequence += 3 * speech_call_of(&ex->speech, ex->step - 1, &at);
	e.sequence += at > 0;
	if (ex->mode->fails) {
		put_state(&e, "response.failed", FAILED);
		return;
	}
	begin_event(&e, "error");
	BUF_LIT(out, ",\"code\":\"server_error\"");
	buf_member_text(out, "message", slice_of(content_sorry));
	BUF_LIT(out, ",\"param\":null");
	end_event(&e);
}

const struct endpoint endpoint_responses = {
	.name = "responses",
	.path = "/responses",
	.id_prefix = "resp_",
	.use = USE_CHAT,
	.read = question_read_responses,
	.whole = put_whole,
	.event = put_event,
	.error_event = put_error_event,
};
