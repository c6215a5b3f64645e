/*
 * The heritage: everything a child has from the master, and nothing else. Whatever is
 * not in this struct is closed or forgotten right after the fork: no event base, no LMDB
 * environment, no curl handle and no TLS context exists before it.
 *
 * Filled by the master before each fork, constant in the child. Descriptors that a role
 * does not get are -1.
 */
#ifndef PROCESS_HERITAGE_H
#define PROCESS_HERITAGE_H

#include "segment/segment.h"

struct heritage {
	struct segment *segment; /* mapped shared; the child keeps the mapping */
	enum proc_role role;
	uint32_t slot;       /* in the process table */
	uint32_t generation; /* of that slot */
	uint32_t seat;       /* fronts: 1…workers, for the title; else 0 */
	uint32_t channel;    /* fronts: theirs; record: its own small one */
	int lifeline_fd;     /* read end; end of file = the master is gone */
	int lock_fd;         /* kept open, no more: run_dir is in use until the end */
	int bell_fd[MAX_SLOTS]; /* one eventfd a slot: ring all, wait on one's own */
	int listen_fd[SETTINGS_LIST_MAX]; /* fronts */
	uint32_t n_listen;
	int listen_news_fd; /* fronts: new sets of them come here, see listen_set.h */
	int tls_fd;         /* fronts: the page with certificate and key, for reading */
	int key_fd;         /* dispatch: the keyring, and new ones, come through it */
};

/* The whole life of a child; returns its exit status. One function a role. */
int front_main(const struct heritage *h);
int dispatch_main(const struct heritage *h);
int record_main(const struct heritage *h);

#endif
