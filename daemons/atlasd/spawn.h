/*
 * From a seat to a process: fill the heritage, fork, and let the child run its role's
 * main function. The only place that forks a child that stays. Run by the master.
 */
#ifndef ATLASD_SPAWN_H
#define ATLASD_SPAWN_H

#include "atlasd/supervisor.h"

/* Start a process in the seat, which has none. False (logged) when there is no spare
 * channel for a front or the system has no process for us now; nothing has changed. */
bool spawn_seat(struct master *m, struct seat *seat) ATTR_UNUSED_RESULT;

#endif
