/*
 * A ledger's two meta pages as they lie in its file, to be looked at and changed there.
 */
#ifndef METAS_H
#define METAS_H

#include "fixture.h"
#include "store/page_metas.h"

#include <fcntl.h>

enum { PAGE_BYTES = 4096, PARITIES = 2 };

static const char *dir; /* the ledger's */

/* ---- the file ---- */

static inline int metas_open(void)
{
	char path[128];
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDWR);
	must(fd >= 0);
	return fd;
}

static inline struct page_meta metas_get(unsigned which)
{
	struct page_meta m;
	int fd = metas_open();
	must(pages_meta(fd, PAGE_BYTES, which, &m));
	close(fd);
	return m;
}

static inline void metas_put(unsigned which, const struct page_meta *m)
{
	int fd = metas_open();
	off_t at = (off_t)which * PAGE_BYTES + PAGE_HEAD_BYTES;
	must(pwrite(fd, m, sizeof *m, at) == sizeof *m);
	close(fd);
}

static inline unsigned metas_newest(void)
{
	return metas_get(1).txn > metas_get(0).txn;
}

static inline void metas_commit(struct ledger *l, uint64_t request)
{
	ck_assert_int_eq(fixture_apply(l, fixture_intent(request, 1)), LEDGER_APPLIED);
}

/* Some commits, until that page is the newest one. */
static inline void metas_make(unsigned which)
{
	enum { COMMITS = 6 };
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t i = 1; i <= COMMITS || metas_newest() != which; i++)
		metas_commit(l, i);
	ledger_close(l);
}

#endif
