/*
 * The performance report: the score with its parts, what is wrong in words, errors,
 * retries, times. For /monitoring/performance; how requests ended is told by `atlasctl
 * usage` and `cost`, too.
 */
#ifndef INSIGHT_TELL_PERFORMANCE_H
#define INSIGHT_TELL_PERFORMANCE_H

#include "insight/advice.h"
#include "insight/tell.h"

#define TELL_PERFORMANCE_PARTS (SURVEY_PREVIOUS | ADVICE_PARTS)

/* Of the survey of `facts`. As members of an open object. */
void tell_performance(struct jsonw *w, const struct advice_facts *facts);

/* `retries`, with DIM_ERROR read; `endings` and `success_rate`: as members of an open object. */
void tell_retries(struct jsonw *w, const struct survey *v);
void tell_endings(struct jsonw *w, const struct totals *t);

/* One histogram, as an object: n, mean, p50, p90, p99, max. */
void tell_histo(struct jsonw *w, const struct histo *h);

#endif
