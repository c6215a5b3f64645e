/*
 * An example of what a JSON schema describes: enough of one that a client which checks it
 * is content. Of an object all properties, of an array one item, of an enum the first
 * value, of anyOf, oneOf and allOf the first branch, of "$ref" what it points to inside
 * the same document.
 *
 * Bound: 12 levels; deeper it writes null.
 */
#ifndef SIM_SCHEMA_H
#define SIM_SCHEMA_H

#include "buf.h"

/* Append the example; hash chooses its words and numbers. {} without a schema (n = 0). */
void schema_example(struct buf *out, struct slice schema, uint64_t hash);

#endif
