/*
 * A new configuration without a restart: all of it or nothing.
 *
 *	IDLE ──HUP, atlasctl──► CHECKING ──exit 0──► applied ──► IDLE
 *	                            └──else──► refused, nothing has happened ──► IDLE
 *
 * A forked checker reads and checks everything and leaves the result in shared memory, so
 * that a text that breaks the parser costs the checker and not the master, and so that
 * what is applied is exactly what was checked. Applying keeps the running value of every
 * setting that only a restart can change, and says so; where what is kept and the rest of
 * the file do not go together, nothing of it is applied. One check at a time: a request
 * that comes meanwhile is answered by a second one. Run by the master.
 */
#ifndef ATLASD_RELOAD_H
#define ATLASD_RELOAD_H

#include "base/err.h"
#include "conf/differences.h"
#include "conf/keys.h"
#include "conf/settings.h"

#include <sys/types.h>

struct master;

enum { RELOAD_FAULTS = 20, RELOAD_CHANGES = 20 };

/* Why a configuration is refused. */
struct reload_refusal {
	uint32_t n; /* faults, also those that find no place; 0 = it is not refused */
	struct err fault[RELOAD_FAULTS]; /* as atlasd -t names them */
};

struct reload {
	struct candidate *candidate; /* shared with the checker; NULL = IDLE */
	pid_t pid;
	int pidfd;
	bool has_ended; /* the pidfd says so */
	uint64_t kill_at_ns;
	uint64_t n_asked, n_begun, n_finished; /* asked for, and answered so far */
	/* What the last one came to. */
	struct reload_refusal refusal;
	uint64_t finished_ms; /* wall; 0 = there was none */
	uint64_t epoch;       /* of the settings in force */
	uint32_t n_changes;   /* also those that find no place, but in the log */
	struct difference change[RELOAD_CHANGES];
	bool needs_restart[SETTING_N]; /* changed in the file, but not in force */
	bool is_shadowed[SETTING_N];   /* the environment hides the file's value */
	char old_key[KEYS_ID_BYTES];   /* the key is another one: what logs call */
	char new_key[KEYS_ID_BYTES];   /* the two, or "none"; "" = it is the same */
};

/* Ask for one; returns its number: it is done when n_finished has reached it. */
uint64_t reload_ask(struct master *m);

/* Once a turn. */
void reload_turn(struct master *m);

/* Make the master's configuration the next epoch: all adopt it at the top of their loops. */
void reload_publish(struct master *m);

/* When reload_turn() has something to do by itself; UINT64_MAX never. */
uint64_t reload_due_ns(const struct reload *r);

/* End a check that is under way: nobody waits for it any more. */
void reload_cancel(struct reload *r);

#endif
