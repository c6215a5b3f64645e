/* Another file in the ledger's place: is it all that the ledger was? */
#include "store/copy.h"

#include "store/tables.h"

#include <string.h>

static bool is_same_commit(struct store *s, const struct state *state,
	const struct copy_of *of, struct err *e)
{
	MDB_envinfo info;
	int rc = mdb_env_info(s->env, &info);
	if (rc != 0)
		return tables_err(e, rc, of->place->ledger);
	if (state->instance != of->instance)
		return err_set(e,
			"the ledger: %s is not the one that this service has written: "
			"put that back, or stop Atlas and start it again with this one",
			of->place->ledger);
	return info.me_last_txnid == of->txn ||
	       err_set(e,
		       "the ledger: %s is an older copy than what was written: put the "
		       "newest back, or stop Atlas and start it again with this one",
		       of->place->ledger);
}

static bool read_it(const struct copy_of *of, struct err *e)
{
	struct store s = {0};
	struct state state;
	if (!tables_open_aside(&s, of->place->ledger, e))
		return false;
	bool is_whole = tables_load(&s, &state, e) && is_same_commit(&s, &state, of, e);
	tables_close(&s);
	return is_whole;
}

bool copy_is_whole(struct copy *c, const struct copy_of *of, struct err *e)
{
	struct place_file before = c->seen, ours;
	struct err ignored = {0};
	c->seen = (struct place_file){0};
	if (!place_look_at(of->fd, &ours) || !place_look(of->place, &c->seen) ||
		place_still_has(of->place, of->fd, &ignored) ||
		memcmp(&c->seen, &before, sizeof before) != 0)
		return false;
	if (c->seen.bytes < ours.bytes)
		return err_set(e,
			"the ledger: %s/data.mdb is shorter than what was written: it is "
			"an older copy, or not all of one; put the newest back whole",
			of->place->ledger);
	return read_it(of, e);
}
