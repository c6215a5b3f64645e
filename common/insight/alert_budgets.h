/*
 * The clients' budgets, for the alert about them: one look at all of them says which is
 * named and how many look bad. Pure.
 *
 *	struct alert_budgets b = {.seen.threshold = percent};
 *	alert_budgets_add(&b, &one)        each budget of each client
 *	alert_budgets_end(&b)
 *
 * Value, threshold, detail and n are of one look, and only together are they true: a
 * threshold that changes is another look. Of those that look bad the fullest is named first,
 * then others as far as there is room, and the rest is counted; where none does, the fullest
 * of all. A budget that refuses looks bad below the threshold as well: what is
 * asked for does not fit in what is left, and its client waits for the next period.
 */
#ifndef INSIGHT_ALERT_BUDGETS_H
#define INSIGHT_ALERT_BUDGETS_H

#include "decide/period.h"
#include "segment/alerts.h"

struct alert_budget {
	const char *client;
	enum period period;
	uint64_t nanousd, spent_nanousd; /* in its period of now; 0 = there is none */
	bool refuses;
};

enum { ALERT_BUDGETS_BESIDE = 3 };

struct alert_budgets {
	struct alert_seen seen; /* in percent; a threshold of 0 is none */
	uint32_t n;             /* that look bad */
	bool is_refusing;       /* the one that is named first */
	/* of those that look bad beside it, in no order: as many as there is room for */
	uint32_t n_beside;
	char beside[ALERT_BUDGETS_BESIDE][ALERT_DETAIL_BYTES];
};

void alert_budgets_add(struct alert_budgets *b, const struct alert_budget *one);
void alert_budgets_end(struct alert_budgets *b);

#endif
