/*
 * Who takes the next client: connections live long, so a front that was woken first and
 * takes all who wait has them for hours. Each front sees how many the others hold, and one
 * that is ahead leaves the next to them for a moment. Pure.
 *
 * Some front is never above the average, so somebody may always take.
 */
#ifndef DECIDE_SHARE_H
#define DECIDE_SHARE_H

#include "base/attr.h"

/* Of n_fronts that hold n_all connections together, may one that holds n_own take another?
 * Up to a quarter more than its share, and one. */
bool share_may_take(uint64_t n_own, uint64_t n_all, uint64_t n_fronts);

#endif
