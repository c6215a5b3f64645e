/* What foretold waits turn out to be. */
#include "decide/stretch.h"

#include "base/clock.h"

enum {
	EXACT = 1000,
	LEAST = 250, /* a quarter, and eight times: beyond it the weather has changed */
	MOST = 8000,
	WEIGHT = 8 /* the newest wait counts for an eighth */
};

#define SHORT_NS NS_PER_S

uint64_t stretch_apply(const struct stretch *s, uint64_t key, uint64_t foretold_ns)
{
	uint64_t ix = key % STRETCH_KEYS;
	uint64_t permille = s->of[ix].key == key && s->of[ix].permille > 0
				    ? s->of[ix].permille
				    : EXACT;
	unsigned __int128 ns = (unsigned __int128)foretold_ns * permille / EXACT;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

void stretch_note(
	struct stretch *s, uint64_t key, uint64_t foretold_ns, uint64_t took_ns)
{
	uint64_t ix = key % STRETCH_KEYS;
	if (foretold_ns < SHORT_NS)
		return;
	unsigned __int128 seen = (unsigned __int128)took_ns * EXACT / foretold_ns;
	uint64_t permille = seen > MOST ? MOST : MAX((uint64_t)seen, LEAST);
	if (s->of[ix].key != key || s->of[ix].permille == 0) {
		s->of[ix].key = key;
		s->of[ix].permille = permille;
		return;
	}
	uint64_t sum = s->of[ix].permille * (WEIGHT - 1) + permille;
	s->of[ix].permille = (sum + WEIGHT / 2) / WEIGHT;
}
