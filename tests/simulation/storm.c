/*
 * What a storm teaches about waits: nothing. Crowds come at once, far apart, and a storm
 * breaks over the second one: those who waited through it waited longer than was foretold,
 * and the next crowd, in calm weather again, is told what is true of it.
 */
#include "question.h"

enum { CROWDS = 5, CROWD = 300, STORM_OVER = 1 };

#define APART_NS (30 * MINUTE_NS)

static uint64_t begin_ns(size_t crowd)
{
	return HOUR_NS + crowd * APART_NS;
}

void ask_storm(void)
{
	static struct source s[CROWDS];
	struct weather storm = {begin_ns(STORM_OVER) + 2 * SECOND_NS,
		begin_ns(STORM_OVER) + 40 * SECOND_NS, 1.0, 429, "slow_down", 0};
	for (size_t i = 0; i < CROWDS; i++)
		s[i] = (struct source){.class = 1,
			.outstanding = CROWD,
			.tokens_min = 10,
			.tokens_max = 500,
			.first_ns = begin_ns(i),
			.last_ns = begin_ns(i) + 1};
	struct plan plan = plan_of(s, CROWDS);
	plan.check_positions = true;
	plan.stabilizer.hold_ns = MINUTE_NS;
	plan.weather = &storm;
	plan.n_weather = 1;
	plan.until_ns = begin_ns(STORM_OVER + 1);
	struct world *w = world_new(&plan);
	world_run(w);
	const struct world_result *r = world_result(w);
	uint64_t n = r->n_foretold, n_well = r->n_foretold_well;
	bool is_calm = r->state == STABILIZER_STEADY && r->n_retries > 0;
	world_go_on_until(w, begin_ns(CROWDS));
	world_run(w);
	r = world_result(w);
	n = r->n_foretold - n;
	n_well = r->n_foretold_well - n_well;
	judge("waits foretold after a storm",
		is_whole(w) && is_calm && n > CROWD && n_well * 10 >= n * 9,
		"%.1f %% of %llu within max(2 s, 20 %%)",
		100 * (double)n_well / (double)n, (unsigned long long)n);
	world_free(w);
	forget(s, CROWDS);
}
