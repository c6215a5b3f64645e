/*
 * The names of client tokens, revoked ones too, as the ledger has them; so it needs nobody
 * to run. Full (NAMES_MAX): the rest is told by its id.
 */
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include "insight/tell.h"
#include "store/query.h"

struct names;

/* Pairs with names_free(). */
struct names *names_read(struct store *s);
void names_free(struct names *x);

/* NULL = the ledger has no token of that id. */
const char *names_find(const struct names *x, uint64_t client_id);

/* The same for tell_groups(); arg is the names. */
struct tell_client names_tell_client(const void *names, uint64_t client_id);

#endif
