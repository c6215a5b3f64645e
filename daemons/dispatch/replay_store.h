/*
 * Requests with an Idempotency-Key: the first one with a key is sent, and whatever comes
 * with the same key while its answer is made, or for REPLAY_KEEP_NS after, gets that
 * answer. So a client whose connection or front has died asks again, and the upstream is
 * called once.
 *
 *	   the first                              the others, JOINED
 *	 job ──answer──► struct answer ◄──answer── job, job, …
 *	                 bytes so far              each has been given bytes [0, answer_at)
 *
 * What may be kept is a whole answer with status 200. Errors end the others with it too,
 * but are forgotten then: the next request with that key is sent anew. One whose client
 * left before it was sent leaves its place to the next in line; one that somebody has
 * ordered to be cancelled takes the others with it.
 * Answers live in dispatch's memory and die with it; bounds: decide/replay.h.
 */
#ifndef DISPATCH_REPLAY_STORE_H
#define DISPATCH_REPLAY_STORE_H

#include "dispatch/dispatch.h"

void replay_store_open(struct dispatch *d);
void replay_store_close(struct dispatch *d);

/* A job that is new, or whose answer another did not get: may it go to the queue? False =
 * it waits for that other's answer, or has been refused (and is gone). */
bool replay_store_admit(struct dispatch *d, struct job *j) ATTR_UNUSED_RESULT;

/* ---- for the attempt that makes an answer; nothing if nobody may ask for it ---------- */

/* It is sent: what comes back as events is kept from the first on. */
void replay_store_copy(struct dispatch *d, struct job *j);

/* Its reply's status and kind are final; bytes are there; it is whole, and may be kept or
 * not (an error). */
void replay_store_begin(struct dispatch *d, struct job *j);
void replay_store_grew(struct dispatch *d, struct job *j);
void replay_store_end(struct dispatch *d, struct job *j, bool may_keep);

/* The job ends without an answer; a JOINED one leaves. Its exchange still says why. */
void replay_store_leave(struct dispatch *d, struct job *j);

/* Does anybody else wait for what this job makes? */
bool replay_store_is_shared(const struct job *j);

/* ---- for those who wait --------------------------------------------------------------- */

/* There is room in its pipe again, or may be. */
void replay_store_look(struct dispatch *d, struct job *j);

/* Each turn: give the others what is new. */
void replay_store_turn(struct dispatch *d);

#endif
