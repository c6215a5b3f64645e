/* Which requests have been here before: open addressing, linear probing. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, MOST_SLOTS = 2 << 20 };

#define BILLED UINT64_C(1)

/* Never 0, lowest bit clear. */
static uint64_t key_of(uint64_t hash)
{
	return hash < 2 ? UINT64_C(2) : hash & ~BILLED;
}

static uint64_t *find(const struct seen *s, uint64_t key)
{
	uint64_t at = mix64(key) & (s->cap - 1);
	while (s->slots[at] != 0 && (s->slots[at] & ~BILLED) != key)
		at = (at + 1) & (s->cap - 1);
	return &s->slots[at];
}

static void resize(struct seen *s, uint64_t cap)
{
	struct seen next = {.cap = cap};
	next.slots = grow(NULL, cap * sizeof *next.slots);
	memset(next.slots, 0, cap * sizeof *next.slots);
	for (uint64_t i = 0; i < s->cap; i++)
		if (s->slots[i] != 0)
			*find(&next, s->slots[i] & ~BILLED) = s->slots[i];
	free(s->slots);
	s->slots = next.slots;
	s->cap = cap;
}

static void make_room(struct seen *s)
{
	if (s->n < s->cap / 4 * 3)
		return;
	if (s->cap < MOST_SLOTS) {
		resize(s, s->cap > 0 ? s->cap * 2 : FIRST_SLOTS);
		return;
	}
	memset(s->slots, 0, s->cap * sizeof *s->slots);
	s->n = 0;
	s->n_restarts++;
}

void seen_note(struct seen *s, uint64_t hash)
{
	make_room(s);
	uint64_t *slot = find(s, key_of(hash));
	if (*slot == 0) {
		*slot = key_of(hash);
		s->n++;
		return;
	}
	s->again++;
	s->again_billed += *slot & BILLED;
}

void seen_bill(struct seen *s, uint64_t hash)
{
	if (s->cap == 0)
		return;
	uint64_t *slot = find(s, key_of(hash));
	if (*slot != 0)
		*slot |= BILLED;
}

void seen_reset(struct seen *s)
{
	free(s->slots);
	*s = (struct seen){0};
}
