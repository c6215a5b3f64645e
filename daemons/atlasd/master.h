/*
 * The master: all it owns, by value, and the phases of its life. There is one, in main.c.
 *
 *	                                     ┌── new segment ──┐
 *	         boot ──► RUNNING ──► RESETTING ───────────────┘
 *	                     │            │
 *	                     └────────────┴──► STOPPING ──► GONE
 *
 * It parses, forks, watches and talks to atlasctl; it never walks the exchanges, lanes or
 * ledger that its children share, so a sick child cannot take it along. One turn of its
 * loop decides everything in one fixed order; signals, pidfds, bells and connections only
 * wake it.
 */
#ifndef ATLASD_MASTER_H
#define ATLASD_MASTER_H

#include "atlasd/config.h"
#include "atlasd/control.h"
#include "atlasd/ending.h"
#include "atlasd/keypage.h"
#include "atlasd/listener.h"
#include "atlasd/notify.h"
#include "atlasd/reload.h"
#include "atlasd/rundir.h"
#include "atlasd/supervisor.h"
#include "atlasd/tlspage.h"
#include "atlasd/tokens.h"

enum master_phase {
	MASTER_RUNNING,
	MASTER_RESETTING, /* everybody leaves, then a new segment */
	MASTER_STOPPING,  /* everybody leaves */
	MASTER_GONE       /* the loop ends */
};

/* "Could not start" and "had to give up" are the same to whoever started us. */
enum { MASTER_EXIT_OK, MASTER_EXIT_CONFIG, MASTER_EXIT_USAGE, MASTER_EXIT_FAILED };

struct master {
	const char *config_path;
	struct config config; /* in force */
	struct account account;
	struct keypage keys;
	struct tlspage tls;
	struct rundir rundir;
	bool has_made_data_dir;
	int data_dir_fd; /* holds its lock */
	struct listener listener;
	struct segment segment;
	struct supervisor supervisor;
	struct ending ending;
	struct reload reload;
	struct control control;
	struct notify notify;
	struct admin_token admin;
	enum master_phase phase;
	bool is_held; /* atlasctl drain: fronts refuse new requests */
	int exit_status;
	int signal_fd;
	int lifeline[2]; /* children have [0]; nobody ever writes to [1] */
	int bell_fd[MAX_SLOTS];
	bool is_armed;           /* its own bell */
	uint64_t now_ns, now_ms; /* read once a turn */
	uint64_t started_ms;     /* wall */
	uint64_t n_resets;
};

/* Boot, serve, stop; the exit status. stderr has said why if it is not OK. */
int master_run(struct master *m);

/* Make a new segment from the configuration in force and put it in m's place. */
bool master_make_segment(struct master *m, struct err *e) ATTR_UNUSED_RESULT;

/* Let fronts refuse new requests, or no longer: our state in the process table says so. */
void master_hold(struct master *m, bool is_held);

/* Open the log file again, in every process: somebody has moved it away. False = we could
 * not, which is logged, and nobody else was told to. */
bool master_reopen_log(struct master *m, struct err *e) ATTR_UNUSED_RESULT;

/* Add to our event ring. The caller has logged it. */
void master_note(struct master *m, enum log_event_id id, uint64_t detail);

/* Push a fact into our lane and wake record; false = the lane is full. */
bool master_tell_record(
	struct master *m, const struct fact_head *fact) ATTR_UNUSED_RESULT;

/* Give dispatch an order and wake it; false = our lane is full. orders_look() with *number
 * at segment_orders() says what has come of it. */
bool master_order(
	struct master *m, const struct order *o, uint64_t *number) ATTR_UNUSED_RESULT;

/* Wake every process: something it may wait for has changed. */
void master_ring_all(struct master *m);

/* Say on stderr why the service cannot go on, and stop at once with that exit status. */
void master_fail(struct master *m, const char *fmt, ...) ATTR_PRINTF(2, 3) ATTR_COLD;

#endif
