/*
 * The Atlas that serves in a run_dir already, asked over its control socket: atlasd -t
 * tells by it what is taken by whom. Whose whole answer takes more than a second is nobody.
 */
#ifndef ATLASD_NEIGHBOUR_H
#define ATLASD_NEIGHBOUR_H

#include "conf/settings.h"

#include <sys/types.h>

struct neighbour {
	pid_t pid; /* its master's; 0 = it is not there */
	struct settings_list listen;
};

void neighbour_ask(struct neighbour *n, const char *run_dir);

#endif
