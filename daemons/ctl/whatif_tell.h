/*
 * What `atlasctl whatif` answers: the record, and both runs of it beside each other.
 */
#ifndef CTL_WHATIF_TELL_H
#define CTL_WHATIF_TELL_H

#include "ctl/whatif_order.h"
#include "insight/whatif.h"

/* What the ledger has of the time that is asked about. */
struct whatif_record {
	uint64_t hours;
	uint64_t first_ms; /* of the rows of that time; 0 = there are none */
	bool is_pruned;    /* and there were more before it */
	uint32_t n;        /* requests */
	bool is_full;      /* and there were more than fit */
	struct histo waited;
	uint64_t n_unsent; /* who waited in vain */
	uint64_t cost_nanousd;
};

/* Of those that start in a run, those that were never sent: what they would have come to is
 * nowhere. */
struct whatif_unsent {
	uint64_t n, high_nanousd; /* the most they may have cost */
	bool is_unbounded;        /* of one of them not even that is known */
};

struct whatif_answer {
	struct whatif_record record;
	struct whatif_outcome now, then;
	struct whatif_unsent now_unsent, then_unsent;
	struct whatif_moved moved;
	struct whatif_order order;
	uint64_t
		n_unpriced; /* attempts that have no price where prices are asked about */
};

void whatif_print(const struct whatif_answer *a);

/* Prints it as JSON. */
void whatif_tell(const struct whatif_answer *a);

#endif
