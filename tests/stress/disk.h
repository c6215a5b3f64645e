/*
 * For ledger_power: the disk below the ledger. LMDB's writes to one file pass through
 * here instead of the C library's: they are logged, or one of them is killed, fails or is
 * cut short. And places for ledgers, in memory.
 */
#ifndef STRESS_DISK_H
#define STRESS_DISK_H

#include "base/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DISK_OPS = 4096, DISK_FILE_BYTES = 2 << 20 };

enum fault {
	FAULT_NONE,
	FAULT_KILL,       /* before it is done */
	FAULT_KILL_AFTER, /* when it is done, and nobody knows yet */
	FAULT_EIO,
	FAULT_ENOSPC,
	FAULT_SHORT,
	FAULTS
};
enum op_kind { OP_WRITE, OP_SYNC, OP_ACK, OP_PLACED };

struct op {
	enum op_kind kind;
	bool is_durable; /* written with O_DSYNC */
	uint64_t at,
		n; /* ACK: n = the fact it answers for; PLACED: a fresh file has got
	                    the name under which it is opened */
	uint8_t *bytes;
};

static struct {
	bool is_watched, is_logged;
	bool is_next; /* the next file that is written to is watched from then on */
	ino_t inode;
	enum fault fault;
	uint64_t fault_at, n_calls;
	uint32_t n;
	struct op op[DISK_OPS];
} disk;

static void watch(const char *path)
{
	struct stat st;
	must(stat(path, &st) == 0);
	disk.inode = st.st_ino;
	disk.is_watched = true;
}

static bool is_ours(int fd)
{
	struct stat st;
	if (disk.is_next && fstat(fd, &st) == 0) {
		disk.inode = st.st_ino;
		disk.is_next = false;
		disk.is_watched = true;
	}
	return disk.is_watched && fstat(fd, &st) == 0 && st.st_ino == disk.inode;
}

static void log_op(struct op o, const void *bytes)
{
	must(disk.n < DISK_OPS);
	if (o.kind == OP_WRITE) {
		o.bytes = malloc(o.n);
		must(o.bytes != NULL);
		memcpy(o.bytes, bytes, o.n);
	}
	disk.op[disk.n++] = o;
}

static void die(void)
{
	(void)kill(getpid(), SIGKILL);
	pause();
}

/* What is to become of this call: how many of its n bytes, or an errno below 0. */
static ssize_t fate(size_t n)
{
	if (disk.fault == FAULT_NONE || ++disk.n_calls != disk.fault_at)
		return (ssize_t)n;
	switch (disk.fault) {
	case FAULT_KILL:
		die();
		return 0;
	case FAULT_KILL_AFTER:
		return (ssize_t)n;
	case FAULT_EIO:
		return -EIO;
	case FAULT_ENOSPC:
		return -ENOSPC;
	default:
		return (ssize_t)(n / 2);
	}
}

static void after_it(void)
{
	if (disk.fault == FAULT_KILL_AFTER && disk.n_calls == disk.fault_at)
		die();
}

static ssize_t write_at(int fd, const void *p, size_t n, off_t at)
{
	ssize_t most = fate(n);
	if (most < 0) {
		errno = (int)-most;
		return -1;
	}
	long done = syscall(SYS_pwrite64, fd, p, (size_t)most, at);
	if (done > 0 && disk.is_logged)
		log_op((struct op){.kind = OP_WRITE,
			       .is_durable = (fcntl(fd, F_GETFL) & O_DSYNC) != 0,
			       .at = (uint64_t)at,
			       .n = (uint64_t)done},
			p);
	after_it();
	return done;
}

/* Instead of the C library's, for LMDB too; its header names no parameter as we do. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return is_ours(fd) ? write_at(fd, p, n, at)
			   : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n_v)
{
	if (!is_ours(fd))
		return syscall(SYS_writev, fd, v, n_v);
	ssize_t sum = 0;
	off_t at = lseek(fd, 0, SEEK_CUR);
	for (int i = 0; i < n_v; i++) {
		ssize_t done = write_at(fd, v[i].iov_base, v[i].iov_len, at + sum);
		if (done < 0)
			return sum > 0 ? sum : -1;
		sum += done;
		if ((size_t)done < v[i].iov_len)
			break;
	}
	must(lseek(fd, at + sum, SEEK_SET) >= 0);
	return sum;
}

int rename(const char *from, const char *to)
{
	int rc = (int)syscall(SYS_rename, from, to);
	if (rc == 0 && disk.is_logged)
		log_op((struct op){.kind = OP_PLACED}, NULL);
	return rc;
}

int fdatasync(int fd)
{
	if (is_ours(fd)) {
		ssize_t f = fate(2);
		if (f < 2) {
			errno = f < 0 ? (int)-f : EIO;
			return -1;
		}
		if (disk.is_logged)
			log_op((struct op){.kind = OP_SYNC}, NULL);
	}
	int rc = (int)syscall(SYS_fdatasync, fd);
	if (is_ours(fd))
		after_it();
	return rc;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* ---- places ------------------------------------------------------------------------ */

static const char *make_dir(const char *name)
{
	static char paths[4][64];
	static int n;
	char *path = paths[n++];
	snprintf(path, sizeof paths[0], "/dev/shm/%s-XXXXXX", name);
	must(mkdtemp(path) != NULL);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st, (void)kind, (void)f;
	return remove(path);
}

static void remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *file_of(const char *dir)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	return path;
}

static void write_file(const char *path, const uint8_t *from, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && write(fd, from, n) == (ssize_t)n);
	close(fd);
}

#endif
