/*
 * The cost report: what a period cost, by everything it can be split by, what one token
 * and one request came to, the trend and the forecast. For /monitoring/cost-breakdown and
 * `atlasctl cost`.
 */
#ifndef INSIGHT_TELL_COST_H
#define INSIGHT_TELL_COST_H

#include "insight/ahead.h"
#include "insight/tell.h"

/* The survey's parts it needs, and its step. The clients are among those of what is ahead. */
#define TELL_COST_PARTS                                                                \
	(SURVEY_SERIES | SURVEY_PREVIOUS | AHEAD_PARTS | SURVEY_DIM(DIM_MODEL) |       \
		SURVEY_DIM(DIM_KEY) | SURVEY_DIM(DIM_SESSION))
#define TELL_COST_STEP TIER_DAY

struct tell_names {
	tell_client_fn *client;
	const void *arg;
};

/* The weeks of a survey by TELL_COST_STEP, oldest first, from *at = 0 on: when its Monday
 * begins (UTC), and what it came to. False = there are no more. */
bool tell_next_week(const struct survey *v, uint32_t *at, uint64_t *from_ms,
	struct totals *week) ATTR_UNUSED_RESULT;

/* As members of an open object. Some at a time, as in tell.h. */
bool tell_cost(struct jsonw *w, const struct survey *v, const struct tell_names *names,
	struct tell_place *place);

/* What it is going to be: the last member, `forecast`. */
void tell_cost_ahead(struct jsonw *w, const struct ahead *ahead);

/* The trend alone, as an object. */
void tell_trend(struct jsonw *w, const struct survey *v);

#endif
