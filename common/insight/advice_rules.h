/*
 * Inside insight/: the rules of advice.def, a function each, and what they say it with.
 * advice_money.c has those about money, advice_course.c those about how it went.
 */
#ifndef INSIGHT_ADVICE_RULES_H
#define INSIGHT_ADVICE_RULES_H

#include "insight/advice.h"

/* False = nothing to say. */
#define ADVICE(rule, text)                                                             \
	bool advise_##rule(const struct advice_facts *f, struct advice *a)             \
		ATTR_UNUSED_RESULT;
#include "insight/advice.def"
#undef ADVICE

/* The sentence; one of the figures it rests on, at most ADVICE_FIGURES. */
ATTR_PRINTF(2, 3) void advice_say(struct advice *a, const char *fmt, ...);
void advice_note(struct advice *a, const char *name, enum advice_unit unit, uint64_t v);

/* Is part so many percent of all? To the last one: what is told is num_percent(). */
bool advice_reaches(uint64_t part, uint64_t all, uint64_t percent);

#endif
