/*
 * Where an Atlas runs that the configuration does not lead to any more: run_dir and
 * data_dir change with a restart only, so the file may be ahead of it.
 */
#ifndef CTL_RUNNING_H
#define CTL_RUNNING_H

#include "base/attr.h"
#include "conf/settings.h"

/* The run_dir of whoever writes the ledger in data_dir, by what that process has mapped.
 * False = nobody does, it cannot be seen (it takes root), or the folder is gone. */
bool running_run_dir(const char *data_dir, char *out, size_t size) ATTR_UNUSED_RESULT;

/* The data_dir of the one whose segment that is. False = it does not run. */
bool running_data_dir(const char *segment, char *out, size_t size) ATTR_UNUSED_RESULT;

#endif
