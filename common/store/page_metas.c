/* Numbers and hashes of two pages. */
#include "store/page_metas.h"

#include "base/hash.h"

#include <errno.h>
#include <stddef.h>

static int read_one(const struct store *s, uint64_t txn, struct page_meta *out)
{
	MDB_stat stat;
	mdb_filehandle_t fd;
	int rc = mdb_env_get_fd(s->env, &fd);
	if (rc == 0)
		rc = mdb_env_stat(s->env, &stat);
	if (rc == 0 && !pages_meta(fd, stat.ms_psize, txn % PAGE_METAS, out))
		rc = EIO;
	return rc;
}

int page_metas_read(const struct store *s, uint64_t txn, struct page_metas *out)
{
	int rc = read_one(s, txn, &out->newest);
	return rc != 0 ? rc : read_one(s, txn - 1, &out->before);
}

/* Without its number, which is known. */
static uint64_t hash_of(const struct page_meta *m)
{
	_Static_assert(offsetof(struct page_meta, txn) + sizeof m->txn == sizeof *m,
		"the number is the last");
	return hash_fast64(m, offsetof(struct page_meta, txn), 0);
}

bool page_metas_is_newest(
	const struct page_metas *m, uint64_t txn, const struct state *state)
{
	return m->newest.txn == txn && state->txn == txn &&
	       m->newest.map_bytes == state->map_bytes;
}

bool page_metas_is_before(
	const struct page_metas *m, uint64_t txn, const struct state *state)
{
	return m->before.txn == txn - 1 && hash_of(&m->before) == state->before;
}

bool page_metas_is_next_under_way(
	const struct page_metas *m, uint64_t txn, const struct state *state)
{
	return m->before.txn == txn + 1 && hash_of(&m->before) != state->before;
}

int page_metas_note(const struct store *s, MDB_txn *txn, struct state *state)
{
	MDB_envinfo info;
	struct page_meta in_force;
	uint64_t number = mdb_txn_id(txn);
	int rc = mdb_env_info(s->env, &info);
	if (rc == 0)
		rc = read_one(s, number - 1, &in_force);
	if (rc != 0)
		return rc;
	state->txn = number;
	state->map_bytes = MAX(in_force.map_bytes, (uint64_t)info.me_mapsize);
	state->before = hash_of(&in_force);
	return 0;
}
