/*
 * [alerts] command: a process of its own for each piece of news, one at a time. It gets
 * nothing of ours but the news: no descriptor, so what it prints is dropped, and no
 * environment but PATH.
 */
#ifndef RECORD_WATCH_COMMAND_H
#define RECORD_WATCH_COMMAND_H

#include "record/watch.h"

/* Look after the one that runs; start the next. */
void watch_command_turn(struct watch *w, struct process *p);

/* End the one that runs. */
void watch_command_end(struct watch *w);

#endif
