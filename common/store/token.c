/* Client tokens, for the disk and from it. */
#include "store/token.h"

void token_seal(struct token *t)
{
	seal_close(t, sizeof *t, TOKEN_VERSION, t->id);
}

bool token_open(struct token *t, struct str stored, uint64_t id)
{
	return seal_open(stored, t, sizeof *t, TOKEN_VERSION, id) && t->id == id;
}
