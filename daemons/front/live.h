/*
 * GET /monitoring/live: the feed of the dashboards, one connection a page, an event of each
 * kind at once and then once a second.
 *
 *	event: rate-limits     data: as GET /monitoring/rate-limits answers
 *	event: queue-status    data: as GET /monitoring/queue-status answers
 *	event: alerts          data: as GET /monitoring/alerts answers
 *	event: totals          data: all that was ever used, as record's pulse has it
 *
 * A second's events are made once for all pages of a front, from the segment alone: no
 * number of pages costs the ledger anything. A page whose token is revoked is cut off at
 * the next second; a drain ends the feed in order.
 *
 * Full: beyond LIVE_MAX pages a front answers 503. A page that reads too slowly misses
 * seconds, and is closed like any client once nothing moves for write_timeout.
 */
#ifndef FRONT_LIVE_H
#define FRONT_LIVE_H

#include "front/front.h"

enum { LIVE_MAX = 64 };

/* The next second's events, if it is time; each turn of the loop. */
void live_turn(struct front *f);

#endif
