/*
 * Record's watch: once a second it looks at what alerts are about, lets the pure machine
 * decide (insight/alert.h), publishes the page, and says news in the log and to [alerts]
 * command. The webhook is dispatch's: it reads the page.
 *
 *	watch_open(&w, segment)
 *	watch_follow(&w, &books, process, &e)    once the ledger is open
 *	watch_restore(&w, &firing)         where the segment is new
 *	watch_turn(&w, process)            each turn of the loop, before the commit
 *	if (watch_has_news(&w, &firing))   since it was asked last: to be kept
 *
 * While the ledger is not open only the alert about it is judged; all others stay as they
 * are. A successor goes on from the page. After a restart of the whole service what fired goes
 * on firing: news again where it still looks bad, for the one before may have got nowhere;
 * else it is told to be over, seconds later and whatever [alerts] hold says, when all
 * processes have said how it is.
 *
 * The command gets the news in ATLAS_ALERT_NAME, _STATE, _VALUE, _THRESHOLD, _UNIT,
 * _DETAIL and _AT, one run after another, each ended after 30 s. Full: while one runs the
 * news wait in the page's ring, for a successor too; news written over there is not run. A
 * record that cannot write the ledger leaves a moment after it has said so: the command goes
 * on without it, for as long as it likes.
 */
#ifndef RECORD_WATCH_H
#define RECORD_WATCH_H

#include "insight/alert.h"
#include "process/process.h"
#include "record/spent.h"
#include "store/firing.h"
#include "store/room.h"
#include "store/totals.h"

#include <sys/types.h>

enum { WATCH_SAMPLES = 6 }; /* a minute apart: five minutes and the running one */

/* Where figures come from; all NULL while no ledger is open. */
struct watch_books {
	const struct spent *spent;
	const struct totals *totals; /* of all rows, as they are counted */
	struct store *store;
};

struct watch {
	struct segment *segment;
	struct watch_books books;
	uint64_t look_ns, budgets_ns; /* when to look next */
	struct alert_budgets budgets; /* as of the last look at them */
	const char *ledger_trouble; /* record stands still for it; NULL = it does not */
	char ledger_shortage[ROOM_TEXT_BYTES]; /* "" = it has room */
	uint64_t minute;                       /* of the newest sample */
	struct {
		uint64_t judged, failed;
	} sample[WATCH_SAMPLES]; /* oldest first: the totals as a minute began */
	struct alerts_page page;
	bool is_restored[ALERTS]; /* fires since before the start */
	uint64_t kept;            /* news that the ledger knows the outcome of */
	pid_t command;            /* that runs, 0 = none */
	uint64_t command_ends_ns; /* the latest */
};

void watch_open(struct watch *w, struct segment *s);
void watch_turn(struct watch *w, struct process *p);

/* Judge by these books from now on; the failures of the last minutes are read in them. They
 * stay where they are until watch_forget(). */
bool watch_follow(struct watch *w, const struct watch_books *books,
	const struct process *p, struct err *e) ATTR_UNUSED_RESULT;
void watch_forget(struct watch *w);

void watch_restore(struct watch *w, const struct firing *f);
bool watch_has_news(struct watch *w, struct firing *out) ATTR_UNUSED_RESULT;

/* Why the ledger cannot be written, NULL = it can: an alert at once, whether facts wait or
 * not. */
void watch_note_ledger(struct watch *w, const char *trouble);

/* How much room it has for more: an alert before it cannot be written. */
void watch_note_room(struct watch *w, const struct room *room);

/* Ends a command that runs, or leaves it to go on. */
void watch_close(struct watch *w, bool is_followed);

#endif
