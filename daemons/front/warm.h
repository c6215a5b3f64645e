/*
 * Lists kept warm. What is over is gathered once and kept (store/closed.h), but each minute
 * that ends is over then, too: whoever asked first in a minute would wait for all lists to
 * be put together anew. So what was asked lately is surveyed again as soon as a minute has
 * begun, slice by slice, when no walk is there; one that comes ends it, and it begins anew
 * behind that: what it has gathered until then is kept.
 */
#ifndef FRONT_WARM_H
#define FRONT_WARM_H

#include "store/survey.h"

struct front;

enum { WARM_WANTS = 32, WARM_MINUTES = 2 };

struct warm {
	struct warm_want {
		struct survey_want want; /* parts 0 = none */
		uint64_t asked;          /* when last, in minutes of the wall */
		uint64_t warmed;         /* in which minute it was surveyed last */
	} want[WARM_WANTS];
	struct warm_want *at; /* the one that is surveyed, or NULL */
	struct survey survey;
};

/* Somebody asks this; no lists, nothing to keep. One more than WARM_WANTS takes the place of
 * what was asked longest ago. */
void warm_note(struct front *f, const struct survey_want *want);

/* One slice, where nobody asks and something is due; false = there was nothing to do. */
bool warm_turn(struct front *f);
bool warm_has_work(const struct front *f);

/* The store is another's from now on: a walk begins, or the process ends. */
void warm_stop(struct front *f);

#endif
