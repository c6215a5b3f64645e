/*
 * What the files of a connection call of each other: conn.c has its states, events and
 * deadlines, conn_input.c makes requests of bytes, conn_output.c bytes of answers.
 */
#ifndef FRONT_CONN_PARTS_H
#define FRONT_CONN_PARTS_H

#include "front/conn.h"

/* Go as far as the bytes at hand allow. */
void conn_step(struct conn *c);

/* A request from its first byte to its answer. */
void conn_begin_request(struct conn *c);
void conn_end_request(struct conn *c);

/* Read on; true = the state has changed, so step on. */
bool conn_read_head(struct conn *c);
bool conn_read_body(struct conn *c);

/* Give bytes to the output, written at the end of the turn; how many are not yet. */
void conn_put(struct conn *c, struct str s);
size_t conn_pending(const struct conn *c);

#endif
