/*
 * Saying no: a refusal of the client's limits as an answer a person can act on. It names
 * the limit, what is used of it, and when to come back, is counted by its kind, and is
 * logged at debug level.
 */
#ifndef FRONT_ADMIT_REFUSE_H
#define FRONT_ADMIT_REFUSE_H

#include "decide/clientgate.h"
#include "front/conn.h"

void admit_refuse(struct conn *c, const struct gate_refusal *no);

/* A phrase of [client] deny is in the body. */
void admit_refuse_phrase(struct conn *c);

#endif
