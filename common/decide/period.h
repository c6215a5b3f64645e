/*
 * Days, weeks and months of budgets: all in UTC, a week begins on Monday. Each has a
 * number that grows by one with every period, so that what belongs to an older one is
 * seen to be over. Pure.
 */
#ifndef DECIDE_PERIOD_H
#define DECIDE_PERIOD_H

#include "base/attr.h"

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIODS };

/* The number of the period in which that moment lies. */
uint64_t period_number(enum period p, uint64_t wall_ms);

/* When the period of that moment is over: the first moment of the next one. */
uint64_t period_end_ms(enum period p, uint64_t wall_ms);

const char *period_name(enum period p); /* "day", "week", "month" */

#endif
