/* Inside store/: pruning within an open transaction. */
#ifndef STORE_APPLY_PRUNE_H
#define STORE_APPLY_PRUNE_H

#include "store/apply.h"
#include "store/prune.h"

/* An LMDB code; *n = records taken out. */
int prune_some(struct batch *b, const struct prune_policy *p, uint32_t max,
	uint32_t *n) ATTR_UNUSED_RESULT;

#endif
