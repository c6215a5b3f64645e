/*
 * Waking a process that sleeps, and only then: a wake of a sleeping process costs more
 * than a whole small request, a look at a word costs nothing.
 *
 *	owner (its loop)                         ringer (after a batch of pushes)
 *	if (nothing to do && !bell_spin(…)) {
 *		bell_arm(b);
 *		if (still nothing to do)         bell_ring(b);
 *			wait on b->fd;
 *		bell_disarm(b);
 *	}
 *
 * Why no wake is lost: the owner's arming and the ringer's look are read-modify-writes of
 * one word, so one of them is first. The ringer first: the owner's arming reads what the
 * ringer's left behind, and with it sees the work. The owner first: the ringer reads
 * armed, and rings. (The handshake of PostgreSQL's latches; there with fences. A
 * read-modify-write says the same without one, which ThreadSanitizer can check.)
 * A ring too many only costs a turn. Full cannot be: the eventfd is a counter, and when
 * that stands at its end a ring adds nothing, for the owner is awake anyway.
 */
#ifndef IPC_BELL_H
#define IPC_BELL_H

#include "base/attr.h"

struct bell_word {
	CACHE_ALIGNED _Atomic uint32_t armed; /* W: owner  R: ringers; 0 or 1 */
};

struct bell {
	struct bell_word *word; /* in the segment */
	int fd; /* eventfd, non-blocking, made by the master before fork */
};

/* How long it pays to look again before sleeping; private to the owner, starts all zero.
 * Doubles while looking is rewarded, halves to nothing while it is not; every
 * BELL_PROBE_EVERY-th time a few looks are risked again, so that it can grow back. */
struct bell_spin {
	uint32_t budget; /* looks allowed next time, 0…BELL_SPIN_MAX */
	uint32_t n_idle; /* calls in a row that found the budget at 0 */
};

enum { BELL_SPIN_MAX = 2000, BELL_SPIN_MIN = 16, BELL_PROBE_EVERY = 32 };

/* Ringer: wake the owner if it sleeps. Sequentially consistent read-modify-write that
 * changes nothing, pairs with bell_arm(). */
void bell_ring(const struct bell *b);

/* Anybody: wake the owner whatever it does (after a death: every bell is rung). No
 * ordering of its own: the eventfd stays readable until the owner has disarmed. */
void bell_ring_always(const struct bell *b);

/* Owner: say that it is about to sleep. Sequentially consistent exchange, pairs with
 * bell_ring(). */
void bell_arm(struct bell *b);

/* Owner: awake again; empties the eventfd if it was armed. Relaxed: a ringer that still
 * sees armed rings once too often, and the next look for work comes after this anyway. */
void bell_disarm(struct bell *b);

/* Owner: look for work again and again within the budget. True = has_work said yes. No
 * ordering of its own: has_work brings it. */
bool bell_spin(struct bell_spin *s, bool (*has_work)(const void *),
	const void *arg) ATTR_UNUSED_RESULT;

#endif
