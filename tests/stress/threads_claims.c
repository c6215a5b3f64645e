/*
 * Fronts as threads that want the same few chats, for ThreadSanitizer: never two of them
 * are in one at a time, what one has done there the next one sees, and none is lost.
 */
#include "segment/claims.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRONTS = 4, CHATS = 3, N_WORDS = 64, N_TURNS = 20000 };

static _Atomic uint64_t words[N_WORDS];
static struct channel_words channels[FRONTS];

static struct chat {
	CACHE_ALIGNED uint32_t n_inside; /* no atomics: the claim is what guards it */
	uint64_t n_turns;
	bool is_wrong;
} chats[CHATS];

static const struct claims table = {words, N_WORDS, channels, FRONTS};

/* All in one window, each with words of its own. */
static uint64_t name_of(uint32_t chat)
{
	return (uint64_t)chat << 40 | 9;
}

static void visit(struct chat *c)
{
	c->is_wrong |= c->n_inside++ != 0;
	c->n_turns++;
	c->n_inside--;
}

static void *work(void *arg)
{
	uint32_t front = (uint32_t)(uintptr_t)arg;
	for (uint32_t done = 0, i = 0; done < N_TURNS; i++) {
		struct claim c;
		struct claim_ask ask = {name_of(i % CHATS), front, 1};
		if (claims_take(&table, &ask, &c) != CLAIM_TAKEN) {
			sched_yield();
			continue;
		}
		visit(&chats[i % CHATS]);
		claims_drop(&table, &c);
		done++;
	}
	return NULL;
}

int main(void)
{
	pthread_t front[FRONTS];
	uint64_t n = 0;
	bool ok = true;
	for (uint32_t i = 0; i < FRONTS; i++)
		channel_open(&channels[i], 1);
	for (uint32_t i = 0; i < FRONTS; i++)
		must(pthread_create(&front[i], NULL, work, (void *)(uintptr_t)i) == 0);
	for (uint32_t i = 0; i < FRONTS; i++)
		must(pthread_join(front[i], NULL) == 0);
	for (uint32_t i = 0; i < CHATS; i++) {
		ok = ok && !chats[i].is_wrong;
		n += chats[i].n_turns;
	}
	for (uint32_t i = 0; i < N_WORDS; i++)
		ok = ok && atomic_load_explicit(&words[i], memory_order_relaxed) == 0;
	ok = ok && n == (uint64_t)FRONTS * N_TURNS;
	printf("%d fronts, %llu turns\n", FRONTS, (unsigned long long)n);
	printf("%d passed, %d failed\n", ok, !ok);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
