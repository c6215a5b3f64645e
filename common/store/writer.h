/*
 * Who writes a ledger at this moment, by the kernel's own list of locks: for programs that
 * found nobody where an Atlas should be, and would like to know whether there is one.
 * Nothing is locked to find out, so nobody who is about to start can stumble over it.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/attr.h"

/* The process that holds data_dir/ledger.lock; 0 = none, or none that can be seen. */
uint32_t store_writer(const char *data_dir);

#endif
