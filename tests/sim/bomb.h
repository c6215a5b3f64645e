/*
 * A small gzip text that is a large run of blanks, for clients that unpack what they get:
 * about 6.5 KiB for each MiB.
 */
#ifndef SIM_BOMB_H
#define SIM_BOMB_H

#include "buf.h"

/* Append mib MiB of blanks in gzip (RFC 1952). The last one made is kept. */
void bomb_gzip(struct buf *out, uint64_t mib);

#endif
