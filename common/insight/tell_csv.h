/*
 * Rows as CSV (RFC 4180): one line of names, one line a row, texts always quoted. The
 * columns are those of tell_row() under the same names. Before a text that begins as a
 * formula does stands an apostrophe.
 */
#ifndef INSIGHT_TELL_CSV_H
#define INSIGHT_TELL_CSV_H

#include "store/row.h"

enum { TELL_CSV_BYTES = 4096 }; /* more than any line takes */

/* Into out, with its line end; returns the length. */
size_t tell_csv_head(char out[static TELL_CSV_BYTES]);
size_t tell_csv_row(
	const struct row *r, const char *client, char out[static TELL_CSV_BYTES]);

#endif
