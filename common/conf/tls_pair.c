/* Two PEM files, read and checked together. */
#include "conf/tls_pair.h"

#include "conf/origin.h"
#include "conf/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What OpenSSL's security level 2, Debian's, asks of keys and signatures. */
enum { LEAST_SECURITY_BITS = 112 };

/* ---- bytes ------------------------------------------------------------------------- */

static bool check_file(int fd, mode_t forbidden, const struct origin *o, struct err *e)
{
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return origin_error(o, e, "cannot be opened: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return origin_error(o, e, "is not a regular file");
	if ((st.st_mode & forbidden) != 0)
		return origin_error(o, e,
			"all may read this key file (mode %04o), accepted: 0600, 0640",
			(unsigned)st.st_mode & 07777);
	return true;
}

/* The file's bytes into buf of max bytes; the number of them, 0 = refused. */
static uint32_t read_file(
	const struct origin *o, mode_t forbidden, char *buf, size_t max, struct err *e)
{
	ssize_t n = -1;
	int fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (check_file(fd, forbidden, o, e)) {
		n = slurp_fd(fd, buf, max);
		if (n < 0 && errno == EFBIG)
			origin_error(o, e, "is larger than %zu bytes", max);
		else if (n <= 0)
			origin_error(o, e, "cannot be read: %s",
				n == 0 ? "it is empty" : strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return n > 0 ? (uint32_t)n : 0;
}

/* ---- what they say ----------------------------------------------------------------- */

/* Nobody is there to be asked. */
static int no_passphrase(char *buf, int size, int is_writing, void *arg)
{
	(void)buf, (void)size, (void)is_writing;
	*(bool *)arg = true;
	return -1;
}

static BIO *bytes_of(const char *p, uint32_t n)
{
	BIO *b = BIO_new_mem_buf(p, (int)n);
	must(b != NULL);
	return b;
}

/* The first certificate; NULL = none, or one of those behind it is broken. */
static X509 *parse_certificates(const struct tls_pair *p)
{
	BIO *b = bytes_of(p->certificate, p->n_certificate);
	X509 *first = PEM_read_bio_X509(b, NULL, NULL, NULL), *next;
	while (first != NULL && (next = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL)
		X509_free(next);
	/* that is how the end of the text looks */
	if (first != NULL &&
		ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		X509_free(first);
		first = NULL;
	}
	ERR_clear_error();
	BIO_free(b);
	return first;
}

/* Who signs himself proves nothing by it. */
static bool is_weakly_signed(X509 *x)
{
	int bits = 0;
	bool is_own = (X509_get_extension_flags(x) & EXFLAG_SS) != 0;
	bool is_known = X509_get_signature_info(x, NULL, NULL, &bits, NULL) == 1;
	return !is_own && is_known && bits < LEAST_SECURITY_BITS;
}

static EVP_PKEY *parse_key(const struct tls_pair *p, bool *is_locked)
{
	BIO *b = bytes_of(p->key, p->n_key);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, is_locked);
	ERR_clear_error();
	BIO_free(b);
	return key;
}

/* OpenSSL takes more of them, and then finds no client to speak with. */
static bool is_spoken(const EVP_PKEY *key)
{
	static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
	char group[64];
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS") ||
		EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return EVP_PKEY_get_security_bits(key) >= LEAST_SECURITY_BITS;
	if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
		return false;
	for (size_t i = 0; i < N_ELEMENTS(curves); i++)
		if (strcmp(group, curves[i]) == 0)
			return true;
	return false;
}

static bool check_key(const struct tls_pair *p, const struct origin *o, struct err *e)
{
	bool is_locked = false, is_good = false;
	X509 *certificate = p->n_certificate > 0 ? parse_certificates(p) : NULL;
	EVP_PKEY *key = parse_key(p, &is_locked);
	if (is_locked)
		origin_error(o, e, "is locked by a passphrase; store it without one");
	else if (key == NULL)
		origin_error(o, e, "holds no private key in PEM");
	else if (!is_spoken(key))
		origin_error(o, e,
			"is no key that clients speak TLS with, or a short one; "
			"accepted: RSA from 2048 bits on, P-256, P-384, P-521, "
			"Ed25519, Ed448");
	else if (certificate == NULL || X509_check_private_key(certificate, key) != 1)
		origin_error(o, e, "is the key of another certificate");
	else
		is_good = true;
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(certificate);
	return is_good;
}

bool tls_pair_read_certificate(struct tls_pair *p, const char *path, struct err *e)
{
	struct origin o = {.path = path};
	explicit_bzero(p, sizeof *p);
	if (path[0] == '\0')
		return true;
	p->n_certificate = read_file(&o, 0, p->certificate, sizeof p->certificate, e);
	if (p->n_certificate == 0)
		return false;
	X509 *first = parse_certificates(p);
	bool is_weak = first != NULL && is_weakly_signed(first);
	X509_free(first);
	if (is_weak)
		return origin_error(&o, e, "is signed with a hash that is not safe");
	return first != NULL || origin_error(&o, e, "holds no certificate in PEM");
}

bool tls_pair_read_key(struct tls_pair *p, const char *path, struct err *e)
{
	struct origin o = {.path = path};
	if (path[0] == '\0')
		return true;
	p->n_key = read_file(&o, 07, p->key, sizeof p->key, e);
	return p->n_key > 0 && check_key(p, &o, e);
}

uint64_t tls_pair_ends_ms(const struct tls_pair *p)
{
	struct tm tm = {0};
	X509 *first = p->n_certificate > 0 ? parse_certificates(p) : NULL;
	bool is_known =
		first != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(first), &tm) == 1;
	time_t end = is_known ? timegm(&tm) : 0;
	X509_free(first);
	return end > 0 ? (uint64_t)end * 1000 : 0;
}
