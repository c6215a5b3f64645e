/*
 * Who writes a ledger at this moment, by the kernel's own list of locks: for programs that
 * found nobody where an Atlas should be, and would like to know whether there is one.
 * store_writer() locks nothing to find out, so nobody who is about to start can stumble over it.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/attr.h"

/* The process that holds data_dir/ledger.lock; 0 = none, or none that can be seen. */
uint32_t store_writer(const char *data_dir);

/* The last word on that, by a lock that is let go at once: not while somebody may start. */
bool store_is_locked(const char *data_dir);

#endif
