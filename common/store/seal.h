/*
 * The seal that stands first in every record on disk: a version, a length and a checksum,
 * so that a record that was damaged, or that stands under a key which is not its own, is
 * seen and never counted.
 *
 *	record: [ sum | version | bytes | payload … ]
 *	                ╰──── XXH3-64, seeded with the record's own place ────╯
 *
 * Records are plain structs of this machine's byte order: a ledger stays where it was
 * made. Any change of a stored struct raises its version.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/attr.h"

struct seal {
	uint64_t sum; /* over everything behind it */
	uint32_t version;
	uint32_t bytes; /* of the whole record */
};

/* Seal a record of n bytes whose first member is a struct seal. `place` is a number that
 * only its key gives (a sequence, a hash of the key). */
void seal_close(void *record, size_t n, uint32_t version, uint64_t place);

/* Copy the n stored bytes to record (n_record bytes) when they are whole, of that version
 * and of that place; false = damaged, record is then not to be used. */
bool seal_open(struct str stored, void *record, size_t n_record, uint32_t version,
	uint64_t place) ATTR_UNUSED_RESULT;

/* The same where it lies, for records too large to be copied first. */
bool seal_is_whole(
	struct str stored, uint32_t version, uint64_t place) ATTR_UNUSED_RESULT;

#endif
