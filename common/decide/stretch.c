/* What foretold waits turn out to be. */
#include "decide/stretch.h"

#include "base/clock.h"
#include "base/num.h"

enum {
	EXACT = 1000,
	LEAST = 250, /* a quarter, and eight times: beyond it the weather has changed */
	MOST = 8000,
	WEIGHT = 8 /* the newest wait counts for an eighth */
};

#define SHORT_NS NS_PER_S

static uint64_t behind_first(const struct foretold *f)
{
	return num_sub_sat(f->own_ns, f->first_ns);
}

uint64_t stretch_apply(const struct stretch *s, uint64_t key, const struct foretold *f)
{
	uint64_t ix = key % STRETCH_KEYS;
	uint64_t permille = s->of[ix].key == key && s->of[ix].permille > 0
				    ? s->of[ix].permille
				    : EXACT;
	unsigned __int128 ns = (unsigned __int128)behind_first(f) * permille / EXACT;
	ns += MIN(f->first_ns, f->own_ns);
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

void stretch_note(
	struct stretch *s, uint64_t key, const struct foretold *f, uint64_t took_ns)
{
	uint64_t ix = key % STRETCH_KEYS;
	uint64_t foretold_ns = behind_first(f);
	if (foretold_ns < SHORT_NS)
		return;
	took_ns = num_sub_sat(took_ns, f->first_ns);
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
