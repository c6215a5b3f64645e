/* LMDB: the environment, the tables, the errors. */
#include "store/tables.h"

#include "store/page_metas.h"
#include "store/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const table_names[TABLES] = {
	[TABLE_META] = "meta",
	[TABLE_ROWS] = "rows",
	[TABLE_ATTEMPTS] = "attempts",
	[TABLE_CHAIN] = "chain",
	[TABLE_OPEN] = "open",
	[TABLE_SESSIONS] = "sessions",
	[TABLE_POINTS] = "points",
	[TABLE_TIMES] = "times",
	[TABLE_CLIENTS] = "clients",
	[TABLE_CHATS] = "chats",
	[TABLE_TURNS] = "turns",
	[TABLE_RATES] = "rates",
};

enum { FILE_MODE = 0600 };

const char *table_name(enum table t)
{
	return table_names[t];
}

bool tables_err(struct err *e, int rc, const char *what)
{
	switch (rc) {
	case MDB_MAP_FULL:
		return err_set(
			e, "the ledger: %s: it has reached [ledger] max_size", what);
	case ENOSPC:
		return err_set(e, "the ledger: %s: the disk is full", what);
	case EIO: /* LMDB's word for a short write, too */
		return err_set(e, "the ledger: %s: the disk is full or failing", what);
	case ENOENT:
		return err_set(e, "the ledger: %s: there is none yet", what);
	case MDB_CORRUPTED:
		return err_set(e,
			"the ledger: %s: it is damaged: run atlasctl verify, and put a "
			"whole copy back",
			what);
	case MDB_VERSION_MISMATCH:
		return err_set(
			e, "the ledger: %s: another version of Atlas wrote it", what);
	case TABLES_CUT_SHORT:
		return err_set(e,
			"the ledger: %s: its file data.mdb has been cut short: put a "
			"whole copy back",
			what);
	case MDB_READERS_FULL:
		return err_set(e, "the ledger: %s: too many processes read it", what);
	default:
		return err_set(e, "the ledger: %s: %s", what, mdb_strerror(rc));
	}
}

/* ---- opening --------------------------------------------------------------- */

static int configure(MDB_env *env, uint64_t max_bytes)
{
	int rc = mdb_env_set_maxdbs(env, TABLES);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(env, STORE_MAX_READERS);
	if (rc == 0 && max_bytes > 0)
		rc = mdb_env_set_mapsize(env, max_bytes);
	return rc;
}

static bool open_env(struct store *s, const char *dir, uint64_t max_bytes,
	unsigned flags, struct err *e)
{
	int rc = mdb_env_create(&s->env);
	if (rc != 0)
		return tables_err(e, rc, dir);
	rc = configure(s->env, max_bytes);
	if (rc == 0)
		rc = mdb_env_open(s->env, dir, flags, FILE_MODE);
	if (rc == 0)
		rc = tables_check_file(s);
	if ((flags & MDB_NOLOCK) != 0 || !place_look_lock(dir, &s->lock))
		s->lock = (struct place_file){0};
	if (rc == 0)
		return true;
	tables_close(s);
	return tables_err(e, rc, dir);
}

bool tables_open_env(
	struct store *s, const char *dir, uint64_t max_bytes, struct err *e)
{
	return open_env(s, dir, max_bytes, max_bytes > 0 ? 0 : MDB_RDONLY, e);
}

bool tables_open_aside(struct store *s, const char *dir, struct err *e)
{
	return open_env(s, dir, 0, MDB_RDONLY | MDB_NOLOCK, e);
}

void tables_close(struct store *s)
{
	store_release(s);
	if (s->env != NULL)
		mdb_env_close(s->env);
	s->env = NULL;
}

int tables_open(struct store *s, MDB_txn *txn, bool make)
{
	int rc = 0;
	for (size_t t = 0; t < TABLES && rc == 0; t++)
		rc = mdb_dbi_open(
			txn, table_names[t], make ? MDB_CREATE : 0, &s->dbi[t]);
	/* An environment without our tables is none that we have made. */
	return rc == MDB_NOTFOUND ? MDB_VERSION_MISMATCH : rc;
}

/* Pages that a transaction took at the end and gave back are never written. They are the
 * first that it takes again, so there are hardly ever any; so many may be missing. */
#define UNWRITTEN_BYTES (UINT64_C(32) * 4096)
#define META_BYTES      (UINT64_C(2) * 4096) /* LMDB's first two pages, at least */

int tables_check_file(const struct store *s)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat file;
	mdb_filehandle_t fd;
	int rc = mdb_env_get_fd(s->env, &fd);
	if (rc != 0 || fstat(fd, &file) != 0)
		return rc != 0 ? rc : errno;
	uint64_t bytes = (uint64_t)file.st_size;
	if (bytes < META_BYTES) /* not even what would say how long it should be */
		return TABLES_CUT_SHORT;
	rc = mdb_env_info(s->env, &info);
	if (rc == 0)
		rc = mdb_env_stat(s->env, &stat);
	if (rc != 0)
		return rc;
	uint64_t wanted = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
	return bytes + UNWRITTEN_BYTES >= wanted ? 0 : TABLES_CUT_SHORT;
}

enum tables_lock tables_look_at_lock(const struct store *s, const char *dir)
{
	struct place_file f;
	if (!place_look_lock(dir, &f))
		return TABLES_LOCK_GONE;
	bool is_same = f.device == s->lock.device && f.inode == s->lock.inode;
	return is_same ? TABLES_LOCK_SAME : TABLES_LOCK_OTHER;
}

int tables_begin_read(const struct store *s, MDB_txn **txn)
{
	*txn = s->held;
	if (s->held != NULL)
		return 0;
	int rc = tables_check_file(s);
	if (rc != 0)
		return rc;
	rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, txn);
	if (rc != MDB_MAP_RESIZED)
		return rc;
	/* Opened before a writer with a larger max_size had committed: take its size. */
	rc = mdb_env_set_mapsize(s->env, 0);
	return rc != 0 ? rc : mdb_txn_begin(s->env, NULL, MDB_RDONLY, txn);
}

void tables_end_read(const struct store *s, MDB_txn *txn)
{
	if (txn != s->held)
		mdb_txn_abort(txn);
}

bool store_hold(struct store *s, struct err *e)
{
	must(s->held == NULL);
	MDB_txn *txn;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	s->held = txn;
	return true;
}

void store_release(struct store *s)
{
	if (s->held != NULL)
		mdb_txn_abort(s->held);
	s->held = NULL;
}

static int load(struct store *s, MDB_txn *txn, struct state *state)
{
	int rc = tables_open(s, txn, false);
	return rc != 0 ? rc : tables_get_state(s, txn, state);
}

bool tables_load(struct store *s, struct state *state, struct err *e)
{
	MDB_txn *txn;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "open");
	rc = load(s, txn, state);
	if (rc == 0)
		rc = mdb_txn_commit(txn); /* keeps the tables' handles */
	else
		mdb_txn_abort(txn);
	return rc == 0 || tables_err(e, rc, "open");
}

bool store_open_readonly(struct store **out, const char *data_dir, struct err *e)
{
	struct place place;
	struct state state;
	struct store *s = calloc(1, sizeof *s);
	must(s != NULL);
	if (place_find(&place, data_dir, e) && tables_open_env(s, place.ledger, 0, e) &&
		tables_load(s, &state, e)) {
		*out = s;
		return true;
	}
	store_close(s);
	return false;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	tables_close(s);
	free(s);
}

bool store_is_replaced(const struct store *s, const char *data_dir)
{
	struct place place;
	struct err e = {0};
	mdb_filehandle_t fd;
	if (mdb_env_get_fd(s->env, &fd) != 0 || !place_find(&place, data_dir, &e))
		return false;
	return (!place_still_has(&place, fd, &e) && place_has_file(&place)) ||
	       tables_look_at_lock(s, place.ledger) == TABLES_LOCK_OTHER;
}

uint64_t store_clear_dead_readers(struct store *s)
{
	int dead = 0;
	int rc = mdb_reader_check(s->env, &dead);
	return rc == 0 && dead > 0 ? (uint64_t)dead : 0;
}

uint64_t store_bytes(const struct store *s)
{
	MDB_envinfo info;
	MDB_stat stat;
	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &stat) != 0)
		return 0;
	return (info.me_last_pgno + 1) * stat.ms_psize;
}

/* ---- one key, one value ------------------------------------------------------ */

static MDB_val val_of_key(const struct key *k)
{
	/* LMDB's values are not const, but it does not write to those it is given. */
	return (MDB_val){k->n, (void *)(uintptr_t)k->bytes};
}

static MDB_val val_of_str(struct str s)
{
	return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}

static struct str str_of_val(MDB_val v)
{
	return (struct str){v.mv_data, v.mv_size};
}

int table_get(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str *value)
{
	MDB_val key = val_of_key(k), found;
	int rc = mdb_get(txn, s->dbi[t], &key, &found);
	if (rc == 0)
		*value = str_of_val(found);
	return rc;
}

static int put(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value, unsigned flags)
{
	MDB_val key = val_of_key(k), val = val_of_str(value);
	return mdb_put(txn, s->dbi[t], &key, &val, flags);
}

int table_put(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value)
{
	return put(s, txn, t, k, value, 0);
}

int table_append(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value)
{
	return put(s, txn, t, k, value, MDB_APPEND);
}

int table_add(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value)
{
	return put(s, txn, t, k, value, MDB_NOOVERWRITE);
}

int table_delete(const struct store *s, MDB_txn *txn, enum table t, const struct key *k)
{
	MDB_val key = val_of_key(k);
	return mdb_del(txn, s->dbi[t], &key, NULL);
}

/* ---- walks ------------------------------------------------------------------- */

int table_walk(const struct store *s, MDB_txn *txn, enum table t, MDB_cursor **cursor)
{
	return mdb_cursor_open(txn, s->dbi[t], cursor);
}

int walk_seek(MDB_cursor *c, const struct key *k, struct str *key, struct str *value)
{
	MDB_val at = val_of_key(k), found;
	int rc = mdb_cursor_get(c, &at, &found, MDB_SET_RANGE);
	if (rc == 0) {
		*key = str_of_val(at);
		*value = str_of_val(found);
	}
	return rc;
}

int walk_step(MDB_cursor *c, MDB_cursor_op op, struct str *key, struct str *value)
{
	MDB_val at, found;
	int rc = mdb_cursor_get(c, &at, &found, op);
	if (rc == 0) {
		*key = str_of_val(at);
		*value = str_of_val(found);
	}
	return rc;
}

/* ---- records of META ------------------------------------------------------------- */

static struct key meta_key(enum meta which)
{
	static const struct key keys[METAS] = {
		[META_STATE] = {.n = 5, .bytes = "state"},
		[META_PRUNED] = {.n = 6, .bytes = "pruned"},
		[META_KEPT] = {.n = 4, .bytes = "kept"},
		[META_ORDER] = {.n = 5, .bytes = "order"},
		[META_FIRING] = {.n = 6, .bytes = "firing"},
	};
	return keys[which];
}

static bool is_of_other_version(struct str stored)
{
	struct seal s;
	if (stored.n < sizeof s)
		return false;
	memcpy(&s, stored.p, sizeof s);
	return s.version != STATE_VERSION;
}

int tables_get_state(const struct store *s, MDB_txn *txn, struct state *out)
{
	struct key k = meta_key(META_STATE);
	struct str stored;
	int rc = table_get(s, txn, TABLE_META, &k, &stored);
	if (rc == 0 && !seal_open(stored, out, sizeof *out, STATE_VERSION, META_STATE))
		rc = is_of_other_version(stored) ? MDB_VERSION_MISMATCH : MDB_CORRUPTED;
	return rc;
}

int tables_put_state(const struct store *s, MDB_txn *txn, struct state *state)
{
	int rc = page_metas_note(s, txn, state);
	if (rc != 0)
		return rc;
	return tables_put_meta(s, txn, META_STATE, state, sizeof *state, STATE_VERSION);
}

int tables_get_meta(const struct store *s, MDB_txn *txn, enum meta which, void *out,
	size_t n, uint32_t version)
{
	struct key k = meta_key(which);
	struct str stored;
	memset(out, 0, n);
	int rc = table_get(s, txn, TABLE_META, &k, &stored);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && !seal_open(stored, out, n, version, which))
		rc = MDB_CORRUPTED;
	return rc;
}

int tables_put_meta(const struct store *s, MDB_txn *txn, enum meta which, void *record,
	size_t n, uint32_t version)
{
	struct key k = meta_key(which);
	seal_close(record, n, version, which);
	return table_put(s, txn, TABLE_META, &k, (struct str){record, n});
}

bool tables_is_whole_meta(struct str key, struct str stored)
{
	struct seal s;
	if (stored.n < sizeof s)
		return false;
	memcpy(&s, stored.p, sizeof s);
	for (unsigned m = 0; m < METAS; m++) {
		struct key k = meta_key((enum meta)m);
		if (key.n == k.n && key_has_prefix(key, &k, k.n))
			return seal_is_whole(stored, s.version, m);
	}
	return false;
}

int tables_get_pruned(const struct store *s, MDB_txn *txn, struct pruned *out)
{
	return tables_get_meta(s, txn, META_PRUNED, out, sizeof *out, STATE_VERSION);
}

int tables_put_pruned(const struct store *s, MDB_txn *txn, struct pruned *p)
{
	return tables_put_meta(s, txn, META_PRUNED, p, sizeof *p, STATE_VERSION);
}
