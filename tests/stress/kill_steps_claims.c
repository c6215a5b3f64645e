/*
 * Death at every instruction of taking and giving back a claim. Whatever the dead front
 * left, the claim is another's as soon as its channel is closed, and never two fronts'
 * before that.
 */
#include "steps.h"

#include "segment/claims.h"

#include <stdatomic.h>

enum { N = 64, FRONTS = 2, NAME = 77, AT_WORDS = 4096 };

static struct channel_words *channels_in(void *mem)
{
	return mem;
}

static struct claims claims_in(void *mem)
{
	return (struct claims){
		.words = (_Atomic uint64_t *)(void *)((char *)mem + AT_WORDS),
		.n = N,
		.channels = channels_in(mem),
		.n_channels = FRONTS};
}

static enum claim_verdict take(void *mem, uint32_t front, struct claim *c)
{
	struct claims t = claims_in(mem);
	struct claim_ask ask = {NAME, front, 7};
	return claims_take(&t, &ask, c);
}

static void setup(void *mem)
{
	for (uint32_t i = 0; i < FRONTS; i++)
		channel_open(&channels_in(mem)[i], 7);
}

static void run_take(void *mem)
{
	struct claim c;
	(void)!take(mem, 0, &c);
}

static void run_take_and_drop(void *mem)
{
	struct claims t = claims_in(mem);
	struct claim c;
	(void)!take(mem, 0, &c);
	claims_drop(&t, &c);
}

/* While the dead is not known to be dead, his claim may stand; never longer. */
static bool check(void *mem)
{
	struct claims t = claims_in(mem);
	struct claim c, other;
	enum claim_verdict v = take(mem, 1, &c);
	if (v == CLAIM_FULL)
		return false;
	channel_close(&channels_in(mem)[0]);
	if (v == CLAIM_BUSY && take(mem, 1, &c) != CLAIM_TAKEN)
		return false;
	if (take(mem, 1, &other) != CLAIM_BUSY)
		return false;
	claims_drop(&t, &c);
	for (uint32_t i = 0; i < N; i++)
		if (atomic_load_explicit(&t.words[i], memory_order_relaxed) != 0)
			return false;
	return true;
}

/* ---- a mistake, made on purpose ------------------------------------------------------- */

/* In the name of another front, who lives on. */
static void run_take_as_another(void *mem)
{
	struct claim c;
	(void)!take(mem, 1, &c);
}

static const struct steps_case cases[] = {
	{"claims_take", setup, run_take, check, false},
	{"claims_take, claims_drop", setup, run_take_and_drop, check, false},
	{"mistake: a claim in another's name", setup, run_take_as_another, check, true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}
