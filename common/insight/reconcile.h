/*
 * The ledger against the provider's own usage, by day (UTC) and model, or against what it
 * charges, by day.
 *
 *	struct reconcile r;
 *	reconcile_init(&r);
 *	reconcile_read(&r, text, "usage.csv", &e)      theirs: CSV or JSON
 *	reconcile_add(&r, row)                         ours: each row of those days
 *	line = reconcile_compare(&r, &n)               by day, then model; free() it
 *	reconcile_fini(&r)
 *
 *	JSON   as GET /v1/organization/usage/… answers: data[] of start_time and results[],
 *	       grouped by model; the last page, or an array of all
 *	CSV    a head, then lines; read are a date (start_time_iso, start_time, date, day or
 *	       timestamp: seconds or YYYY-MM-DD, with or without a time and a zone), model, input_tokens, output_tokens,
 *	       input_cached_tokens, num_model_requests, whatever the order
 *	costs  either format: dollars, as GET /v1/organization/costs has them (amount.value)
 *	       or a column amount_value says; all of a day are one sum, credits (below 0) taken
 *	       off it
 *
 * A dated name counts for its model, on both sides: "gpt-4o-2024-08-06" is "gpt-4o". So does
 * a version that a row of ours was served when it asked for the model ("gpt-4-0613" of
 * "gpt-4"): what is unknown has no other name than the one it asked for. A request is what
 * the provider counts: an attempt that was answered, or may have been; what it refused is in
 * no usage of either.
 * A column that is not there is not compared, and told to be missing where ours has some.
 * Costs agree to the cent: who sums up fractions of a nano-dollar rounds in its own way.
 * Full: RECONCILE_LINES days × models; a larger file is refused. Pure.
 */
#ifndef INSIGHT_RECONCILE_H
#define INSIGHT_RECONCILE_H

#include "base/err.h"
#include "store/groups.h"

enum {
	RECONCILE_LINES = GROUPS_MAX,
	RECONCILE_MODEL_BYTES = KEY_NAME_BYTES - 7,
	RECONCILE_VERSIONS = 64
};

enum reconcile_kind { RECONCILE_EMPTY, RECONCILE_USAGE, RECONCILE_COSTS };

/* Of what was asked; both without a date. */
struct reconcile_version {
	char served[EXCHANGE_MODEL_BYTES], asked[EXCHANGE_MODEL_BYTES];
};

struct reconcile {
	enum reconcile_kind kind; /* of what the file holds */
	struct groups *theirs, *ours;
	struct groups *credits; /* costs: what they give back */
	struct groups *unknown; /* of ours: what may not have been billed */
	/* Of those days, and in no sum of ours: attempts that the provider answered and
	 * charged nothing for. In none of costs: attempts without a price. */
	uint64_t n_free, n_unpriced;
	/* That rows of ours have shown; full: one more is a model of its own. */
	struct reconcile_version version[RECONCILE_VERSIONS];
	uint32_t n_versions;
	uint32_t told; /* bits of enum reconcile_figure: what theirs has at all */
	uint64_t first_kept_day;      /* before it rows of ours are pruned */
	uint64_t first_day, last_day; /* since 1970, of theirs; first > last = none */
};

/* What is compared. */
enum reconcile_figure {
	RECONCILE_REQUESTS,
	RECONCILE_PROMPT,
	RECONCILE_CACHED,
	RECONCILE_COMPLETION,
	RECONCILE_COST,
	RECONCILE_FIGURES
};

/* The worse, the larger. */
enum reconcile_verdict {
	RECONCILE_AGREES,
	RECONCILE_WITHIN, /* theirs lies in the interval of what is unknown of ours */
	RECONCILE_DIFFERS,
	RECONCILE_PRUNED, /* ours is not all there any more: nobody can say */
	RECONCILE_VERDICTS
};

struct reconcile_sums {
	uint64_t requests, prompt_tokens, cached_tokens, completion_tokens; /* usage */
	int64_t cost_nanousd; /* costs; below 0 where more is given back than charged */
};

struct reconcile_line {
	uint64_t day;
	char model[RECONCILE_MODEL_BYTES]; /* "" = all, where it is about costs */
	struct reconcile_sums ours, theirs;
	/* of ours, what may not have been billed */
	uint64_t unknown; /* requests */
	uint64_t unknown_nanousd;
	uint64_t estimated; /* of ours, attempts: what they took is a guess */
	enum reconcile_verdict verdict;
};

void reconcile_init(struct reconcile *r);
void reconcile_fini(struct reconcile *r);

bool reconcile_read(struct reconcile *r, struct str text, const char *name,
	struct err *e) ATTR_UNUSED_RESULT;

/* Rows that were sent before are not all there: days that begin before are not judged. */
void reconcile_keep_from(struct reconcile *r, uint64_t wall_ms);

/* Only rows of the days that theirs has count. */
void reconcile_add(struct reconcile *r, const struct row *row);

struct reconcile_line *reconcile_compare(struct reconcile *r, uint32_t *n);

/* Bits of the figures that theirs does not have and ours does: they were not compared. */
uint32_t reconcile_untold(
	const struct reconcile *r, const struct reconcile_line *l, uint32_t n);

/* As the provider calls it. */
const char *reconcile_figure_name(enum reconcile_figure f);

#endif
