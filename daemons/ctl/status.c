/* atlasctl status: take the report, show it, judge it. */
#include "ctl/status.h"

#include "ctl/target.h"

#include <stdlib.h>

const char *status_name(const struct report *r)
{
	if (!r->master.is_alive)
		return "not running";
	return r->n_reasons == 0 ? "healthy" : "degraded";
}

static enum ctl_exit exit_of(const struct report *r)
{
	if (!r->master.is_alive)
		return CTL_NOT_RUNNING;
	return r->n_reasons == 0 ? CTL_DONE : CTL_REFUSED;
}

enum ctl_exit ctl_status(struct ctl *c)
{
	struct segment s;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	struct report *r = calloc(1, sizeof *r);
	must(r != NULL);
	report_take(r, c, &s);
	if (c->is_json)
		status_print_json(r);
	else
		status_print_text(r);
	status = exit_of(r);
	free(r);
	segment_close(&s);
	return status;
}
