/* Rows: from intent to outcome. */
#include "store/row.h"

#include <string.h>

#define COPY_TEXT(dst, src)                                                            \
	do {                                                                           \
		_Static_assert(sizeof(dst) == sizeof(src), "texts of one size");       \
		copy_text(dst, src, sizeof(dst));                                      \
	} while (0)

/* Zero behind the end, so that equal rows are equal bytes. */
static void copy_text(char *dst, const char *src, size_t n)
{
	memset(dst, 0, n);
	memcpy(dst, src, strnlen(src, n - 1));
}

static uint32_t to_u32(uint64_t v)
{
	return (uint32_t)MIN(v, (uint64_t)UINT32_MAX);
}

enum { STABILIZATION_SHIFT = 8, STABILIZATION_MOST = 7 };

static uint16_t flags_of_intent(const struct fact_intent *f)
{
	unsigned state = MIN(f->stabilization, STABILIZATION_MOST);
	return (uint16_t)((f->stream ? ROW_STREAM : 0u) | state << STABILIZATION_SHIFT);
}

unsigned row_stabilization(const struct row *r)
{
	return (r->flags & ROW_STABILIZATION) >> STABILIZATION_SHIFT;
}

void row_of_intent(struct row *r, const struct fact_intent *f)
{
	*r = (struct row){.attempt = (uint16_t)MIN(f->attempt, (uint32_t)UINT16_MAX),
		.outcome = OUTCOME_OPEN,
		.priority = f->priority,
		.api = f->api,
		.flags = flags_of_intent(f),
		.client_id = f->client_id,
		.queued_ms = f->queued_ms,
		.sent_ms = f->sent_ms,
		.sent_boot_ns = f->sent_boot_ns,
		.boot = f->boot,
		.queue_ns = f->queue_ns,
		.estimated_tokens = to_u32(f->estimated_tokens),
		.max_tokens = to_u32(f->max_tokens),
		.high_prompt_tokens = to_u32(f->high_prompt_tokens),
		.high_completion_tokens = to_u32(f->high_completion_tokens),
		.high_nanousd = f->high_nanousd,
		.prompt_chars = to_u32(f->prompt_chars),
		.price_version = f->price_version};
	memcpy(r->id, f->id, sizeof r->id);
	COPY_TEXT(r->key, f->key);
	COPY_TEXT(r->model, f->model);
	COPY_TEXT(r->session, f->session);
}

static void set_flag(struct row *r, enum row_flag flag, bool is_set)
{
	if (is_set)
		r->flags |= (uint16_t)flag;
}

static void take_tokens(struct row *r, const struct fact_settle *f)
{
	r->prompt_tokens = f->prompt_tokens;
	r->completion_tokens = f->completion_tokens;
	r->cached_tokens = to_u32(f->cached_tokens);
	r->cache_write_tokens = to_u32(f->cache_write_tokens);
	r->prompt_audio_tokens = to_u32(f->prompt_audio_tokens);
	r->reasoning_tokens = to_u32(f->reasoning_tokens);
	r->completion_audio_tokens = to_u32(f->completion_audio_tokens);
	r->cost_nanousd = f->cost_nanousd;
}

/* Never below what is known already. */
static void take_upper_end(struct row *r)
{
	r->prompt_tokens = MAX(r->prompt_tokens, r->high_prompt_tokens);
	r->completion_tokens = MAX(r->completion_tokens, r->high_completion_tokens);
	r->cost_nanousd = MAX(r->cost_nanousd, r->high_nanousd);
}

void row_settle(struct row *r, const struct fact_settle *f)
{
	r->outcome = f->outcome;
	r->failure = f->failure;
	r->status = f->status;
	r->retries = (uint16_t)MIN(f->retries, (uint32_t)UINT16_MAX);
	set_flag(r, ROW_UNPRICED, f->unpriced);
	set_flag(r, ROW_ASSUMED, f->assumed);
	set_flag(r, ROW_FINAL, f->final);
	r->done_ms = f->done_ms;
	r->first_token_ns = f->first_token_ns;
	r->duration_ns = f->duration_ns;
	r->completion_chars = to_u32(f->completion_chars);
	r->charged_tokens = to_u32(f->charged_tokens);
	r->price_version = f->price_version;
	if (r->outcome != OUTCOME_RELEASED)
		take_tokens(r, f);
	if (r->outcome == OUTCOME_UNKNOWN)
		take_upper_end(r);
	COPY_TEXT(r->model_served, f->model_served);
	COPY_TEXT(r->service_tier, f->service_tier);
	COPY_TEXT(r->upstream_id, f->upstream_id);
	COPY_TEXT(r->error_code, f->error_code);
}

void row_lose(struct row *r, uint64_t now_ms)
{
	r->outcome = OUTCOME_UNKNOWN;
	r->failure = FAILURE_UPSTREAM_OUTCOME_UNKNOWN;
	r->flags |= ROW_FINAL;
	r->done_ms = now_ms;
	take_upper_end(r);
}

bool row_has_reached(const struct row *r)
{
	switch ((enum attempt_outcome)r->outcome) {
	case OUTCOME_SETTLED_USAGE:
	case OUTCOME_SETTLED_ESTIMATE:
	case OUTCOME_UNKNOWN:
		return true;
	case OUTCOME_RELEASED:
		return r->status != 0;
	default:
		return false;
	}
}

struct moment row_sent(const struct row *r)
{
	return (struct moment){r->boot, r->sent_boot_ns, r->sent_ms};
}

struct row_charge row_charge(const struct row *r)
{
	if (r->outcome == OUTCOME_OPEN || r->outcome == OUTCOME_UNKNOWN)
		return (struct row_charge){1, r->estimated_tokens};
	if (row_has_reached(r))
		return (struct row_charge){1, r->charged_tokens};
	return (struct row_charge){0, 0};
}

const char *row_error(const struct row *r)
{
	if (r->outcome == OUTCOME_OPEN)
		return "";
	if (r->error_code[0] != '\0')
		return r->error_code;
	if (r->failure != FAILURE_NONE)
		return exchange_failure_name((enum exchange_failure)r->failure);
	if (r->outcome == OUTCOME_UNKNOWN)
		return exchange_failure_name(FAILURE_UPSTREAM_OUTCOME_UNKNOWN);
	if (r->status >= 400)
		return r->status < 500 ? "http_4xx" : "http_5xx";
	return "";
}

const char *row_pricing_name(const struct row *r)
{
	if ((r->flags & ROW_UNPRICED) != 0)
		return "unpriced";
	return (r->flags & ROW_ASSUMED) != 0 ? "assumed" : "exact";
}

void row_seal(struct row *r, uint64_t sequence)
{
	seal_close(r, sizeof *r, ROW_VERSION, sequence);
}

bool row_open(struct row *r, struct str stored, uint64_t sequence)
{
	return seal_open(stored, r, sizeof *r, ROW_VERSION, sequence);
}
