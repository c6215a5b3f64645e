/*
 * Alerts as record publishes them: what holds now, and the newest news. record decides
 * (insight/alert.h), everybody reads; dispatch carries the news to the webhook.
 *
 *	page:  sequence │ commanded │ alert[…] state, since, value │ news[sequence % ALERT_NEWS]
 *	told:  the last piece of news that the webhook has, or that was given up
 *
 * Full: the oldest news is written over; a webhook that has not heard it by then never
 * does, and dispatch says so in the log.
 */
#ifndef SEGMENT_ALERTS_H
#define SEGMENT_ALERTS_H

#include "base/attr.h"

#include <assert.h>

#define ALERT(name, ...) ALERT_##name,
enum alert_id {
#include "segment/alerts.def"
	ALERTS
};
#undef ALERT

enum alert_state {
	ALERT_OK,
	ALERT_PENDING,
	ALERT_FIRING,
	ALERT_RESOLVED,
	ALERT_STATES
};

enum alert_unit { ALERT_USD, ALERT_PERCENT, ALERT_SECONDS, ALERT_COUNT, ALERT_UNITS };

enum { ALERT_NEWS = 32, ALERT_DETAIL_BYTES = 64 };

/* What was seen: dollars as nano-dollars, the others whole. */
struct alert_seen {
	uint64_t value, threshold;
	char detail
		[ALERT_DETAIL_BYTES]; /* which key, client, limit, of how many; "" = none */
};

/* W: record, through a page  R: all */
struct alert_entry {
	uint32_t state;    /* enum alert_state */
	uint32_t n;        /* FIRING: of so many keys or budgets as was told */
	uint64_t since_ms; /* of the state */
	uint64_t
		turned_ms; /* since when it has looked otherwise than its state; 0 = not */
	struct alert_seen seen;
};

struct alert_news {
	uint64_t sequence; /* 1, 2, …; 0 = nothing here yet */
	uint64_t wall_ms;
	uint32_t alert, state; /* FIRING or RESOLVED */
	struct alert_seen seen;
};

struct alerts_page {
	uint64_t sequence; /* of the newest news */
	uint64_t
		commanded; /* that the command has been started for, or never will be */
	struct alert_entry alert[ALERTS];
	struct alert_news news[ALERT_NEWS]; /* [sequence % ALERT_NEWS] */
};
static_assert(sizeof(struct alerts_page) % 8 == 0, "a page holds whole words");

struct alerts_words {
	CACHE_ALIGNED _Atomic uint64_t told; /* W: dispatch  R: its successor, ctl */
};

/* Dispatch: all news up to that number is done with. Relaxed: it stands alone. */
void alerts_set_told(struct alerts_words *w, uint64_t sequence);
uint64_t alerts_told(const struct alerts_words *w);

const char *alert_name(enum alert_id id); /* "cost_day" */
const char *alert_help(enum alert_id id); /* "the day's cost" */
enum alert_unit alert_unit(enum alert_id id);
const char *alert_unit_name(enum alert_unit u);   /* "usd", "percent" */
const char *alert_state_name(enum alert_state s); /* "ok", "firing" */

#endif
