/*
 * The certificate and the key with which fronts speak TLS: two PEM files, read and checked
 * together, kept as the bytes they are. The master reads them, as whoever it is at that
 * time; fronts get a copy and make their TLS context of it. Nothing of it is in struct
 * settings, in the segment or in a log.
 *
 *	struct tls_pair *pair = memory of the caller's that is not dumped
 *	if (!tls_pair_read_certificate(pair, s.tls_certificate, &e) ||
 *		!tls_pair_read_key(pair, s.tls_key, &e)) …
 *
 * Only libcrypto is used here: there is no TLS context before the fork.
 */
#ifndef CONF_TLS_PAIR_H
#define CONF_TLS_PAIR_H

#include "base/attr.h"
#include "base/err.h"

#include <assert.h>

/* Larger files are refused: a chain of RSA certificates has about 6 KiB. */
enum { TLS_CERTIFICATE_BYTES = 32768, TLS_KEY_BYTES = 16384 };

struct tls_pair {
	uint32_t n_certificate, n_key; /* 0 = fronts speak plain HTTP */
	char certificate[TLS_CERTIFICATE_BYTES];
	char key[TLS_KEY_BYTES];
};
static_assert(sizeof(struct tls_pair) % 8 == 0, "copied in words");

/* Wipe the pair, and read its certificate: one or more in PEM, the server's first. An
 * empty path leaves it wiped. */
bool tls_pair_read_certificate(
	struct tls_pair *p, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Then its key. Refused: a file that all may read, a passphrase, a key that belongs to
 * another certificate. An empty path leaves it without one. */
bool tls_pair_read_key(
	struct tls_pair *p, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* The wall clock at which its certificate is no longer valid, in ms; 0 = it has none. */
uint64_t tls_pair_ends_ms(const struct tls_pair *p);

#endif
