/*
 * Who starts at another place in the order of all, by the rules of now and by those that
 * `atlasctl whatif` is asked about: the first and the last of them.
 */
#ifndef CTL_WHATIF_ORDER_H
#define CTL_WHATIF_ORDER_H

#include "segment/exchange.h"
#include "text/jsonw.h"

enum { WHATIF_MOVERS = 20 }; /* told one by one: half of them first ones */

struct whatif_mover {
	const uint8_t *id;
	const char *client;           /* NULL = nobody knows its name */
	enum exchange_priority class; /* as is asked */
	uint32_t was, is;             /* 1 = starts first; 0 = is refused */
};

struct whatif_order {
	uint32_t n_all, n; /* who change place; who of them are told */
	struct whatif_mover mover[WHATIF_MOVERS];
};

void whatif_order_print(const struct whatif_order *o);

/* A member of an open object. */
void whatif_order_tell(struct jsonw *w, const struct whatif_order *o);

#endif
