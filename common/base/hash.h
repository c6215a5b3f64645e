/*
 * Hashes: SHA-256 for secrets (OpenSSL), XXH3 for tables and checksums (xxhash).
 * Random bytes come from getrandom(2).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/attr.h"

enum { HASH_SHA256_BYTES = 32 };

/* FIPS 180-4. The only thing that ever sees a client's raw token. */
void hash_sha256(struct str s, uint8_t out[static HASH_SHA256_BYTES]);

/* Constant-time equality of two n-byte strings. */
bool hash_equal(const void *a, const void *b, size_t n) ATTR_UNUSED_RESULT;

/* XXH3 with a seed: tables, checksums. Not for secrets. */
uint64_t hash_fast64(const void *p, size_t n, uint64_t seed);

/* HMAC (RFC 2104) with SHA-256. */
void hash_hmac_sha256(
	struct str key, struct str s, uint8_t out[static HASH_SHA256_BYTES]);

/* Fill p with n random bytes; never fails (must). Fetched from the kernel a kilobyte at a time,
 * and never the same ones in a process and in its fork. */
void hash_random(void *p, size_t n);

/* n bytes as 2n lower-case hex digits and a NUL. */
void hash_hex(const void *p, size_t n, char *out);

#endif
