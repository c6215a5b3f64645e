/*
 * What was answered a moment ago may not be in the ledger yet: whoever asks after it waits
 * until record has written down what dispatch had said when it was asked, 2 s at most.
 */
#ifndef CTL_FRESH_H
#define CTL_FRESH_H

#include "segment/segment.h"

/* False = record was not that quick, and the ledger has only what was before. */
bool fresh_wait(const struct segment *s);

#endif
