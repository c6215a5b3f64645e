/* Keys: big-endian numbers, ids and names. */
#include "store/keys.h"

#include <endian.h>
#include <string.h>

static void append(struct key *k, const void *p, size_t n)
{
	must(k->n + n <= sizeof k->bytes);
	memcpy(k->bytes + k->n, p, n);
	k->n += n;
}

static void append_number(struct key *k, uint64_t number)
{
	uint64_t be = htobe64(number);
	append(k, &be, sizeof be);
}

struct key key_of_number(uint64_t number)
{
	struct key k = {0};
	append_number(&k, number);
	return k;
}

struct key key_of_attempt(const uint8_t id[static EXCHANGE_ID_BYTES], uint32_t attempt)
{
	struct key k = {0};
	uint32_t be = htobe32(attempt);
	append(&k, id, EXCHANGE_ID_BYTES);
	append(&k, &be, sizeof be);
	return k;
}

struct key key_of_session(const char session[static EXCHANGE_SESSION_BYTES])
{
	struct key k = {0};
	append(&k, session, strnlen(session, EXCHANGE_SESSION_BYTES - 1));
	return k;
}

struct key key_of_chat(
	uint64_t client_id, const char session[static EXCHANGE_SESSION_BYTES])
{
	struct key k = key_of_number(client_id);
	append(&k, session, strnlen(session, EXCHANGE_SESSION_BYTES - 1));
	return k;
}

struct key key_of_turn(
	const struct key *chat, const uint8_t id[static EXCHANGE_ID_BYTES])
{
	struct key k = *chat;
	append(&k, id, EXCHANGE_ID_BYTES);
	return k;
}

struct key key_of_point(uint8_t tier, uint8_t dim, uint64_t start, struct str name)
{
	struct key k = {0};
	append(&k, &tier, 1);
	append(&k, &dim, 1);
	append_number(&k, start);
	append(&k, name.p, MIN(name.n, (size_t)KEY_NAME_BYTES));
	return k;
}

struct key key_of_times(uint8_t tier, uint64_t start)
{
	struct key k = {0};
	append(&k, &tier, 1);
	append_number(&k, start);
	return k;
}

bool key_point(struct str key, uint64_t *start, struct str *name)
{
	uint64_t be;
	const size_t before = 2 + sizeof be;
	if (key.n < before)
		return false;
	memcpy(&be, key.p + 2, sizeof be);
	*start = be64toh(be);
	*name = (struct str){key.p + before, key.n - before};
	return true;
}

bool key_number(struct str key, uint64_t *number)
{
	uint64_t be;
	if (key.n < sizeof be)
		return false;
	memcpy(&be, key.p + key.n - sizeof be, sizeof be);
	*number = be64toh(be);
	return true;
}

bool key_attempt(struct str key, uint32_t *attempt)
{
	uint32_t be;
	if (key.n != EXCHANGE_ID_BYTES + sizeof be)
		return false;
	memcpy(&be, key.p + EXCHANGE_ID_BYTES, sizeof be);
	*attempt = be32toh(be);
	return true;
}

int key_compare(struct str a, struct str b)
{
	int order = memcmp(a.p, b.p, MIN(a.n, b.n));
	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool key_has_prefix(struct str key, const struct key *k, size_t n)
{
	return n <= k->n && key.n >= n && memcmp(key.p, k->bytes, n) == 0;
}
