/*
 * What falls on requests from outside: rules, each a wish with a chance, a count or an
 * end. They are asked in order for every request. The first that fires with a mode ends
 * the search for a mode; rules that only set a pace may add to it.
 *
 * Chance comes from the seed: the same run meets the same weather.
 *
 * At most 32 rules; weather_add() says false when full.
 */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H

#include "wish.h"

enum { WEATHER_RULES = 32 };

struct weather_rule {
	struct wish wish;
	double probability; /* 0..1 */
	uint64_t left;      /* fires so often still; UINT64_MAX = no end */
	uint64_t until_ns;  /* UINT64_MAX = no end */
};

struct weather {
	struct weather_rule rules[WEATHER_RULES];
	size_t n;
	uint64_t chance; /* state of the draw */
};

void weather_init(struct weather *w, uint64_t seed);

/* One rule without bounds: always, forever. */
struct weather_rule weather_always(void);

bool weather_add(struct weather *w, const struct weather_rule *rule);
void weather_clear(struct weather *w);

/* Does any rule close connections before reading? */
bool weather_has_early(const struct weather *w);

/* A request begins, unread: does it die here? */
bool weather_dies_early(struct weather *w, uint64_t now_ns);

/* What a request that has been read meets: fill what its own wish leaves open. A wish
 * with a mode meets no other. reused: it is not the first on its connection. */
void weather_fill(struct weather *w, uint64_t now_ns, bool reused, struct wish *wish);

#endif
