/*
 * The gauges of GET /metrics: what holds now, from the views that /monitoring/queue-status,
 * rate-limits and alerts are told from, and how far the ledger is behind.
 */
#ifndef FRONT_METRICS_GAUGES_H
#define FRONT_METRICS_GAUGES_H

#include "insight/prom.h"
#include "process/process.h"

void metrics_write_gauges(struct prom *p, const struct process *process);

#endif
