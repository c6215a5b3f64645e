/* The table of an exchange's moves and the few functions that make them. */
#include "segment/exchange.h"

#include "base/hash.h"
#include "base/num.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#define TO(state) (1u << EXCHANGE_##state)

/* moves[from] = states that from's owner may choose next. */
static const uint32_t moves[EXCHANGE_STATES] = {
	[EXCHANGE_FREE] = TO(DRAFT),
	[EXCHANGE_DRAFT] = TO(QUEUED) | TO(FREE),
	[EXCHANGE_QUEUED] = TO(SENT) | TO(FAILED),
	[EXCHANGE_SENT] = TO(QUEUED) | TO(STREAMING) | TO(FAILED),
	[EXCHANGE_STREAMING] = TO(DONE) | TO(FAILED),
	[EXCHANGE_DONE] = TO(FREE),
	[EXCHANGE_FAILED] = TO(FREE),
};

static const char *const state_names[EXCHANGE_STATES] = {
	"free", "draft", "queued", "sent", "streaming", "done", "failed"};

#define FAILURE(name, text, reason) [FAILURE_##name] = {text, APIERR_##reason},
static const struct {
	const char *name;
	enum apierr_reason reason;
} failures[EXCHANGE_FAILURES] = {
#include "segment/failures.def"
};
#undef FAILURE

static const char *const priority_names[PRIORITIES] = {
	"LOW", "NORMAL", "HIGH", "URGENT"};

uint64_t exchange_hint(struct exchange_ref r)
{
	return (uint64_t)r.generation << 32 | r.slot;
}

struct exchange_ref exchange_ref_of_hint(uint64_t hint)
{
	return (struct exchange_ref){(uint32_t)hint, (uint32_t)(hint >> 32)};
}

static uint64_t load_word(const struct exchange *x)
{
	/* pairs with exchange_move() */
	return atomic_load_explicit(&x->word, memory_order_acquire);
}

static enum exchange_state state_of(uint64_t word)
{
	uint64_t s = word & 0xff;
	/* A scribbled word counts as FREE: nobody acts on it. */
	return s < EXCHANGE_STATES ? (enum exchange_state)s : EXCHANGE_FREE;
}

static uint32_t generation_of(uint64_t word)
{
	return (uint32_t)(word >> 8);
}

enum exchange_state exchange_state(const struct exchange *x)
{
	return state_of(load_word(x));
}

uint32_t exchange_generation(const struct exchange *x)
{
	return generation_of(load_word(x));
}

bool exchange_is(const struct exchange *x, struct exchange_ref r, enum exchange_state s)
{
	uint64_t word = load_word(x);
	return generation_of(word) == r.generation && state_of(word) == s;
}

bool exchange_may_move(enum exchange_state from, enum exchange_state to)
{
	return from < EXCHANGE_STATES && to < EXCHANGE_STATES &&
	       (moves[from] >> to & 1);
}

void exchange_move(struct exchange *x, enum exchange_state to)
{
	uint64_t word = load_word(x);
	must(exchange_may_move(state_of(word), to));
	/* pairs with load_word() */
	atomic_store_explicit(
		&x->word, (word & ~UINT64_C(0xff)) | to, memory_order_release);
}

void exchange_begin(struct exchange *x)
{
	uint64_t word = load_word(x);
	must(state_of(word) == EXCHANGE_FREE);
	/* Relaxed: in FREE and DRAFT nobody else looks at these words. */
	atomic_store_explicit(&x->abandoned, 0, memory_order_relaxed);
	atomic_store_explicit(&x->position, 0, memory_order_relaxed);
	atomic_store_explicit(&x->attempt, 0, memory_order_relaxed);
	x->retry_at_ns = 0;
	pipe_reset(&x->pipe);
	memset(&x->request, 0, sizeof x->request);
	memset(&x->reply, 0, sizeof x->reply);
	uint64_t generation = (uint64_t)(uint32_t)(generation_of(word) + 1);
	atomic_store_explicit(
		&x->word, generation << 8 | EXCHANGE_DRAFT, memory_order_release);
}

bool exchange_end(struct exchange *x, uint32_t generation)
{
	uint64_t word = load_word(x);
	bool is_ours =
		state_of(word) == EXCHANGE_DONE || state_of(word) == EXCHANGE_FAILED;
	if (!is_ours || generation_of(word) != generation)
		return false;
	/* pairs with load_word() */
	atomic_store_explicit(&x->word, (word & ~UINT64_C(0xff)) | EXCHANGE_FREE,
		memory_order_release);
	return true;
}

void exchange_abandon(struct exchange *x)
{
	atomic_store_explicit(&x->abandoned, 1, memory_order_release);
}

bool exchange_is_abandoned(const struct exchange *x)
{
	return atomic_load_explicit(&x->abandoned, memory_order_acquire) != 0;
}

#define ATTEMPT_OPEN    UINT32_C(1)
#define ATTEMPT_LAST    UINT32_C(2)
#define ATTEMPT_RETRIED UINT32_C(4)
#define ATTEMPT_SHIFT   3

static uint32_t load_attempt(const struct exchange *x)
{
	return atomic_load_explicit(&x->attempt, memory_order_acquire);
}

static void store_attempt(struct exchange *x, uint32_t word)
{
	/* pairs with load_attempt() in a successor */
	atomic_store_explicit(&x->attempt, word, memory_order_release);
}

enum { PLACE_WAIT_BITS = 28, PLACE_REASONS = 16 };

void exchange_set_place(struct exchange *x, struct exchange_place p)
{
	uint64_t most = (UINT64_C(1) << PLACE_WAIT_BITS) - 1;
	uint64_t word = (uint64_t)p.rank << 32 |
			(uint64_t)(p.reason % PLACE_REASONS) << PLACE_WAIT_BITS |
			MIN(p.wait_ms, most);
	/* Relaxed: the word stands alone. */
	atomic_store_explicit(&x->position, word, memory_order_relaxed);
}

struct exchange_place exchange_place(const struct exchange *x)
{
	/* Relaxed: as above. */
	uint64_t word = atomic_load_explicit(&x->position, memory_order_relaxed);
	return (struct exchange_place){.rank = (uint32_t)(word >> 32),
		.reason = (uint32_t)(word >> PLACE_WAIT_BITS) % PLACE_REASONS,
		.wait_ms = word & ((UINT64_C(1) << PLACE_WAIT_BITS) - 1)};
}

struct wait_place exchange_told_place(
	const struct exchange *x, uint64_t max_wait_ns, uint64_t now_ns)
{
	struct exchange_place p = exchange_place(x);
	struct wait_place told = {p.rank, (enum wait_reason)p.reason, p.wait_ms, false};
	wait_cap(&told, num_sub_sat(now_ns, x->request.queued_ns), max_wait_ns);
	return told;
}

uint64_t exchange_waited_ns(const struct exchange *x)
{
	const struct exchange_reply *r = &x->reply;
	return num_sub_sat(r->sent_ns ? r->sent_ns : r->done_ns, x->request.queued_ns);
}

bool exchange_spends(const struct exchange_request *q)
{
	return q->api != API_RELAYED || q->body_bytes > 0;
}

bool exchange_writes(const struct exchange_request *q)
{
	return exchange_spends(q) && api_get((enum exchange_api)q->api)->writes;
}

uint32_t exchange_open_attempt(struct exchange *x)
{
	uint32_t number = exchange_attempt(x) + 1;
	store_attempt(x, number << ATTEMPT_SHIFT | ATTEMPT_OPEN);
	return number;
}

void exchange_decide_attempt(struct exchange *x, bool is_last)
{
	store_attempt(x, load_attempt(x) | (is_last ? ATTEMPT_LAST : ATTEMPT_RETRIED));
}

void exchange_close_attempt(struct exchange *x)
{
	store_attempt(x, load_attempt(x) & ~ATTEMPT_OPEN);
}

uint32_t exchange_attempt(const struct exchange *x)
{
	return load_attempt(x) >> ATTEMPT_SHIFT;
}

bool exchange_attempt_is_open(const struct exchange *x)
{
	return (load_attempt(x) & ATTEMPT_OPEN) != 0;
}

bool exchange_attempt_is_last(const struct exchange *x)
{
	return (load_attempt(x) & ATTEMPT_LAST) != 0;
}

bool exchange_attempt_is_retried(const struct exchange *x)
{
	return (load_attempt(x) & ATTEMPT_RETRIED) != 0;
}

bool exchange_owes_end(const struct exchange *x)
{
	uint32_t attempt = load_attempt(x);
	bool is_ended = (attempt & ATTEMPT_LAST) && !(attempt & ATTEMPT_OPEN);
	switch (exchange_state(x)) {
	case EXCHANGE_QUEUED:
		return attempt >> ATTEMPT_SHIFT > 0 && !is_ended;
	case EXCHANGE_SENT:
		return (attempt & ATTEMPT_RETRIED) != 0;
	default:
		return false;
	}
}

void exchange_id_make(uint64_t wall_ms, uint8_t id[static EXCHANGE_ID_BYTES])
{
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
	hash_random(id + 6, EXCHANGE_ID_BYTES - 6);
}

void exchange_id_format(const uint8_t id[static EXCHANGE_ID_BYTES],
	char out[static EXCHANGE_ID_TEXT_BYTES])
{
	memcpy(out, "req_", 4);
	hash_hex(id, EXCHANGE_ID_BYTES, out + 4);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

bool exchange_id_parse(struct str s, uint8_t id[static EXCHANGE_ID_BYTES])
{
	if (s.n != EXCHANGE_ID_TEXT_BYTES - 1 || memcmp(s.p, "req_", 4) != 0)
		return false;
	for (size_t i = 0; i < EXCHANGE_ID_BYTES; i++) {
		int hi = hex_digit(s.p[4 + 2 * i]), lo = hex_digit(s.p[5 + 2 * i]);
		if (hi < 0 || lo < 0)
			return false;
		id[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

const char *exchange_state_name(enum exchange_state s)
{
	return s < EXCHANGE_STATES ? state_names[s] : "impossible";
}

const char *exchange_failure_name(enum exchange_failure f)
{
	return f < EXCHANGE_FAILURES ? failures[f].name : "impossible";
}

enum apierr_reason exchange_failure_reason(enum exchange_failure f)
{
	return f < EXCHANGE_FAILURES ? failures[f].reason : APIERR_INTERNAL;
}

const char *exchange_priority_name(enum exchange_priority p)
{
	return p < PRIORITIES ? priority_names[p] : "impossible";
}

bool exchange_priority_parse(struct str s, enum exchange_priority *out)
{
	for (unsigned i = 0; i < PRIORITIES; i++) {
		if (strlen(priority_names[i]) == s.n &&
			strncasecmp(priority_names[i], s.p, s.n) == 0) {
			*out = (enum exchange_priority)i;
			return true;
		}
	}
	return false;
}
