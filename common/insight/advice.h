/*
 * Advice: what would make it cheaper, faster or safer, by the figures of a period. One
 * function a rule (advice.def); a rule that has nothing to say says nothing.
 *
 *	struct advice_facts f = {.survey = v, .models = models, …};
 *	for (enum advice_rule r = 0; r < ADVICE_RULES; r++)
 *		if (advice_find(r, &f, &a))
 *			… a.text, a.figure[…], a.saves_nanousd …
 *
 * What it would save is of this period and this traffic, by the prices of now; what is in
 * question was counted and may not have been billed. 0 = not money. Pure.
 */
#ifndef INSIGHT_ADVICE_H
#define INSIGHT_ADVICE_H

#include "conf/models.h"
#include "insight/score.h"
#include "segment/exchange.h"
#include "store/survey.h"
#include "text/jsonw.h"

#define ADVICE(rule, text) ADVICE_##rule,
enum advice_rule {
#include "insight/advice.def"
	ADVICE_RULES
};
#undef ADVICE

enum advice_unit {
	ADVICE_COUNT,
	ADVICE_PERCENT,
	ADVICE_MS,
	ADVICE_TOKENS,
	ADVICE_UNITS
};

enum {
	ADVICE_FIGURES = 4,
	ADVICE_TEXT_BYTES = 320,
	ADVICE_LEAST =
		10 /* requests or attempts: a part or a mean of fewer says nothing */
};

/* Parts of the survey that the rules read. */
#define ADVICE_PARTS                                                                   \
	(SURVEY_TIMES | SURVEY_HISTORY | SURVEY_DIM(DIM_ERROR) | SURVEY_DIM(DIM_MODEL))

struct advice_facts {
	const struct survey *survey; /* with ADVICE_PARTS */
	const struct models *models;
	uint64_t now_ms;
	uint64_t utilization; /* of the fullest upstream limit now, in thousandths */
	uint64_t requests_per_hour, tokens_per_hour; /* limits; 0 = none */
	uint64_t max_retries;
	uint64_t asked[PRIORITIES]; /* requests of each, since the start */
	/* of them, that waited for others to end, and for a limit or a held pace */
	uint64_t place_waits, limit_waits;
	/* retries called for since the start; of them, those that waited by our backoff */
	uint64_t retried, retried_by_backoff;
};

struct advice {
	char text[ADVICE_TEXT_BYTES]; /* a sentence without its full stop */
	uint32_t n_figures;
	struct {
		const char *name;
		enum advice_unit unit;
		uint64_t value;
	} figure[ADVICE_FIGURES];
	uint64_t saves_nanousd, in_question_nanousd;
};

/* False = this rule has nothing to say. */
bool advice_find(enum advice_rule r, const struct advice_facts *f,
	struct advice *out) ATTR_UNUSED_RESULT;

/* The error that most requests failed with, NULL = none did. */
const struct group *advice_worst_failure(const struct groups *errors);

/* All that is found, as an array of sentences, and as one of objects. */
void advice_tell_sentences(struct jsonw *w, const struct advice_facts *f);
void advice_tell(struct jsonw *w, const struct advice_facts *f);

#endif
