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

/* One that lies a little behind the one before it (two were told in one instant) must not
 * make the next step longer than it is. */
uint64_t moment_walk_back_ns(struct moment_walk *w, const struct moment *m)
{
	uint64_t step_ns = moment_since_ns(m, &w->at);
	bool is_same_boot = m->boot != 0 && m->boot == w->at.boot;
	if (step_ns == 0 && is_same_boot)
		return w->age_ns;
	w->age_ns = num_add_sat(w->age_ns, step_ns);
	w->at = *m;
	return w->age_ns;
}
