/*
 * Weather by the clock: a text file, one sentence a line, read whole at the start.
 *
 *	# the first minute is fair
 *	at 60s weather 429 probability 0.5 retry_after 2 for 30s
 *	at 90s weather ok ttft 800 tps 20
 *	at 2m  limits rpm 30 cotenant_rpm 20
 *	at 3m  clear
 *
 * Times count from the start and must not go back. `weather` adds a rule (weather.h) with
 * the words of wish.h, `probability`, `count` and `for`; `clear` takes all rules away;
 * `limits` takes rpm, tpm, cotenant_rpm and cotenant_tpm.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "limiter.h"
#include "weather.h"

enum scenario_do { SCENARIO_WEATHER, SCENARIO_CLEAR, SCENARIO_LIMITS };

struct scenario_step {
	uint64_t at_ns; /* since the start */
	enum scenario_do what;
	struct weather_rule rule;
	uint64_t for_ns; /* 0 = for good */
	struct limits_change {
		double value[4]; /* rpm, tpm, cotenant_rpm, cotenant_tpm */
		bool has[4];
	} limits;
};

struct scenario {
	struct scenario_step *steps;
	size_t n, next;
};

/* False with a sentence in why (file:line: …). */
bool scenario_load(struct scenario *s, const char *path, char *why, size_t why_n);

/* Carry out what is due; the time of the next step since the start, UINT64_MAX = none. */
uint64_t scenario_advance(struct scenario *s, uint64_t since_start_ns, uint64_t now_ns,
	struct weather *w, struct limiter *l);

/* "rpm" and the like; false when unknown. */
bool limits_set(struct limits_change *c, struct slice key, struct slice value);
void limits_apply(const struct limits_change *c, struct limiter *l);

/* A rule's own words (probability, count, for) or one of its wish's. */
bool rule_set(
	struct weather_rule *r, uint64_t *for_ns, struct slice key, struct slice value);

void scenario_fini(struct scenario *s);

#endif
