/* Rows: from intent to outcome. */
#include "store/row.h"

#include <stddef.h>
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

enum {
	STABILIZATION_SHIFT = 8,
	STABILIZATION_MOST = 7,
	RETRY_BY_SHIFT = 11,
	HELD_BY_SHIFT = 13
};

_Static_assert(RETRY_WORDS - 1 <= ROW_RETRY_BY >> RETRY_BY_SHIFT, "each fits");
_Static_assert(WAIT_REASONS - 1 <= ROW_HELD_BY >> HELD_BY_SHIFT, "each fits");

static uint16_t flags_of_intent(const struct fact_intent *f)
{
	unsigned state = MIN(f->stabilization, STABILIZATION_MOST);
	unsigned held_by = f->held_by < WAIT_REASONS ? f->held_by : WAIT_NOTHING;
	return (uint16_t)((f->stream ? ROW_STREAM : 0u) | state << STABILIZATION_SHIFT |
			  held_by << HELD_BY_SHIFT);
}

/* What is told of another reason's time is of no use. */
static void take_hold(struct row *r, const struct fact_intent *f)
{
	enum wait_reason by = row_held_by(r);
	bool is_limit = by == WAIT_REQUESTS || by == WAIT_TOKENS || by == WAIT_PACE;
	if (!is_limit || f->hold.limit == 0 || f->hold.unit >= LIMIT_UNITS)
		return;
	r->flags |= ROW_HOLD;
	r->hold = f->hold;
	memset(r->hold.unused, 0, sizeof r->hold.unused);
	COPY_TEXT(r->hold.scope, f->hold.scope);
}

static void take_tightest(struct row *r, const struct fact_intent *f)
{
	if (f->tightest.allowed == 0 || f->tightest.which >= CLIENT_NUMBERS)
		return;
	r->flags |= ROW_TIGHTEST;
	r->tightest = f->tightest;
}

enum wait_reason row_held_by(const struct row *r)
{
	return (enum wait_reason)((r->flags & ROW_HELD_BY) >> HELD_BY_SHIFT);
}

enum retry_word row_retry_by(const struct row *r)
{
	return (enum retry_word)((r->flags & ROW_RETRY_BY) >> RETRY_BY_SHIFT);
}

static void take_retry(struct row *r, const struct fact_settle *f)
{
	if (f->final || f->retry_by == RETRY_BY_NOBODY || f->retry_by >= RETRY_WORDS)
		return;
	r->flags |= (uint16_t)(f->retry_by << RETRY_BY_SHIFT);
	r->retry_ns = f->retry_ns;
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
	COPY_TEXT(r->tier_asked, f->tier_asked);
	take_tightest(r, f);
	take_hold(r, f);
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
	take_retry(r, f);
	r->done_ms = f->done_ms;
	r->first_token_ns = f->first_token_ns;
	r->duration_ns = f->duration_ns;
	r->completion_chars = to_u32(f->completion_chars);
	r->charged_tokens = to_u32(f->charged_tokens);
	if (r->outcome != OUTCOME_UNKNOWN)
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
	copy_text(r->error_code,
		exchange_failure_name(FAILURE_UPSTREAM_OUTCOME_UNKNOWN),
		sizeof r->error_code);
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

bool row_is_unsent(const struct row *r)
{
	return r->outcome == OUTCOME_RELEASED && r->status == 0 && r->duration_ns == 0;
}

bool row_spends(const struct row *r)
{
	return r->high_prompt_tokens > 0 || r->high_completion_tokens > 0;
}

bool row_tells_wait(const struct row *r)
{
	return r->attempt == 1 && r->outcome != OUTCOME_OPEN;
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

const char *row_retry_by_name(const struct row *r)
{
	const char *name = retry_word_name(row_retry_by(r));
	return name != NULL ? name : "";
}

const char *row_held_by_name(const struct row *r)
{
	enum wait_reason by = row_held_by(r);
	return by != WAIT_NOTHING ? wait_reason_name(by) : "";
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

/* ---- on the disk --------------------------------------------------------------- */

enum { NUMBERS_BYTES = offsetof(struct row, key), OUTCOME_TEXTS = 4 };

#define TEXT(name)                                                                     \
	{                                                                              \
		offsetof(struct row, name), sizeof((struct row *)NULL)->name           \
	}

/* The texts in the order in which they are stored; from OUTCOME_TEXTS on the outcome's. */
static const struct {
	size_t at, n;
} text_of[] = {TEXT(key), TEXT(model), TEXT(session), TEXT(tier_asked),
	TEXT(model_served), TEXT(service_tier), TEXT(upstream_id), TEXT(error_code)};

#undef TEXT

static void append(struct row_stored *out, const void *bytes, size_t n)
{
	memcpy(out->bytes + out->n, bytes, n);
	out->n += n;
}

/* To the end of its scope. */
static size_t hold_bytes(const struct hold *h)
{
	return offsetof(struct hold, scope) + strnlen(h->scope, sizeof h->scope - 1) +
	       1;
}

static void append_text(struct row_stored *out, const struct row *r, unsigned i)
{
	const char *text = (const char *)r + text_of[i].at;
	size_t n = strnlen(text, text_of[i].n - 1);
	append(out, text, n);
	out->bytes[out->n++] = '\0';
}

/* What the outcome's texts mostly need: the model again, with a date, and the rest; and what
 * stands behind them from the start. */
static size_t usual_room(const struct row *r)
{
	return strlen(r->model) + 64 +
	       ((r->flags & ROW_TIGHTEST) != 0 ? sizeof r->tightest : 0) +
	       ((r->flags & ROW_HOLD) != 0 ? hold_bytes(&r->hold) : 0);
}

void row_seal(const struct row *r, uint64_t sequence, struct row_stored *out)
{
	unsigned i = 0;
	out->n = sizeof(struct seal);
	append(out, r, NUMBERS_BYTES);
	for (; i < OUTCOME_TEXTS; i++)
		append_text(out, r, i);
	size_t least = out->n + usual_room(r);
	for (; i < N_ELEMENTS(text_of); i++)
		append_text(out, r, i);
	if (row_retry_by(r) != RETRY_BY_NOBODY)
		append(out, &r->retry_ns, sizeof r->retry_ns);
	if ((r->flags & ROW_TIGHTEST) != 0)
		append(out, &r->tightest, sizeof r->tightest);
	if ((r->flags & ROW_HOLD) != 0)
		append(out, &r->hold, hold_bytes(&r->hold));
	if (out->n < least) {
		memset(out->bytes + out->n, 0, least - out->n);
		out->n = least;
	}
	seal_close(out->bytes, out->n, ROW_VERSION, sequence);
}

/* The next stored text; false = it has no end, or not where its array has one. */
static bool take_text(struct str *left, char *array, size_t n_array)
{
	const char *end = memchr(left->p, '\0', MIN(left->n, n_array));
	if (end == NULL)
		return false;
	size_t n = (size_t)(end - left->p) + 1;
	memcpy(array, left->p, n);
	*left = (struct str){left->p + n, left->n - n};
	return true;
}

static bool take_bytes(struct str *left, void *out, size_t n)
{
	if (left->n < n)
		return false;
	memcpy(out, left->p, n);
	*left = (struct str){left->p + n, left->n - n};
	return true;
}

bool row_open(struct row *r, struct str stored, uint64_t sequence)
{
	const size_t before = sizeof(struct seal) + NUMBERS_BYTES;
	memset(r, 0, sizeof *r);
	if (stored.n < before || !seal_is_whole(stored, ROW_VERSION, sequence))
		return false;
	memcpy(r, stored.p + sizeof(struct seal), NUMBERS_BYTES);
	struct str left = {stored.p + before, stored.n - before};
	for (unsigned i = 0; i < N_ELEMENTS(text_of); i++)
		if (!take_text(&left, (char *)r + text_of[i].at, text_of[i].n))
			return false;
	if (row_retry_by(r) != RETRY_BY_NOBODY &&
		!take_bytes(&left, &r->retry_ns, sizeof r->retry_ns))
		return false;
	if ((r->flags & ROW_TIGHTEST) != 0 &&
		!take_bytes(&left, &r->tightest, sizeof r->tightest))
		return false;
	if ((r->flags & ROW_HOLD) == 0)
		return true;
	return take_bytes(&left, &r->hold, offsetof(struct hold, scope)) &&
	       take_text(&left, r->hold.scope, sizeof r->hold.scope);
}
