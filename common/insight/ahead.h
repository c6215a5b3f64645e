/*
 * What lies ahead: what is going to be spent until the day, the week and the month are
 * over, and when a budget or an hour limit runs out. The `forecast` of the cost report.
 *
 *	struct ahead a = {.survey = v, .now_ms = now};
 *	ahead_take(&a, segment, now_ns);          limits and budgets, where an Atlas runs
 *	ahead_tell(&w, &a);                       the members of an open object
 *
 * With a day of whole hours behind it, the outlook (outlook.h) speaks, with a band that
 * holds nine outcomes in ten; before that, the run rate (forecast.h), without one, and in
 * its first minutes nothing; when a budget runs out is told from the first hour on.
 *
 * A client's budget is thought to be used at the client's share of the survey's period. Of
 * one that is used up nobody knows since when. Of a client's budgets only the one that runs
 * out first is told when: with it the others stand still until it begins anew.
 * An hour limit runs out when what comes in an hour is more than it allows: what is used
 * now flows out of its window evenly meanwhile.
 *
 * Full: of the days', the weeks' and the months' budgets those AHEAD_BUDGETS are told that
 * are used up first, each; the others are counted.
 */
#ifndef INSIGHT_AHEAD_H
#define INSIGHT_AHEAD_H

#include "decide/period.h"
#include "segment/segment.h"
#include "store/survey.h"
#include "text/jsonw.h"

enum { AHEAD_BUDGETS = 32, AHEAD_LIMITS = 8 };

#define AHEAD_PARTS (SURVEY_HISTORY | SURVEY_DIM(DIM_CLIENT))

struct ahead_budget {
	uint64_t client_id;
	char client[CLIENT_NAME_BYTES];
	enum period period;
	uint64_t budget, spent; /* nano-dollars */
	uint64_t
		all; /* that all clients spend until it is used up, which its client has
	                 its share of; UINT64_MAX = it has none. By ahead_add_budget() */
};

struct ahead_limit {
	enum limit_unit unit;
	uint64_t limit, used; /* in an hour */
};

struct ahead {
	const struct survey *survey; /* with AHEAD_PARTS */
	uint64_t now_ms;
	uint32_t n_limits, n_budgets[PERIODS], n_left_out;  /* budgets */
	struct ahead_budget budget[PERIODS][AHEAD_BUDGETS]; /* used up first, first */
	struct ahead_limit limit[AHEAD_LIMITS];
};

/* The limits on all requests, and the budgets of clients. */
void ahead_take(struct ahead *a, const struct segment *s, uint64_t now_ns);

/* One budget more, if it is used up before another that is there, or there is room. */
void ahead_add_budget(struct ahead *a, struct ahead_budget b);

void ahead_tell(struct jsonw *w, const struct ahead *a);

/* ---- for those who decide by it -------------------------------------------------- */

struct ahead_model;

/* Pairs with ahead_model_free(). */
struct ahead_model *ahead_learn(const struct ahead *a);
void ahead_model_free(struct ahead_model *m);

/* How much of the past it is from. */
uint64_t ahead_observed_ms(const struct ahead_model *m);

/* Why there is but a run rate, in a word; NULL = there is more. */
const char *ahead_lacks(const struct ahead_model *m);

/* What the period of now will have come to at its end. */
struct ahead_period {
	uint64_t spent, ends_ms;
	bool is_known; /* else there is too little history for what follows */
	bool has_band; /* low and high are more than guesses */
	uint64_t low, expected, high;
};
struct ahead_period ahead_period(const struct ahead_model *m, enum period p);

/* The same of so many hours from now on, of which nothing is spent. */
struct ahead_period ahead_next(const struct ahead_model *m, uint64_t hours);

/* When it runs out; UINT64_MAX = nobody can say, or not before it begins anew. */
struct ahead_moment {
	uint64_t earliest_ms, expected_ms, latest_ms;
	const char *reason; /* why there is no time, in a word; NULL = there is */
};
struct ahead_moment ahead_budget_ends(
	const struct ahead_model *m, const struct ahead_budget *b);
struct ahead_moment ahead_limit_ends(
	const struct ahead_model *m, const struct ahead_limit *l);
bool ahead_is_used_up(const struct ahead_moment *t);

#endif
