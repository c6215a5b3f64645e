/*
 * What an attempt has come to, once it is judged: its tokens as the upstream has said them,
 * or as a guess where it has not, into the ledger and out of the limits. Exactly once an
 * attempt, while its transfer and reply are still there.
 */
#ifndef DISPATCH_OUTCOME_H
#define DISPATCH_OUTCOME_H

#include "decide/retry.h"
#include "dispatch/finish.h"

void outcome_settle(struct dispatch *d, struct job *j, const struct finish *f,
	const struct retry_verdict *v);

#endif
