/*
 * The rates by which rows were priced, each kept once under a number that only its content
 * gives: a row holds two such numbers, of its cost and of the upper end it was let in
 * with, and so can be priced again when the catalogue has long been another.
 *
 *	rates_note(batch, &f->rates, &row.rates)           with the first row that needs them
 *	rates_find(store, row.rates, &rates, &e)
 *
 *	number = XXH3-64 of the struct; 0 = none
 *
 * They grow with the prices that were used, not with rows or reloads: a catalogue in which
 * a model costs what it did adds nothing, and rows that are pruned take nothing along.
 * Full (RATES_MAX, some 16 MiB): rates not seen before are not kept, and the rows priced by
 * them say so (0).
 */
#ifndef STORE_RATES_KEPT_H
#define STORE_RATES_KEPT_H

#include "segment/rates.h"
#include "store/seal.h"
#include "store/store.h"

enum { RATES_VERSION = 1, RATES_MAX = 65536 };

/* As it is stored, under its number. */
struct rates_kept {
	struct seal seal;
	struct rates rates;
};

/* Can they be? Values of a fact are input. */
bool rates_are_possible(const struct rates *r);

/* A stored one, of that number; false = damaged. */
bool rates_open(
	struct rates *out, struct str stored, uint64_t number) ATTR_UNUSED_RESULT;

/* All zero where the number is 0, and where none of that number, or a damaged one, is kept.
 * False = they cannot be read. */
bool rates_find(struct store *s, uint64_t number, struct rates *out,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
