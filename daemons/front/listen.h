/*
 * The listening sockets of the heritage, or those that a reload has put in their place,
 * shared with all other fronts: accepting from them while there is room.
 *
 * Each of them is woken for each client. One that holds more than its share leaves the
 * next to the others for LISTEN_YIELD_MS, and takes it if it is there still.
 *
 * Full: at max_connections, or when the process has no descriptor left, accepting pauses
 * for LISTEN_PAUSE_MS; waiting clients stay in the kernel's queue. One log line in ten
 * seconds says so.
 */
#ifndef FRONT_LISTEN_H
#define FRONT_LISTEN_H

struct front;
struct listeners;

enum { LISTEN_PAUSE_MS = 100, LISTEN_YIELD_MS = 1, LISTEN_A_WAKE = 8 };

struct listeners *listeners_new(struct front *f);
void listeners_free(struct listeners *l); /* NULL is fine */

/* For good: the process drains. The others go on accepting. */
void listeners_stop(struct listeners *l);

/* The master is gone, so nobody will accept any more: the sockets stop listening, for all
 * who hold them. Whoever comes is refused, whoever waits in the kernel's queue is reset. */
void listeners_refuse(struct listeners *l);

#endif
