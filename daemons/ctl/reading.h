/*
 * What the commands that read the ledger share: their options, and the survey of a period
 * that the monitoring endpoints make too. Needs nobody to run.
 */
#ifndef CTL_READING_H
#define CTL_READING_H

#include "ctl/ctl.h"
#include "store/survey.h"

enum {
	READING_HOURS = 24,
	READING_HOURS_MAX = 8760,
	READING_LIMIT = 20,
	READING_LIMIT_MAX = 10000
};

struct reading {
	uint64_t hours, limit;
	const char *error, *model, *session, *format; /* NULL = not given */
	const char *word;                             /* the one without -- */
};

/* [WORD] [--hours N] [--limit N] [--error CODE] [--model NAME] [--session ID] [--format F],
 * of which args_check() has let through what the command takes. False = said why. */
bool reading_parse(const struct ctl *c, struct reading *r) ATTR_UNUSED_RESULT;

/* The value of --hours alone. False = said why. */
bool reading_hours(
	const struct ctl *c, const char *text, uint64_t *hours) ATTR_UNUSED_RESULT;

/* Survey the last hours. REFUSED (said) when that cannot be; survey_fini() in any case. */
enum ctl_exit reading_survey(const struct ctl *c, struct store *s,
	const struct survey_want *want, struct survey *v);

#endif
