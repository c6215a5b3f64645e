/* Answers kept under keys: a hash table, and a list by their ends. */
#include "decide/replay.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE_BYTES = 1 << 20 };

/* Keys are hashes already. */
static struct replay **bucket_of(struct replays *rs, const uint8_t *key)
{
	return &rs->bucket[(key[0] | (unsigned)key[1] << 8) % REPLAY_BUCKETS];
}

static bool is_too_old(const struct replay *r, uint64_t now_ns)
{
	return r->state == REPLAY_KEPT && now_ns >= r->ended_ns + REPLAY_KEEP_NS;
}

void replays_init(struct replays *rs, void (*drop)(struct replay *r))
{
	*rs = (struct replays){.drop = drop};
}

static void drop(struct replays *rs, struct replay *r)
{
	replays_unlist(rs, r);
	rs->drop(r);
}

void replays_fini(struct replays *rs)
{
	for (size_t i = 0; i < REPLAY_BUCKETS; i++)
		while (rs->bucket[i] != NULL)
			drop(rs, rs->bucket[i]);
}

struct replay *replays_find(struct replays *rs,
	const uint8_t key[static REPLAY_HASH_BYTES], uint64_t now_ns)
{
	struct replay *r = *bucket_of(rs, key);
	while (r != NULL && memcmp(r->key, key, sizeof r->key) != 0)
		r = r->next_in_bucket;
	if (r == NULL || !is_too_old(r, now_ns))
		return r;
	if (r->n_readers > 0)
		replays_unlist(rs, r); /* its owner frees it with the last reader */
	else
		drop(rs, r);
	return NULL;
}

void replays_add(struct replays *rs, struct replay *r,
	const uint8_t key[static REPLAY_HASH_BYTES])
{
	struct replay **bucket = bucket_of(rs, key);
	memcpy(r->key, key, sizeof r->key);
	r->is_listed = true;
	r->next_in_bucket = *bucket;
	*bucket = r;
	rs->n_bytes += REPLAY_EACH_BYTES;
}

static void unlink_kept(struct replays *rs, struct replay *r)
{
	*(r->prev ? &r->prev->next : &rs->first) = r->next;
	*(r->next ? &r->next->prev : &rs->last) = r->prev;
	r->prev = r->next = NULL;
}

void replays_unlist(struct replays *rs, struct replay *r)
{
	must(r->is_listed);
	struct replay **at = bucket_of(rs, r->key);
	while (*at != r)
		at = &(*at)->next_in_bucket;
	*at = r->next_in_bucket;
	if (r->state == REPLAY_KEPT)
		unlink_kept(rs, r);
	r->is_listed = false;
	rs->n_bytes -= REPLAY_EACH_BYTES + r->cap;
}

/* The one that ended first of those that nobody reads. */
static struct replay *oldest(const struct replays *rs)
{
	struct replay *r = rs->first;
	while (r != NULL && r->n_readers > 0)
		r = r->next;
	return r;
}

static bool make_room(struct replays *rs, uint64_t more)
{
	while (rs->n_bytes + more > REPLAY_ALL_BYTES) {
		struct replay *r = oldest(rs);
		if (r == NULL)
			return false;
		drop(rs, r);
	}
	return true;
}

static void set_cap(struct replays *rs, struct replay *r, size_t cap)
{
	rs->n_bytes += cap;
	rs->n_bytes -= r->cap;
	r->bytes = realloc(r->bytes, cap);
	must(r->bytes != NULL);
	r->cap = cap;
}

static void outgrow(struct replays *rs, struct replay *r)
{
	rs->n_bytes -= r->cap;
	free(r->bytes);
	r->bytes = NULL;
	r->n = r->cap = 0;
	r->state = REPLAY_OUTGROWN;
}

char *replays_extend(struct replays *rs, struct replay *r, size_t n)
{
	must(r->is_listed && r->state != REPLAY_KEPT);
	if (r->state == REPLAY_OUTGROWN)
		return NULL;
	if (r->n + n > r->cap) {
		size_t cap = r->n + n + MIN(r->n + n, (size_t)SPARE_BYTES);
		if (!make_room(rs, cap - r->cap)) {
			outgrow(rs, r);
			return NULL;
		}
		set_cap(rs, r, cap);
	}
	r->n += n;
	return r->bytes + r->n - n;
}

void replays_keep(struct replays *rs, struct replay *r, uint64_t now_ns)
{
	must(r->is_listed && r->state == REPLAY_RUNNING);
	if (r->n > 0)
		set_cap(rs, r, r->n);
	r->state = REPLAY_KEPT;
	r->ended_ns = now_ns;
	r->prev = rs->last;
	*(rs->last ? &rs->last->next : &rs->first) = r;
	rs->last = r;
}

void replays_expire(struct replays *rs, uint64_t now_ns)
{
	struct replay *r = rs->first, *next;
	for (; r != NULL && is_too_old(r, now_ns); r = next) {
		next = r->next;
		if (r->n_readers == 0)
			drop(rs, r);
	}
}
