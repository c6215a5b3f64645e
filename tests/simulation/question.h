/*
 * What every question to the simulation needs: a plan to begin with, figures of what came
 * of it, and a line that says whether that is good.
 */
#ifndef SIMULATION_QUESTION_H
#define SIMULATION_QUESTION_H

#include "world.h"

#define MS_NS (SECOND_NS / 1000)

/* One line with the figures; it counts. */
void judge(const char *name, bool is_good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The closing line; true = all were good. */
bool judged(void);

/* 600 requests a minute, bursts of 10 s, a day of it. */
struct plan plan_of(struct source *source, size_t n);

/* Of the waits of n sources together. */
double quantile_s(const struct source *s, size_t n, double q);

/* How evenly n sources have shared tokens; 1 = all the same. */
double jain(const struct source *s, size_t n);

/* What came of n sources. */
void forget(struct source *s, size_t n);

/* No invariant was broken; else it says which. */
bool is_whole(const struct world *w);

/* ---- in files of their own ---- */

void ask_guesses(void); /* guesses.c */
void ask_clocks(void);  /* clocks.c */
void ask_storm(void);   /* storm.c */

#endif
