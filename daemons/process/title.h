/* What ps(1) shows: "atlasd: front 1". */
#ifndef PROCESS_TITLE_H
#define PROCESS_TITLE_H

/* The master, first thing in main(): remember where argv and the environment lie. The
 * environment is copied away; getenv() and environ stay valid. */
void title_init(int argc, char **argv);

/* Any process: show this title. Cut to the room argv and environment had. */
void title_set(const char *title);

#endif
