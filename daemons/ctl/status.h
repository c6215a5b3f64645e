/*
 * The two views of a report: text for people, where what is zero is left out, and JSON
 * for programs, where nothing is.
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "ctl/report.h"

void status_print_text(const struct report *r);
void status_print_json(const struct report *r);

/* "healthy", "degraded" or "not running". */
const char *status_name(const struct report *r);

#endif
