/*
 * What this front speaks TLS with: the certificate and key that the master has published
 * (heritage.h), made into OpenSSL's context. Connections keep the one they began with, so
 * a renewed certificate is for the next ones.
 *
 * TLS 1.2 and 1.3, forward secrecy and authenticated encryption only; HTTP/1 by ALPN.
 * Sessions are not resumed: tickets would need a key that all fronts share and that
 * outlives the connections, and clients of a gateway keep theirs.
 */
#ifndef FRONT_TLS_H
#define FRONT_TLS_H

#include <openssl/types.h>

struct tls;

/* Map the page behind the descriptor. NULL (logged) when the pair in it is unusable. */
struct tls *tls_new(int fd);
void tls_free(struct tls *t); /* NULL is fine */

/* Take over a pair published since. One that is unusable is logged and left alone. */
void tls_adopt(struct tls *t);

/* For the next connection; NULL = it is plain HTTP. */
SSL_CTX *tls_context(const struct tls *t);

#endif
