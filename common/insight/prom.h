/*
 * Prometheus' text format, written into a buffer of the caller's.
 *
 *	struct prom p = {.p = buf, .cap = sizeof buf};
 *	prom_family(&p, "atlas_requests_total", "counter", "…");
 *	prom_u64(&p, "atlas_requests_total", NULL, 0, n);
 *	prom_histo(&p, "…_seconds", &times.wait, 3);
 *	if (p.is_full) …
 *
 * Pure. Full: what does not fit is left out and is_full is set.
 */
#ifndef INSIGHT_PROM_H
#define INSIGHT_PROM_H

#include "base/histo.h"

struct prom {
	char *p;
	size_t cap, n;
	bool is_full;
};

struct prom_label {
	const char *name;
	struct str
		value; /* any bytes: escaped, what is no UTF-8 text replaced by '?' */
};

/* HELP and TYPE, before the first sample of that name. */
void prom_family(struct prom *p, const char *name, const char *type, const char *help);

void prom_u64(struct prom *p, const char *name, const struct prom_label *label,
	size_t n_labels, uint64_t v);

/* v / 10^places. */
void prom_fixed(struct prom *p, const char *name, const struct prom_label *label,
	size_t n_labels, uint64_t v, unsigned places);

/* The samples of a histogram whose values are / 10^places: every fourth border. */
void prom_histo(
	struct prom *p, const char *name, const struct histo *h, unsigned places);

#endif
