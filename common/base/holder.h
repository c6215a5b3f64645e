/*
 * Who holds a file by flock(2), for programs that would only like to know. The kernel's
 * own list of locks tells it without locking anything, so nobody who is about to start
 * can stumble over the question; but it names no file, only an inode, and no process that
 * it cannot see. Where that is too little, the lock itself has the last word.
 */
#ifndef BASE_HOLDER_H
#define BASE_HOLDER_H

#include "base/attr.h"

/* The process that has taken the lock of path, which may be a directory; 0 = none, or none
 * that can be seen. It need not live: whoever has inherited the descriptor holds on. */
uint32_t holder_find(const char *path);

/* Is it held? Asked by a lock that is let go at once. */
bool holder_is_there(const char *path);

#endif
