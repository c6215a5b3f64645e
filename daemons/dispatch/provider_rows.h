/*
 * Limits that the upstream itself tells (decide/provider.h), model by model as it counts
 * them: rows of the segment with the scope "provider MODEL" that come into being with the
 * first word and hold beside the limits of the settings. What others use of them is
 * counted in as it shows.
 *
 *	provider_rows_apply()   the rows of a job's model, behind its other limits
 *	provider_rows_sent()    what of it is known when the upstream counts
 *	provider_rows_heard()   the head of its answer: new limits, foreign use
 *
 * Full (PROVIDER_MODELS models, or no row free): what is said of one more is not heeded.
 */
#ifndef DISPATCH_PROVIDER_ROWS_H
#define DISPATCH_PROVIDER_ROWS_H

#include "decide/admission.h"
#include "decide/provider.h"
#include "segment/limits.h"

struct dispatch;
struct job;

enum { PROVIDER_MODELS = 12, PROVIDER_NAME_BYTES = LIMIT_SCOPE_BYTES - 9 };

struct provider_rows {
	struct provider_model {
		char model
			[PROVIDER_NAME_BYTES]; /* "" = free, and so are those behind */
		struct upstream_limit *row[PROVIDER_UNITS]; /* NULL = no limit known */
		uint64_t counted[PROVIDER_UNITS];           /* ever, into its rows */
	} of[PROVIDER_MODELS];
};

/* What was known when a job's request left. */
struct provider_sent {
	struct provider_model *model; /* NULL = nothing: no word about it yet */
	uint64_t used[PROVIDER_UNITS], counted[PROVIDER_UNITS];
};

/* The rows that a predecessor left. */
void provider_rows_open(struct dispatch *d);

/* The limits of the job's model with their costs, into out; returns how many. */
size_t provider_rows_apply(struct dispatch *d, const struct job *j,
	struct admission_limit out[static PROVIDER_UNITS]);

/* After its limits were reserved. */
void provider_rows_sent(struct dispatch *d, struct job *j);

void provider_rows_heard(
	struct dispatch *d, struct job *j, const struct provider_words *w);

#endif
