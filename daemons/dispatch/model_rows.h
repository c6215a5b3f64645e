/*
 * Limits of the [model NAME] sections: four rows of the segment each, with the scope
 * "model NAME". They are found by that name at every adoption, so a reload changes a
 * rate and leaves the use alone; one that is no longer in the settings has no limit, and
 * its use when it comes back. All four count while there is a section, whatever limits
 * it has. One that a reload adds begins with nothing used: what its model used before is
 * known to the ledger alone, which dispatch never reads; the next start has it from there
 * (segment/past.h).
 *
 * Full (no row free, after many reloads with ever new names): that model's limit is not
 * kept, and the log says so.
 */
#ifndef DISPATCH_MODEL_ROWS_H
#define DISPATCH_MODEL_ROWS_H

#include "conf/settings.h"
#include "decide/admission.h"
#include "segment/limits.h"

struct dispatch;
struct job;

struct model_rows {
	uint32_t n;
	struct {
		char model[SETTINGS_MODEL_BYTES];
		struct upstream_limit *row[SETTINGS_LIMITS]; /* NULL = no room */
	} of[SETTINGS_MODELS_MAX];
};

/* At each adoption of settings. */
void model_rows_adopt(struct dispatch *d);

/* The limits of the job's model with their costs, into out; returns how many. */
size_t model_rows_apply(struct dispatch *d, const struct job *j,
	struct admission_limit out[static SETTINGS_LIMITS]);

/* The smallest limit on that model's tokens, 0 = none. */
uint64_t model_rows_smallest(const struct dispatch *d, const char *model);

#endif
