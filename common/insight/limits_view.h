/*
 * The upstream limits and the key's state as people see them: taken from the segment, for
 * GET /monitoring/rate-limits and `atlasctl limits` alike. Whoever maps it may look.
 *
 *	struct limits_view v;
 *	limits_view_take(&v, segment, now_ns);
 *	limits_view_tell(&w, &v);            the members of an open object
 */
#ifndef INSIGHT_LIMITS_VIEW_H
#define INSIGHT_LIMITS_VIEW_H

#include "segment/segment.h"
#include "text/jsonw.h"

/* What of a limit has no room for one more. A burst flows back long before its window. */
enum limits_view_used_up { LIMITS_VIEW_NOTHING, LIMITS_VIEW_BURST, LIMITS_VIEW_WINDOW };

struct limits_view_row {
	char scope[LIMIT_SCOPE_BYTES];
	enum limit_unit unit;
	uint64_t window_ns, limit, used;
	uint64_t
		room_ns; /* until one more fits, 0 = now, if nothing is sent until then */
	enum limits_view_used_up used_up; /* where both are, the window */
	uint64_t empty_ns;                /* until nothing of it is used */
};

struct limits_view {
	uint32_t n_rows, n_keys;
	struct limits_view_row row[MAX_UPSTREAM_LIMITS]; /* those with a limit */
	struct upstream_key key[MAX_UPSTREAM_KEYS];
	struct settings settings; /* in force */
	uint64_t now_ns;
};

void limits_view_take(struct limits_view *v, const struct segment *s, uint64_t now_ns);
void limits_view_tell(struct jsonw *w, const struct limits_view *v);

/* Of that an object of "limits" alone, and the member "keys". */
void limits_view_tell_row(struct jsonw *w, const struct limits_view_row *r);
void limits_view_tell_keys(struct jsonw *w, const struct limits_view *v);

/* "healthy", "warning", "error". */
const char *limits_view_status(const struct limits_view *v);

/* All keys are out of service and none is due for its probe. A due one counts as usable:
 * without traffic nothing would ever probe it. */
bool limits_view_is_cut_off(const struct limits_view *v);

/* Dispatch runs and has no key at all: whatever is asked upstream is refused there. */
bool limits_view_lacks_key(const struct limits_view *v);

/* When a key's state began. */
uint64_t limits_view_since_ms(const struct upstream_key *k);

/* Until a key's state ends by itself, 0 = it does not, or the next request ends it. */
uint64_t limits_view_remaining_ns(
	const struct limits_view *v, const struct upstream_key *k);

/* The same, but until the next step of a ramp: when its pace has grown by half again. */
uint64_t limits_view_step_ns(const struct limits_view *v, const struct upstream_key *k);

#endif
