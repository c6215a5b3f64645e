/*
 * Salvage: facts out of segments whose service ended before record had written them
 * down, such as by kill -9 of all its processes, or by a stop while the disk was full; the
 * oldest first (segment/left.h).
 *
 *	run_dir/segment ──set aside by the master──► run_dir/segment.left ──► ledger
 *
 * The master has let through only what belongs into this ledger (atlasd/leftover.h).
 *
 * Run by record before its ledger follows its own segment, so nothing new is spent
 * before. In a rehearsal (store/ledger.h) they are read and stay where they are. The ledger knows how far it has read each lane of that segment, so a record that
 * is killed in the middle does it again and nothing is there twice; intents without their
 * end become unknown rows as after any death, and requests that waited between two attempts
 * end too (unended.h). A segment of another boot or layout holds nothing that can be read:
 * that is said, and it goes.
 */
#ifndef RECORD_SALVAGE_H
#define RECORD_SALVAGE_H

#include "store/ledger.h"

/* False = the ledger failed; what was not read is still there. */
bool salvage(struct ledger *l, const char *run_dir, uint64_t now_ms, bool is_rehearsal,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
