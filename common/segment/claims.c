/* Claims: words that are taken and given back. */
#include "segment/claims.h"

#include <stdatomic.h>

enum state { FREE, TRIED, HELD };

enum { NAME_BITS = 38, GENERATION_BITS = 16, CHANNEL_BITS = 8, STATE_AT = 62 };

#define NAME_MASK ((UINT64_C(1) << NAME_BITS) - 1)

static uint64_t word_of(const struct claim_ask *a, enum state s)
{
	uint64_t generation = a->generation & ((1u << GENERATION_BITS) - 1);
	/* the low bits of the name say where it is */
	return (uint64_t)s << STATE_AT |
	       (uint64_t)a->channel << (NAME_BITS + GENERATION_BITS) |
	       generation << NAME_BITS | a->name >> (64 - NAME_BITS);
}

static enum state state_of(uint64_t word)
{
	return (enum state)(word >> STATE_AT);
}

static bool is_same_name(uint64_t a, uint64_t b)
{
	return ((a ^ b) & NAME_MASK) == 0;
}

static uint32_t place(const struct claims *t, uint64_t name, uint32_t probe)
{
	return ((uint32_t)name + probe) & (t->n - 1);
}

static uint64_t load(const struct claims *t, uint32_t ix)
{
	return atomic_load_explicit(&t->words[ix], memory_order_seq_cst);
}

static bool change(const struct claims *t, uint32_t ix, uint64_t from, uint64_t to)
{
	return atomic_compare_exchange_strong_explicit(
		&t->words[ix], &from, to, memory_order_seq_cst, memory_order_seq_cst);
}

/* Its front is dead: nobody will give it back. */
static bool is_stale(const struct claims *t, uint64_t word)
{
	uint32_t channel =
		word >> (NAME_BITS + GENERATION_BITS) & ((1u << CHANNEL_BITS) - 1);
	uint32_t generation = word >> NAME_BITS & ((1u << GENERATION_BITS) - 1);
	if (channel >= t->n_channels)
		return true;
	const struct channel_words *w = &t->channels[channel];
	return channel_state(w) != CHANNEL_LIVE ||
	       (channel_generation(w) & ((1u << GENERATION_BITS) - 1)) != generation;
}

/* The word there, once what the dead have left is out of the way. */
static uint64_t look(const struct claims *t, uint32_t ix)
{
	uint64_t word = load(t, ix);
	if (state_of(word) == FREE || !is_stale(t, word))
		return word;
	return change(t, ix, word, 0) ? 0 : load(t, ix);
}

/* Put the word where there is room, unless somebody has the name. */
static enum claim_verdict try(
	const struct claims *t, uint64_t name, uint64_t word, uint32_t *probe)
{
	uint32_t room = CLAIMS_WINDOW;
	for (uint32_t i = 0; i < CLAIMS_WINDOW; i++) {
		uint64_t there = look(t, place(t, name, i));
		if (state_of(there) == FREE)
			room = MIN(room, i);
		else if (is_same_name(there, word))
			return CLAIM_BUSY;
	}
	for (uint32_t i = room; i < CLAIMS_WINDOW; i++)
		if (change(t, place(t, name, i), 0, word)) {
			*probe = i;
			return CLAIM_TAKEN;
		}
	return CLAIM_FULL;
}

/* Make sure that nobody there gets the name beside us; false = he has it, or will. */
static bool clear(const struct claims *t, uint32_t ix, uint64_t word, bool is_lower)
{
	for (;;) { /* each turn but the last somebody else has got on */
		uint64_t there = look(t, ix);
		if (state_of(there) == FREE || !is_same_name(there, word))
			return true;
		if (state_of(there) == HELD || is_lower)
			return false;
		if (change(t, ix, there, 0))
			return true;
	}
}

static bool is_ours(
	const struct claims *t, uint64_t name, uint64_t word, uint32_t probe)
{
	for (uint32_t i = 0; i < CLAIMS_WINDOW; i++)
		if (i != probe && !clear(t, place(t, name, i), word, i < probe))
			return false;
	return true;
}

enum claim_verdict claims_take(
	const struct claims *t, const struct claim_ask *ask, struct claim *out)
{
	uint64_t tried = word_of(ask, TRIED), held = word_of(ask, HELD);
	uint32_t probe = 0;
	*out = (struct claim){0, 0};
	enum claim_verdict v = try(t, ask->name, tried, &probe);
	if (v != CLAIM_TAKEN)
		return v;
	uint32_t ix = place(t, ask->name, probe);
	if (!is_ours(t, ask->name, tried, probe)) {
		(void)change(t, ix, tried, 0); /* or it has been taken away */
		return CLAIM_BUSY;
	}
	if (!change(t, ix, tried, held))
		return CLAIM_BUSY;
	*out = (struct claim){ix, held};
	return CLAIM_TAKEN;
}

void claims_drop(const struct claims *t, struct claim *c)
{
	if (c->word != 0)
		(void)change(t, c->ix, c->word, 0);
	*c = (struct claim){0, 0};
}
