/*
 * An upstream's refusal or failure for good, in the words a client gets (decide/translate.h) and in
 * those of the ledger. It decides nothing and sends nothing: attempt.c does.
 */
#ifndef DISPATCH_REFUSAL_H
#define DISPATCH_REFUSAL_H

#include "dispatch/finish.h"

/* Put the error into the job's reply and its wait into the exchange; the status it is to
 * be sent with. The reply has the upstream's words. */
unsigned refusal_write(struct job *j, const struct finish *f, enum attempt_class class);

/* The answer broke off behind output: tell so behind it. */
void refusal_tell_cut(struct job *j, enum exchange_failure why);

/* What the ledger calls the end of this attempt: the upstream's own code, else ours; ""
 * when nothing went wrong. Of what is larger than a whole limit ours in any case: the
 * upstream's is that of a limit which a wait would help. Lives as long as the reply. */
const char *refusal_code(
	const struct job *j, const struct finish *f, enum attempt_class class);

/* Why the exchange failed, FAILURE_NONE where the request itself is to blame. */
enum exchange_failure refusal_failure(const struct finish *f, enum attempt_class class);

#endif
