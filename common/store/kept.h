/*
 * Kept: what dispatch must know again after a restart and no row can say: how each
 * upstream key is, and since which fact limits were last forgotten on purpose. One small
 * record, written with the fact that changes it.
 *
 *	struct kept k;
 *	kept_read(s, &k, e);
 *	… rows with a sequence below k.reset_sequence charge nothing any more …
 *
 * A key that is steady is not in it. Full (KEPT_KEYS that are not): the one that was told
 * of longest ago makes room.
 */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "base/moment.h"
#include "segment/facts.h"
#include "store/seal.h"
#include "store/store.h"

enum { KEPT_KEYS = 8, KEPT_VERSION = 1 };

struct kept_key {
	char name[FACT_KEY_BYTES];
	struct moment told; /* when its state was as it stands here */
	struct stabilizer_snapshot state;
};

/* As it is stored: oldest first. */
struct kept {
	struct seal seal;
	uint64_t reset_sequence; /* 0 = never */
	uint64_t n;
	struct kept_key key[KEPT_KEYS];
};

/* All zero when nothing was ever kept. False = it cannot be read, or is damaged. */
bool kept_read(struct store *s, struct kept *out, struct err *e) ATTR_UNUSED_RESULT;

#endif
