/* Checksums of stored records. */
#include "store/seal.h"

#include "base/hash.h"

#include <string.h>

static uint64_t sum_of(const void *record, size_t n, uint64_t place)
{
	const uint8_t *p = record;
	return hash_fast64(p + sizeof(uint64_t), n - sizeof(uint64_t), place);
}

void seal_close(void *record, size_t n, uint32_t version, uint64_t place)
{
	must(n >= sizeof(struct seal) && n <= UINT32_MAX);
	struct seal s = {.version = version, .bytes = (uint32_t)n};
	memcpy(record, &s, sizeof s);
	s.sum = sum_of(record, n, place);
	memcpy(record, &s, sizeof s);
}

bool seal_open(struct str stored, void *record, size_t n_record, uint32_t version,
	uint64_t place)
{
	struct seal s;
	must(n_record >= sizeof s);
	if (stored.n != n_record)
		return false;
	memcpy(record, stored.p, n_record);
	memcpy(&s, record, sizeof s);
	return s.version == version && s.bytes == n_record &&
	       s.sum == sum_of(record, n_record, place);
}

bool seal_is_whole(struct str stored, uint32_t version, uint64_t place)
{
	struct seal s;
	if (stored.n < sizeof s)
		return false;
	memcpy(&s, stored.p, sizeof s);
	return s.version == version && s.bytes == stored.n &&
	       s.sum == sum_of(stored.p, stored.n, place);
}
