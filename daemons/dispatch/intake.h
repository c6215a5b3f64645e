/*
 * Intake: from hints to jobs. A hint says "look at slot 17"; what is done about it comes
 * from the exchange: a new request becomes a job in the backlog, an abandoned one is
 * cancelled, one with room in its pipe again is flushed.
 */
#ifndef DISPATCH_INTAKE_H
#define DISPATCH_INTAKE_H

#include "dispatch/dispatch.h"

/* Empty the lanes of all live channels, highest priority first; true = did something. */
bool intake_lanes(struct dispatch *d);
bool intake_has_hints(const struct dispatch *d);

/* A job whose request part has been checked: into the backlog, or to the answer that its
 * key stands for. It may be gone afterwards. */
void intake_admit(struct dispatch *d, struct job *j);

/* Look at one exchange, whoever pointed at it. */
void intake_look(struct dispatch *d, uint32_t channel_ix, uint32_t slot);

/* Look at every exchange of the live channels: heals lost hints. */
void intake_scan(struct dispatch *d);

#endif
