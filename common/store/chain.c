/* SHA-256 of the link before and the row. */
#include "store/chain.h"

#include <string.h>

void chain_extend(struct chain_end *end, struct str row)
{
	char bytes[sizeof end->hash + sizeof((struct row_stored *)NULL)->bytes];
	must(row.n <= sizeof bytes - sizeof end->hash);
	memcpy(bytes, end->hash, sizeof end->hash);
	memcpy(bytes + sizeof end->hash, row.p, row.n);
	hash_sha256((struct str){bytes, sizeof end->hash + row.n}, end->hash);
	end->number++;
}

bool chain_open(struct str stored, struct link *out)
{
	if (stored.n != sizeof *out)
		return false;
	memcpy(out, stored.p, sizeof *out);
	return true;
}
