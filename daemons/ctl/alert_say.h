/* An alert for people, in a line or in the first line of a view. */
#ifndef CTL_ALERT_SAY_H
#define CTL_ALERT_SAY_H

#include "base/num.h"
#include "segment/alerts.h"

enum {
	ALERT_AMOUNT_BYTES = NUM_USD_BYTES + 4,
	ALERT_SAY_BYTES = 256,
	ALERT_WHY_BYTES = 80,
	ALERT_COUNT_BYTES = 48
};

/* "$0.250000000", "90 %", "5 s"; what is counted is named behind the numbers. */
const char *alert_amount(
	enum alert_id id, uint64_t v, char out[static ALERT_AMOUNT_BYTES]);

/* "fires below 90 % because it refuses"; "" = what fires is at its threshold or above. */
const char *alert_why_low(enum alert_id id, enum alert_state state,
	const struct alert_seen *seen, char out[static ALERT_WHY_BYTES]);

/* "firing budget: ann day, 96 % where 90 % is too much, since …" */
const char *alert_say(enum alert_id id, const struct alert_entry *e,
	char out[static ALERT_SAY_BYTES]);

/* "; 2 alerts fire", or "". */
const char *alert_count(
	const struct alerts_page *p, char out[static ALERT_COUNT_BYTES]);

#endif
