/*
 * The prompt cache: which beginnings of prompts were here in the last minutes. A prompt
 * leaves a trail, one mark at the end of each text and every 512 bytes inside it; what
 * the longest marked beginning of the next one covers is cached.
 *
 *	prefix_add(&trail, text)                while it is read
 *	prefix_match(&cache, &trail, salt, now) how many of its bytes were seen, marks it
 *
 * Bounds: 2,048 marks a prompt (what lies behind is never cached), 65,536 in all; a newer
 * mark takes an older one's place.
 */
#ifndef SIM_PREFIX_H
#define SIM_PREFIX_H

#include "basics.h"

enum { PREFIX_MARKS = 2048, PREFIX_SLOTS = 65536, PREFIX_BLOCK_BYTES = 512 };

#define PREFIX_LIFE_NS (5 * 60 * NS_PER_S)

struct prefix_mark {
	uint64_t hash;  /* of everything up to here */
	uint64_t bytes; /* up to here */
};

struct prefix_trail {
	uint64_t hash, bytes;
	size_t n;
	struct prefix_mark marks[PREFIX_MARKS];
};

struct prefix_cache {
	struct prefix_slot {
		uint64_t hash, t_ns;
	} slots[PREFIX_SLOTS];
};

void prefix_begin(struct prefix_trail *t);
void prefix_add(struct prefix_trail *t, struct slice text);

/* salt: whose cache it is (key and model). Of 1000 bytes of the prompt, how many were
 * seen; 0 when none. */
uint64_t prefix_match(struct prefix_cache *c, const struct prefix_trail *t,
	uint64_t salt, uint64_t now_ns);

void prefix_reset(struct prefix_cache *c);

#endif
