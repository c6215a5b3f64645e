/* The prompt cache. */
#include "prefix.h"

#include <string.h>

void prefix_begin(struct prefix_trail *t)
{
	t->hash = t->bytes = 0;
	t->n = 0;
}

void prefix_add(struct prefix_trail *t, struct slice text)
{
	for (size_t at = 0; at < text.n; at += PREFIX_BLOCK_BYTES) {
		size_t n = MIN(text.n - at, (size_t)PREFIX_BLOCK_BYTES);
		t->hash = hash_bytes(t->hash, (struct slice){text.p + at, n});
		t->bytes += n;
		if (t->n < PREFIX_MARKS)
			t->marks[t->n++] = (struct prefix_mark){t->hash, t->bytes};
	}
}

static struct prefix_slot *slot(struct prefix_cache *c, uint64_t hash)
{
	return &c->slots[hash % PREFIX_SLOTS];
}

uint64_t prefix_match(struct prefix_cache *c, const struct prefix_trail *t,
	uint64_t salt, uint64_t now_ns)
{
	uint64_t seen = 0;
	bool running = true;
	for (size_t i = 0; i < t->n; i++) {
		uint64_t hash = mix64(t->marks[i].hash ^ salt);
		struct prefix_slot *s = slot(c, hash);
		running =
			running && s->hash == hash && s->t_ns + PREFIX_LIFE_NS > now_ns;
		if (running)
			seen = t->marks[i].bytes;
		*s = (struct prefix_slot){hash, now_ns};
	}
	return t->bytes > 0 ? seen * 1000 / t->bytes : 0;
}

void prefix_reset(struct prefix_cache *c)
{
	memset(c, 0, sizeof *c);
}
