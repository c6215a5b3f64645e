/* The pulse: the ledger's own totals for those who do not open it. Run by record, after
 * each commit; never says what is not durable. */
#ifndef RECORD_PULSE_TICK_H
#define RECORD_PULSE_TICK_H

#include "ipc/page.h"
#include "store/ledger.h"

void pulse_tick(struct page *page, struct ledger *l, uint64_t now_ms);

#endif
