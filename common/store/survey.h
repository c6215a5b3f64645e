/*
 * A survey: everything an answer about a period is made of, read from the rollups slice
 * by slice. What the endpoints and atlasctl say comes from here.
 *
 *	struct survey v;
 *	survey_init(&v, &want, SURVEY_DIM(DIM_MODEL) | SURVEY_TIMES);
 *	do r = survey_slice(store, &v, &e); while (r == QUERY_MORE);
 *	v.total, v.by[DIM_MODEL], v.times, v.point[…]
 *	survey_fini(&v);
 *
 * One client's is its totals and its series alone: there are no points of a model, or of
 * anything else, for one client.
 *
 * All of it is one moment when the store is held meanwhile, so each list sums to the
 * total exactly.
 */
#ifndef STORE_SURVEY_H
#define STORE_SURVEY_H

#include "decide/period.h"
#include "store/gather.h"
#include "store/strands.h"

#define SURVEY_DIM(d) (1u << (d)) /* of MODEL … SESSION: v.by[d] */
enum {
	SURVEY_TIMES = 1u << DIMS,          /* v.times */
	SURVEY_PREVIOUS = 1u << (DIMS + 1), /* v.previous: the period before, as long */
	SURVEY_SERIES = 1u << (DIMS + 2),   /* v.point[] */
	SURVEY_HISTORY =
		1u << (DIMS + 3), /* v.hour[], v.spent[], whatever the period is */
	SURVEY_STRANDS = 1u << (DIMS + 4) /* v.strands; with SURVEY_SERIES */
};

/* What forecasts learn from: eight weeks, and the hour that has begun. */
enum { SURVEY_HOURS = 8 * 168 + 1 };

struct survey_hour {
	uint64_t requests, tokens, cost_nanousd;
};

struct survey_want {
	uint64_t now_ms, hours;
	uint64_t kept_ms[TIERS]; /* as in struct range_want */
	uint64_t behind_ms;      /* query_behind(), for one client */
	uint32_t parts;          /* SURVEY_… */
	enum tier step;          /* of the series */
	enum dim strands;        /* MODEL … SESSION */
	struct closed *closed; /* sums of former surveys, for lists by name; or NULL */
	bool is_of_client;     /* parts: SURVEY_SERIES at most */
	uint64_t client_id;    /* then */
};

struct survey {
	struct range range, before, history;
	/* The same period in days: for lists, which is cut, and for times, which is not. */
	struct range list_range, times_range;
	bool is_of_client;
	struct key client; /* its name among the points */
	uint32_t parts;
	uint32_t n_done; /* parts read */
	struct points_place at;
	/* Lists are read in two: what is over, once and for all, and the open span. */
	struct closed *closed;
	struct gather gather;
	uint32_t n_spans_done; /* of the part that is read */
	bool is_over_read;     /* of the part that is read */
	struct totals total, previous;
	struct times times;
	struct groups *by[DIMS];
	enum tier step;
	uint64_t first_ms; /* where point[0] begins; each is tier_ms(step) long */
	uint32_t n_points; /* up to the one that now lies in */
	struct totals *point;
	struct strands strands;
	bool are_chosen;
	struct totals trail_total[RANGE_SPANS]; /* of the range's spans that are over */
	struct trail *trail;                    /* of the span that is read */
	uint32_t n_names_done;                  /* of it */
	uint64_t n_bad_before;                  /* it */
	uint64_t
		first_hour; /* of hour[0], since 1970; the last is the one that has begun */
	uint32_t n_hours;
	struct survey_hour *hour;
	uint64_t now_ms;
	uint64_t spent[PERIODS]; /* nano-dollars in the periods of now_ms, from days */
	uint64_t n_bad;          /* damaged records passed by */
};

/* The step that gives a chart some tens to some hundreds of points: minutes up to 3 hours,
 * hours up to 31 days, of names (strands, or one client's) up to 7, and then days. */
enum tier survey_step(uint64_t hours, bool is_of_names);

void survey_init(struct survey *v, const struct survey_want *want);
void survey_fini(struct survey *v);

/* One slice, of one part; DONE = all parts are there and the groups are ranked. */
enum query_verdict survey_slice(
	struct store *s, struct survey *v, struct err *e) ATTR_UNUSED_RESULT;

#endif
