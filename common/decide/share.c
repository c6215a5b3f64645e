/* The fair share of connections. */
#include "decide/share.h"

bool share_may_take(uint64_t n_own, uint64_t n_all, uint64_t n_fronts)
{
	uint64_t share4 = 4 * n_all / (n_fronts > 0 ? n_fronts : 1);
	return 4 * n_own <= share4 + share4 / 4 + 4;
}
