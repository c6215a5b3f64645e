/*
 * Alerts: what looks bad, for how long, and when it is news. Pure; record calls it once a
 * second and keeps the entries in the page that everybody reads (segment/alerts.h).
 *
 *	alert_look(&facts, settings, seen, is_bad)      each alert's reading
 *	alert_step(&entry, is_bad, hold_ms, now_ms)     the news, if any
 *
 *	        bad                held          good for as long
 *	  OK ─────────► PENDING ─────────► FIRING ──────────────► RESOLVED
 *	  ▲               │ good              ▲                      │  │
 *	  ├───────────────┘                   └── bad and held ──────┘  │ quiet
 *	  └─────────────────────────────────────────────────────────────┘
 *
 * Only FIRING and RESOLVED are news, and, where nothing is to hold, that one more key or
 * budget looks bad while it is FIRING, or that a ledger that was short of room takes nothing
 * more. What is to hold before it fires is also to hold before it resolves, so that what
 * flickers is one alert. RESOLVED names what fired; its value is that of now.
 */
#ifndef INSIGHT_ALERT_H
#define INSIGHT_ALERT_H

#include "conf/settings.h"
#include "insight/alert_budgets.h"

enum { ALERT_QUIET_MS = 600000, ALERT_LEDGER_S = 5, ALERT_REQUESTS_LEAST = 10 };

/* Of the ledger: how much looks bad, so that the second is news while the first fires. */
enum { ALERT_LEDGER_SHORT = 1, ALERT_LEDGER_WAITS };

struct alert_facts {
	uint64_t spent[PERIODS];         /* by all, in the periods of now */
	struct alert_budgets budgets;    /* of one look, its threshold included */
	uint64_t judged, failed;         /* requests of the last five minutes */
	struct alert_seen limit;         /* the fullest, in percent */
	struct alert_seen unsteady, out; /* keys; detail names the first */
	struct alert_seen ledger; /* how long the oldest fact has waited, in seconds */
	bool is_ledger_short;     /* of room: detail says of which */
};

struct alert_reading {
	bool is_bad;
	uint32_t n; /* keys or budgets that look bad; 1 where there is but one of it */
	bool is_explained; /* detail belongs to the value, and names nothing */
	struct alert_seen seen;
};

void alert_look(const struct alert_facts *f, const struct settings *s,
	struct alert_reading out[static ALERTS]);

/* How long it must look so before it is believed: what only rises at once, what goes up
 * and down after [alerts] hold. */
uint64_t alert_hold_ms(enum alert_id id, const struct settings *s);

/* True = the entry's new state is news. */
bool alert_step(struct alert_entry *e, const struct alert_reading *r, uint64_t hold_ms,
	uint64_t now_ms) ATTR_UNUSED_RESULT;

/* Add the entry's state to the page's news. */
void alert_tell(struct alerts_page *p, enum alert_id id, uint64_t now_ms);

#endif
