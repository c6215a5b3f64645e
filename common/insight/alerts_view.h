/*
 * Alerts as people see them, from record's page: for GET /monitoring/alerts, the live feed
 * and `atlasctl alerts` alike.
 *
 *	struct alerts_page p;
 *	alerts_view_take(&p, segment);
 *	alerts_view_tell(&w, &p);        the members of an open object
 */
#ifndef INSIGHT_ALERTS_VIEW_H
#define INSIGHT_ALERTS_VIEW_H

#include "segment/segment.h"
#include "text/jsonw.h"

/* Nothing is published yet: all are OK. */
void alerts_view_take(struct alerts_page *p, const struct segment *s);
void alerts_view_tell(struct jsonw *w, const struct alerts_page *p);

/* Those that fire, as members of an open array. */
void alerts_view_tell_firing(struct jsonw *w, const struct alerts_page *p);

/* One piece of news, as members of an open object: the webhook's body. */
void alerts_view_tell_news(struct jsonw *w, const struct alert_news *n);

uint32_t alerts_view_firing(const struct alerts_page *p);

/* Why record, which lives, cannot write down what is spent; NULL = it can. A text of p's. */
const char *alerts_view_ledger_trouble(const struct alerts_page *p);

/* Why soon it cannot; NULL = there is room, or it cannot already. */
const char *alerts_view_ledger_shortage(const struct alerts_page *p);

/* The news before that number: NULL = it is not in the ring. */
const struct alert_news *alerts_view_news(
	const struct alerts_page *p, uint64_t sequence);

#endif
