/* Which point of each dimension a row is in. */
#include "store/rollup.h"

#include "store/keys.h"

#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

static const uint64_t lengths[TIERS] = {
	[TIER_MINUTE] = MINUTE_MS, [TIER_HOUR] = HOUR_MS, [TIER_DAY] = DAY_MS};

uint64_t tier_ms(enum tier t)
{
	return lengths[t];
}

uint64_t tier_of_ms(enum tier t, uint64_t wall_ms)
{
	return wall_ms / lengths[t];
}

static struct str text(const char *p, size_t size)
{
	return (struct str){p, strnlen(p, size)};
}

static struct str client_name(const struct row *r, char buf[static 8])
{
	struct key k = key_of_number(r->client_id);
	memcpy(buf, k.bytes, k.n);
	return (struct str){buf, k.n};
}

struct str rollup_name(const struct row *r, enum dim d, char buf[static 8])
{
	switch (d) {
	case DIM_MODEL:
		return text(r->model, sizeof r->model);
	case DIM_CLIENT:
		return client_name(r, buf);
	case DIM_KEY:
		return text(r->key, sizeof r->key);
	case DIM_ERROR: {
		const char *error = row_error(r);
		return text(error, FACT_CODE_BYTES);
	}
	case DIM_SESSION:
		return text(r->session, sizeof r->session);
	case DIM_TOTAL:
	case DIMS:
		break;
	}
	return STR("");
}
