/*
 * The upstream keys: where they come from and the one place they are kept. The master
 * collects them and hands them down a pipe to dispatch; nothing else ever holds one.
 * No key is in struct settings, in the segment or in a log: there a key is its name and
 * the first eight hex digits of its SHA-256.
 *
 *	struct keyring *ring = a page of the caller's, wiped on fork, left out of dumps
 *	keys_init(ring);
 *	keys_take_env(ring, environ, e)           once, before the first fork
 *	keys_read_file(ring, s.api_key_file, e)   at start and at each reload
 *
 * OPENAI_API_KEY goes over [openai] api_key_file. No key at all is no error here: n is
 * 0 and the caller decides.
 */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include "base/attr.h"
#include "base/err.h"

#include <assert.h>

enum {
	KEYS_MAX = 8,
	KEYS_NAME_BYTES = 32,
	KEYS_SECRET_BYTES = 256, /* the longest key and its NUL */
	KEYS_ID_BYTES = 9,       /* eight hex digits and NUL */
};

struct key {
	char name[KEYS_NAME_BYTES];
	char id[KEYS_ID_BYTES]; /* what a log may say of it */
	bool is_from_env;
	char secret[KEYS_SECRET_BYTES];
};

struct keyring {
	uint32_t n;
	struct key key[KEYS_MAX];
};
static_assert(sizeof(struct keyring) <= 4096, "one page");

void keys_init(struct keyring *ring);

/* Take OPENAI_API_KEY, if set, as the key "default" and overwrite its bytes where they
 * stand in env, so that /proc/PID/environ and the children have it no more. The bytes
 * are overwritten also when it is refused: 1 to 255 visible ASCII characters. */
bool keys_take_env(
	struct keyring *ring, char *const env[], struct err *e) ATTR_UNUSED_RESULT;

/* Read the key "default" from the first line of the file at path, unless it came from
 * the environment; with an empty path it is dropped. A file that group or others may
 * read is refused. False leaves the ring as it was. */
bool keys_read_file(
	struct keyring *ring, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* The key of that name, NULL when there is none. */
struct key *keys_find(struct keyring *ring, const char *name);

#endif
