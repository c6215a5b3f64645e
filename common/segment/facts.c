/* Facts: whole records in a pipe, released only after the commit. */
#include "segment/facts.h"

#include <string.h>

static const char *const outcome_names[OUTCOMES] = {
	"open", "settled_usage", "settled_estimate", "released", "unknown"};

static const char *const chat_outcome_names[CHAT_OUTCOMES] = {
	"whole", "stopped", "failed"};

static const uint32_t kind_bytes[FACT_KINDS] = {
	[FACT_INTENT] = sizeof(struct fact_intent),
	[FACT_SETTLE] = sizeof(struct fact_settle),
	[FACT_TOKEN] = sizeof(struct fact_token),
	[FACT_TOKEN_REVOKE] = sizeof(struct fact_token_revoke),
	[FACT_TOKEN_LIMITS] = sizeof(struct fact_token_limits),
	[FACT_RELOAD] = sizeof(struct fact_reload),
	[FACT_CHAT_TURN] = sizeof(struct fact_chat_turn),
	[FACT_CHAT_CHANGE] = sizeof(struct fact_chat_change),
	[FACT_STABILIZER] = sizeof(struct fact_stabilizer),
	[FACT_RESET] = sizeof(struct fact_reset),
};

void fact_begin(struct fact_head *h, enum fact_kind kind, uint64_t n, uint64_t wall_ms)
{
	must(n == kind_bytes[kind]);
	*h = (struct fact_head){(uint32_t)n, (uint16_t)kind, FACT_VERSION, wall_ms};
}

bool facts_push(struct facts *f, const struct fact_head *fact)
{
	struct str bytes = {(const char *)fact, fact->bytes};
	return pipe_put_all(&f->pipe, &bytes, 1);
}

bool facts_has_room(const struct facts *f, uint64_t n)
{
	return pipe_space(&f->pipe) >= n;
}

uint64_t facts_position(const struct facts *f)
{
	return pipe_written(&f->pipe);
}

uint64_t facts_committed(const struct facts *f)
{
	return pipe_released(&f->pipe);
}

static bool is_well_formed(const struct fact_head *h)
{
	return h->kind > 0 && h->kind < FACT_KINDS && h->version == FACT_VERSION &&
	       h->bytes == kind_bytes[h->kind];
}

enum facts_verdict facts_next(const struct facts *f, uint64_t *cursor, union fact *out)
{
	struct pipe_spans spans;
	if (pipe_peek(&f->pipe, *cursor, &spans) == 0)
		return pipe_is_sane(&f->pipe) ? FACTS_NONE : FACTS_BROKEN;
	if (!pipe_copy(&f->pipe, *cursor, &out->head, sizeof out->head) ||
		!is_well_formed(&out->head) ||
		!pipe_copy(&f->pipe, *cursor, out, out->head.bytes))
		return FACTS_BROKEN;
	*cursor += out->head.bytes;
	return FACTS_ONE;
}

void facts_commit(struct facts *f, uint64_t cursor)
{
	pipe_release(&f->pipe, cursor);
}

const char *outcome_name(enum attempt_outcome o)
{
	return o < OUTCOMES ? outcome_names[o] : "impossible";
}

const char *chat_outcome_name(enum chat_outcome o)
{
	return o < CHAT_OUTCOMES ? chat_outcome_names[o] : "impossible";
}
