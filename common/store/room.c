/* What is left, and what is kept ready of it. */
#include "store/room.h"

#include "base/num.h"
#include "store/tables.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define STEP_BYTES  (UINT64_C(64) << 20)
#define BLOCK_BYTES UINT64_C(4096)

enum {
	STEPS_OF_DISK = 32, /* at the most this part of it is kept ready */
	SHORT_PERCENT = 80,
	ENOUGH_PERCENT = 75 /* again */
};

/* ---- judging -------------------------------------------------------------------------- */

static uint64_t used_percent(const struct room_seen *s)
{
	uint64_t used = num_sub_sat(s->file_bytes, s->free_bytes);
	return num_mul_sat(used, 100) / MAX(s->max_bytes, UINT64_C(1));
}

/* What can be written before the disk refuses. */
static uint64_t left_bytes(const struct room_seen *s)
{
	return s->free_bytes + s->kept_bytes + s->disk_bytes;
}

/* No more is wanted of the disk than max_bytes lets it take. */
static bool is_disk_short(const struct room_seen *s, enum room_shortage was)
{
	uint64_t margin = was == ROOM_OF_DISK ? s->step_bytes / 2 : 0;
	uint64_t used = num_sub_sat(s->file_bytes, s->free_bytes);
	return left_bytes(s) <
	       MIN(2 * s->step_bytes + margin, num_sub_sat(s->max_bytes, used));
}

enum room_shortage room_judge(const struct room_seen *s, enum room_shortage was)
{
	bool was_max = was == ROOM_OF_MAX_SIZE;
	if (is_disk_short(s, was))
		return ROOM_OF_DISK;
	return used_percent(s) >= (was_max ? ENOUGH_PERCENT : SHORT_PERCENT)
		       ? ROOM_OF_MAX_SIZE
		       : ROOM_ENOUGH;
}

/* ---- seeing ---------------------------------------------------------------------------- */

/* Each record of LMDB's own list of free pages begins with how many it names. */
static uint64_t free_bytes(const struct store *s)
{
	enum { FREE_DBI = 0 };
	MDB_txn *txn;
	MDB_cursor *c;
	MDB_stat stat;
	MDB_val key, value;
	uint64_t sum = 0;
	if (mdb_env_stat(s->env, &stat) != 0 || tables_begin_read(s, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, FREE_DBI, &c) == 0) {
		while (mdb_cursor_get(c, &key, &value, MDB_NEXT) == 0) {
			size_t n;
			memcpy(&n, value.mv_data, sizeof n);
			sum += n;
		}
		mdb_cursor_close(c);
	}
	tables_end_read(s, txn);
	return sum * stat.ms_psize;
}

static bool see(struct room *r, const struct store *s, int fd)
{
	MDB_envinfo info;
	struct statvfs disk;
	if (mdb_env_info(s->env, &info) != 0 || fstatvfs(fd, &disk) != 0)
		return false;
	uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize;
	r->seen = (struct room_seen){.file_bytes = store_bytes(s),
		.max_bytes = info.me_mapsize,
		.disk_bytes = (uint64_t)disk.f_bavail * disk.f_frsize,
		.step_bytes = MIN(
			STEP_BYTES, all / STEPS_OF_DISK / BLOCK_BYTES * BLOCK_BYTES)};
	r->seen.kept_bytes = num_sub_sat(r->kept_to, r->seen.file_bytes);
	return true;
}

/* ---- keeping ready ------------------------------------------------------------------------ */

/* A quarter of a step at a time. What the disk refuses is asked for again at the next
 * look. */
static void keep_ready(struct room *r, int fd)
{
	const struct room_seen *s = &r->seen;
	uint64_t enough = s->file_bytes + s->step_bytes / 4 * 3;
	uint64_t to = MIN(s->file_bytes + s->step_bytes, s->max_bytes);
	if (r->kept_to >= MIN(enough, s->max_bytes) || to <= s->file_bytes)
		return;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)s->file_bytes,
		    (off_t)(to - s->file_bytes)) == 0)
		r->kept_to = to;
}

void room_look(struct room *r, const struct store *s)
{
	mdb_filehandle_t fd;
	if (mdb_env_get_fd(s->env, &fd) != 0 || !see(r, s, fd))
		return;
	keep_ready(r, fd);
	if (!see(r, s, fd))
		return;
	/* its free pages are counted only where they may make the difference */
	if (room_judge(&r->seen, r->shortage) != ROOM_ENOUGH)
		r->seen.free_bytes = free_bytes(s);
	r->shortage = room_judge(&r->seen, r->shortage);
}

void room_tell(const struct room *r, char out[static ROOM_TEXT_BYTES])
{
	out[0] = '\0';
	if (r->shortage == ROOM_OF_MAX_SIZE)
		snprintf(out, ROOM_TEXT_BYTES,
			"%u %% of [ledger] max_size used: raise it, or keep less",
			(unsigned)used_percent(&r->seen));
	else if (r->shortage == ROOM_OF_DISK)
		snprintf(out, ROOM_TEXT_BYTES,
			"its disk has room for %" PRIu64 "K more: make room",
			left_bytes(&r->seen) >> 10);
}
