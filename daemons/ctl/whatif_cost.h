/*
 * What a request has cost, all its attempts together: as recorded, and by the prices that
 * `atlasctl whatif` is asked about.
 *
 *	struct whatif_cost c = {.models = models};       NULL = as recorded
 *	whatif_cost_keep(&c, row)                        for each attempt but the last
 *	whatif_cost_take(&c, row, &was, &is)             for the last one
 *	whatif_cost_fini(&c)
 *
 * It holds requests that are being tried again, so many as were at a time.
 */
#ifndef CTL_WHATIF_COST_H
#define CTL_WHATIF_COST_H

#include "conf/models.h"
#include "store/row.h"

struct whatif_cost {
	const struct models *models;
	uint64_t n_unpriced; /* attempts whose model these do not know */
	uint32_t n, room;
	struct whatif_so_far *so_far; /* [n] */
};

void whatif_cost_keep(struct whatif_cost *c, const struct row *r);
void whatif_cost_take(struct whatif_cost *c, const struct row *r, uint64_t *was_nanousd,
	uint64_t *is_nanousd);

/* The most an attempt that was never sent may have come to, by the prices that are asked
 * about; 0 = nobody knows. */
uint64_t whatif_cost_highest(const struct whatif_cost *c, const struct row *r);

void whatif_cost_fini(struct whatif_cost *c);

#endif
