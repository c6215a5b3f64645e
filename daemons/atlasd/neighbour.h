/*
 * The Atlas that has a run_dir already: atlasd -t tells by it what is taken by whom, and
 * what a start would meet there. It is asked over its control socket; of one that gives no
 * whole answer within a second the locks of run_dir (rundir.h) tell whether it is there,
 * and the segment what it has.
 */
#ifndef ATLASD_NEIGHBOUR_H
#define ATLASD_NEIGHBOUR_H

#include "conf/settings.h"

#include <sys/types.h>

enum neighbour_state {
	NEIGHBOUR_NONE,
	NEIGHBOUR_SERVES, /* it has answered */
	NEIGHBOUR_MUTE,   /* its master runs and does not answer: no start gets by it */
	NEIGHBOUR_ENDS    /* its master is gone: a start waits for its children */
};

struct neighbour {
	enum neighbour_state state;
	pid_t pid;    /* its master's; 0 = gone */
	pid_t record; /* MUTE, ENDS: who writes its ledger; 0 = not known */
	struct settings_list listen;
};

void neighbour_ask(struct neighbour *n, const char *run_dir);

#endif
