/*
 * Asking: a checked request becomes an exchange. The body is read by the scanner for the
 * few fields Atlas decides by and copied once, with its smallest edit, into this front's
 * region; from then on the front keeps only (connection, slot).
 *
 * Full: no free slot or no room in the lane is 503 queue_full, no room in the region is
 * 503 body_memory_full; nothing is left behind.
 */
#ifndef FRONT_ASK_H
#define FRONT_ASK_H

#include "front/front.h"

/* Slots, extents and askers of this front's channel. */
void ask_init(struct front *f);
void ask_fini(struct front *f);

/* The exchange in that slot is DONE or FAILED and nobody needs it any more. */
void ask_release(struct front *f, uint32_t slot);

/* Dispatch does not look at the body any more: its extent goes back. */
void ask_drop_body(struct front *f, struct asker *a);

/* Tell dispatch to look at a slot: its client left, or its pipe has room again. */
void ask_for_attention(struct front *f, uint32_t slot);

#endif
