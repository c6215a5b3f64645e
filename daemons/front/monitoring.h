/*
 * What the monitoring endpoints share: their parameters, strictly read, and the way from
 * a survey of the ledger to an answer.
 */
#ifndef FRONT_MONITORING_H
#define FRONT_MONITORING_H

#include "front/walk.h"
#include "insight/advice.h"
#include "insight/tell.h"
#include "text/apierr.h"

enum { MONITORING_ANSWER_BYTES = 8 << 20 }; /* of one turn, where there are several */

/* ---- parameters: any other, doubled or malformed one is an error that names it ------ */

struct monitoring_param {
	struct str name;
	/* False = no such value; the sentence says what it must be. */
	bool (*take)(void *to, struct str value);
	void *to;
	const char *must_be; /* "hours must be one whole number …" */
};

bool monitoring_read(const struct conn *c, const struct monitoring_param *param,
	size_t n, struct apierr *e) ATTR_UNUSED_RESULT;

/* The one that most have: hours, 1 to 8760, 24 when it is not there. */
bool monitoring_read_hours(
	const struct conn *c, uint64_t *hours, struct apierr *e) ATTR_UNUSED_RESULT;
struct monitoring_param monitoring_hours(uint64_t *hours);

/* What the segment holds, as the members of an object: for the endpoints of that name and
 * for the live feed. */
void monitoring_tell_limits(struct jsonw *w, const struct process *p);
void monitoring_tell_queue(struct jsonw *w, const struct process *p);
void monitoring_tell_alerts(struct jsonw *w, const struct process *p);

/* A request's id in the path, and no parameter; false = it has been answered. */
bool monitoring_read_id(
	struct conn *c, uint8_t id[static EXCHANGE_ID_BYTES]) ATTR_UNUSED_RESULT;

/* What the performance report and its advice rest on, besides the survey. */
void monitoring_facts(
	const struct front *f, const struct survey *v, struct advice_facts *out);

/* ---- answers --------------------------------------------------------------------------- */

/* Survey a period, for a token that sees only its own that alone, and let write() make the members of the answer's object, or answer()
 * the whole answer. */
struct monitoring_survey {
	uint32_t parts;   /* SURVEY_… */
	enum dim strands; /* of SURVEY_STRANDS */
	/* Some at a time, as in tell.h. */
	bool (*write)(struct jsonw *w, struct conn *c, const struct survey *v,
		uint64_t hours, struct tell_place *place);
	bool is_by_day; /* the series; else by what suits the hours */
	void (*answer)(struct conn *c, const struct survey *v); /* NULL = write() */
};
void monitoring_begin(
	struct conn *c, const struct monitoring_survey *ask, uint64_t hours);

/* The same with the `hours` of the query. */
void monitoring_ask(struct conn *c, const struct monitoring_survey *ask);

/* A client's name for lists and rows; NULL = not in the table. */
const char *monitoring_client(const struct front *f, uint64_t id);

/* The same for tell_groups(); arg is the front. */
struct tell_client monitoring_tell_client(const void *front, uint64_t id);

#endif
