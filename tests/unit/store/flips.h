/*
 * Bits of a ledger's file, flipped one after the other, and what verify says of each. In a
 * process of its own, since LMDB may not survive what it reads; that process goes on with
 * the next bit, and a successor behind the one that has ended it.
 */
#ifndef FLIPS_H
#define FLIPS_H

#include "fixture.h"
#include "store/verify.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { FLIPS_MAX = 8192 };

enum flip_seen { FLIP_UNSEEN, FLIP_TOLD, FLIP_REFUSED, FLIP_DIED };

struct flip {
	uint64_t at;
	uint8_t bit, kind; /* kind: the test's */
	uint8_t seen;      /* enum flip_seen */
};

struct flips {
	uint32_t n, n_done;
	struct flip flip[FLIPS_MAX];
};

static inline struct flips *flips_new(void)
{
	struct flips *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(f != MAP_FAILED);
	return f;
}

static inline void flips_add(struct flips *f, uint64_t at, unsigned bit, unsigned kind)
{
	must(f->n < FLIPS_MAX);
	f->flip[f->n++] =
		(struct flip){.at = at, .bit = (uint8_t)bit, .kind = (uint8_t)kind};
}

static inline enum flip_seen flips_verify(const char *dir)
{
	struct verify_report r;
	struct store *s;
	struct err e = {0};
	if (!store_open_readonly(&s, dir, &e))
		return FLIP_REFUSED;
	bool is_read = verify_ledger(s, &r, &e);
	store_close(s);
	return !is_read ? FLIP_REFUSED : r.n_faults > 0 ? FLIP_TOLD : FLIP_UNSEEN;
}

static inline void flips_one(int fd, const struct flip *f)
{
	uint8_t byte;
	must(pread(fd, &byte, 1, (off_t)f->at) == 1);
	byte ^= (uint8_t)(1u << f->bit);
	must(pwrite(fd, &byte, 1, (off_t)f->at) == 1);
}

/* In the child: until one of them ends it. */
static inline void flips_go_on(struct flips *f, const char *dir, int fd)
{
	static const int deaths[] = {SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
	for (size_t i = 0; i < N_ELEMENTS(deaths); i++)
		signal(deaths[i], SIG_DFL); /* nothing for a sanitizer to report */
	for (; f->n_done < f->n; f->n_done++) {
		struct flip *one = &f->flip[f->n_done];
		flips_one(fd, one);
		one->seen = (uint8_t)flips_verify(dir);
		flips_one(fd, one);
	}
	_exit(0);
}

/* All of them, each by itself; the file is then as it was. */
static inline void flips_run(struct flips *f, const char *dir)
{
	char path[128];
	int status;
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDWR);
	must(fd >= 0);
	while (f->n_done < f->n) {
		pid_t child = fork();
		must(child >= 0);
		if (child == 0)
			flips_go_on(f, dir, fd);
		must(waitpid(child, &status, 0) == child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		f->flip[f->n_done].seen = FLIP_DIED;
		flips_one(fd, &f->flip[f->n_done++]);
	}
	close(fd);
}

static inline uint32_t flips_count(
	const struct flips *f, unsigned kind, enum flip_seen seen)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < f->n; i++)
		n += f->flip[i].kind == kind && f->flip[i].seen == seen;
	return n;
}

#endif
