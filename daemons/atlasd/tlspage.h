/*
 * How certificate and key get from the master to the fronts: a page (ipc/page.h) in sealed
 * memory. The master alone has it mapped for writing, and no child inherits that mapping;
 * fronts get the descriptor in their heritage and can map it for reading only. So a front
 * that runs sees a renewed pair, and no front can change another's.
 *
 *	files ──read──► draft ──publish──► [ page, sealed ] ◄──map, read── front × N
 *
 * All of it is locked into memory and left out of core dumps.
 */
#ifndef ATLASD_TLSPAGE_H
#define ATLASD_TLSPAGE_H

#include "conf/tls_pair.h"

struct tlspage {
	int fd;                 /* for the fronts; -1 before tlspage_open() */
	struct page *page;      /* our own mapping, not inherited */
	struct tls_pair *draft; /* the pair in force; filled before publishing */
};

bool tlspage_open(struct tlspage *t, struct err *e) ATTR_UNUSED_RESULT;

/* Publish the draft, and log until when its certificate is valid. */
void tlspage_publish(struct tlspage *t, uint64_t now_ms);

/* Take over a pair that somebody has checked, and publish it if it is a new one, which is
 * what is returned. */
bool tlspage_replace(struct tlspage *t, const struct tls_pair *pair, uint64_t now_ms);

#endif
