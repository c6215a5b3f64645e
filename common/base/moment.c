/* Moments that outlive a boot. */
#include "base/moment.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"

#include <string.h>

uint32_t moment_boot(const char *boot_id)
{
	uint32_t boot = (uint32_t)hash_fast64(boot_id, strlen(boot_id), 0);
	return boot != 0 ? boot : 1;
}

uint64_t moment_since_ns(const struct moment *m, const struct moment *now)
{
	if (m->boot != 0 && m->boot == now->boot)
		return num_sub_sat(now->boot_ns, m->boot_ns);
	return num_mul_sat(num_sub_sat(now->wall_ms, m->wall_ms), NS_PER_MS);
}
