/*
 * Which Atlas is meant: the files of the one that -s or -c names.
 *
 *	-s RUN_DIR/control   its folder is run_dir; data_dir comes from the segment there
 *	-c FILE              run_dir and data_dir stand in it; an error in it is a warning
 *	                     where an Atlas runs in the run_dir that can be read, and so is
 *	                     a place that only a restart would bring (running.h)
 */
#ifndef CTL_TARGET_H
#define CTL_TARGET_H

#include "conf/models.h"
#include "ctl/ctl.h"
#include "segment/segment.h"
#include "store/store.h"

/* Fill in c's paths. Started by root, the process becomes the owner of run_dir: all it
 * opens belongs to that account. False with a sentence. */
bool target_find(struct ctl *c, struct err *e) ATTR_UNUSED_RESULT;

/* Say that nobody is there, by that file: NOT_RUNNING, or REFUSED where an Atlas runs all
 * the same and its run_dir was taken away. */
enum ctl_exit target_is_absent(const struct ctl *c, const char *file);

/* Map the segment. NOT_RUNNING when there is none, REFUSED (said) when it cannot be
 * read: of another version, another boot or another user. */
enum ctl_exit target_open_segment(const struct ctl *c, struct segment *s);

/* Nobody is behind the segment that is there: all of them were killed. */
bool target_is_left(const struct ctl *c);

/* After the segment was told: DONE, or, said, NOT_RUNNING where it was left behind. */
enum ctl_exit target_told(const struct ctl *c);

/* The catalogue in force. NULL with a sentence. Pairs with models_free(). */
struct models *target_read_catalogue(const struct segment *s, struct err *e);

/* Open the ledger for reading; needs nobody to run. REFUSED (said) when that cannot be.
 * Pairs with store_close(). */
enum ctl_exit target_open_ledger(const struct ctl *c, struct store **s);

#endif
