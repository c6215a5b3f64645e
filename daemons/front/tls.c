/* From the master's page to a TLS context. */
#include "front/tls.h"

#include "base/log.h"
#include "conf/tls_pair.h"
#include "ipc/page.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of TLS 1.2; those of 1.3 are all fine. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls {
	const struct page *page; /* mapped for reading only */
	uint64_t epoch;
	SSL_CTX *context; /* NULL = plain HTTP */
};

static size_t map_bytes(void)
{
	return page_size_bytes(sizeof(struct tls_pair));
}

/* ---- a context ----------------------------------------------------------------- */

/* Whoever names protocols must name one of ours. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
	const unsigned char *offered, unsigned n_offered, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
	(void)ssl, (void)arg;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, n, ours, sizeof ours - 1, offered,
		    n_offered) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool use_certificates(SSL_CTX *ctx, const struct tls_pair *p)
{
	BIO *b = BIO_new_mem_buf(p->certificate, (int)p->n_certificate);
	must(b != NULL);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	bool done = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1;
	X509_free(x);
	while (done && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL)
		done = SSL_CTX_add0_chain_cert(ctx, x) == 1;
	BIO_free(b);
	return done;
}

static bool use_key(SSL_CTX *ctx, const struct tls_pair *p)
{
	char no_passphrase[] = "";
	BIO *b = BIO_new_mem_buf(p->key, (int)p->n_key);
	must(b != NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, no_passphrase);
	bool done = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	EVP_PKEY_free(key);
	BIO_free(b);
	return done;
}

static void set_rules(SSL_CTX *ctx)
{
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	must(SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1);
	(void)SSL_CTX_set_options(ctx,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	must(SSL_CTX_set_num_tickets(ctx, 0) == 1);
	/* an idle connection keeps no buffers */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

static SSL_CTX *new_context(const struct tls_pair *p)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	must(ctx != NULL);
	set_rules(ctx);
	bool done = use_certificates(ctx, p) && use_key(ctx, p);
	unsigned long why = ERR_peek_last_error();
	ERR_clear_error(); /* the end of a text is an error to OpenSSL */
	if (done)
		return ctx;
	log_event(LOG_ERROR, EVENT_CERTIFICATE,
		"text=\"OpenSSL does not take the certificate and its key: %s\"",
		ERR_reason_error_string(why) ? ERR_reason_error_string(why) : "?");
	SSL_CTX_free(ctx);
	return NULL;
}

/* ---- adopting ------------------------------------------------------------------ */

static bool adopt(struct tls *t)
{
	SSL_CTX *fresh = NULL;
	struct tls_pair *pair = calloc(1, sizeof *pair);
	must(pair != NULL);
	uint64_t epoch = page_read(t->page, pair, sizeof *pair);
	bool is_tls = epoch != 0 && pair->n_certificate > 0 &&
		      pair->n_certificate <= sizeof pair->certificate &&
		      pair->n_key <= sizeof pair->key;
	if (is_tls)
		fresh = new_context(pair);
	explicit_bzero(pair, sizeof *pair);
	free(pair);
	if (epoch == 0 || (is_tls && fresh == NULL))
		return false;
	SSL_CTX_free(t->context); /* connections that began with it hold on to it */
	t->context = fresh;
	t->epoch = epoch;
	return true;
}

void tls_adopt(struct tls *t)
{
	if (page_epoch(t->page) != t->epoch && !adopt(t))
		log_event(LOG_ERROR, EVENT_CERTIFICATE,
			"text=\"the certificate before it stays in use\"");
}

struct tls *tls_new(int fd)
{
	struct tls *t = calloc(1, sizeof *t);
	must(t != NULL);
	void *page = mmap(NULL, map_bytes(), PROT_READ, MAP_SHARED, fd, 0);
	must(page != MAP_FAILED);
	(void)madvise(page, map_bytes(), MADV_DONTDUMP);
	t->page = page;
	if (adopt(t))
		return t;
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->context);
	(void)munmap((void *)(uintptr_t)t->page, map_bytes());
	free(t);
}

SSL_CTX *tls_context(const struct tls *t)
{
	return t->context;
}
