/* Which files make a pair to speak TLS with, and what is said of those that do not. */
#include "../unit.h"
#include "scratch.h"
#include "conf/tls_pair.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static struct tls_pair pair;
static struct err e;

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(key);
	return key;
}

/* The bytes of a memory BIO as a file. */
static const char *file_of(BIO *b, mode_t mode)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	const char *path = scratch_file((struct str){p, (size_t)n}, mode);
	BIO_free(b);
	return path;
}

static const char *key_file(EVP_PKEY *key, const char *passphrase, mode_t mode)
{
	BIO *b = BIO_new(BIO_s_mem());
	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(b, key,
				 passphrase ? EVP_aes_128_cbc() : NULL, passphrase,
				 passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
		1);
	return file_of(b, mode);
}

/* Self-signed, valid for so many seconds from 1970 + a day on; n of them in one file. */
static const char *certificate_file(EVP_PKEY *key, int n)
{
	BIO *b = BIO_new(BIO_s_mem());
	X509 *x = X509_new();
	ck_assert(X509_set_pubkey(x, key) && X509_set_version(x, 2) &&
		  ASN1_TIME_set(X509_getm_notBefore(x), 86400) &&
		  ASN1_TIME_set(X509_getm_notAfter(x), 2000000000) &&
		  X509_sign(x, key, EVP_sha256()));
	for (int i = 0; i < n; i++)
		ck_assert(PEM_write_bio_X509(b, x));
	X509_free(x);
	return file_of(b, 0644);
}

static void check_refused(bool done, const char *words)
{
	ck_assert(!done);
	ck_assert_msg(strstr(e.text, words) != NULL, "%s", e.text);
	ck_assert_msg(strstr(e.text, "/proc/self/fd/") == e.text, "%s", e.text);
}

START_TEST(a_certificate_and_its_key_are_kept_as_they_are)
{
	EVP_PKEY *key = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	ck_assert(tls_pair_read_key(&pair, key_file(key, NULL, 0600), &e));
	ck_assert_uint_gt(pair.n_certificate, 100);
	ck_assert_uint_gt(pair.n_key, 100);
	ck_assert_mem_eq(pair.certificate, "-----BEGIN CERTIFICATE", 22);
	ck_assert_mem_eq(pair.key, "-----BEGIN PRIVATE KEY", 22);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_chain_is_one_file_and_its_first_certificate_is_ours)
{
	EVP_PKEY *key = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 3), &e));
	ck_assert(tls_pair_read_key(&pair, key_file(key, NULL, 0640), &e));
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(no_paths_are_no_pair_and_no_error)
{
	ck_assert(tls_pair_read_certificate(&pair, "", &e));
	ck_assert(tls_pair_read_key(&pair, "", &e));
	ck_assert_uint_eq(pair.n_certificate + pair.n_key, 0);
	ck_assert_uint_eq(tls_pair_ends_ms(&pair), 0);
}
END_TEST

START_TEST(the_key_of_another_certificate_is_refused)
{
	EVP_PKEY *key = new_key(), *other = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	check_refused(tls_pair_read_key(&pair, key_file(other, NULL, 0600), &e),
		"is the key of another certificate");
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(a_key_that_all_may_read_is_refused)
{
	EVP_PKEY *key = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	check_refused(
		tls_pair_read_key(&pair, key_file(key, NULL, 0644), &e), "mode 0644");
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_locked_key_is_refused_without_asking_for_its_passphrase)
{
	EVP_PKEY *key = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	check_refused(tls_pair_read_key(&pair, key_file(key, "open sesame", 0600), &e),
		"passphrase");
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_key_that_openssl_would_not_use_is_refused)
{
	EVP_PKEY *keys[] = {EVP_RSA_gen(1024), EVP_EC_gen("secp256k1"),
		EVP_EC_gen("brainpoolP256r1"), EVP_EC_gen("secp224r1")};
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		const char *certificate = certificate_file(keys[i], 1);
		ck_assert(tls_pair_read_certificate(&pair, certificate, &e));
		check_refused(
			tls_pair_read_key(&pair, key_file(keys[i], NULL, 0600), &e),
			"is no key that clients speak TLS with");
		EVP_PKEY_free(keys[i]);
	}
}
END_TEST

START_TEST(the_curves_that_clients_know_are_taken)
{
	static const char *const curves[] = {"P-256", "P-384", "P-521"};
	for (size_t i = 0; i < N_ELEMENTS(curves); i++) {
		EVP_PKEY *key = EVP_EC_gen(curves[i]);
		const char *certificate = certificate_file(key, 1);
		ck_assert(tls_pair_read_certificate(&pair, certificate, &e));
		ck_assert(tls_pair_read_key(&pair, key_file(key, NULL, 0600), &e));
		EVP_PKEY_free(key);
	}
}
END_TEST

START_TEST(what_is_no_pem_is_refused)
{
	EVP_PKEY *key = new_key();
	struct str half = STR("-----BEGIN CERTIFICATE-----\nMIIB\n");
	check_refused(tls_pair_read_certificate(&pair, scratch_file(half, 0644), &e),
		"holds no certificate");
	e = (struct err){0};
	check_refused(tls_pair_read_certificate(&pair, scratch_file(STR(""), 0644), &e),
		"it is empty");
	e = (struct err){0};
	check_refused(tls_pair_read_certificate(&pair, key_file(key, NULL, 0600), &e),
		"holds no certificate");
	e = (struct err){0};
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	check_refused(tls_pair_read_key(&pair, certificate_file(key, 1), &e), "mode");
	e = (struct err){0};
	check_refused(tls_pair_read_key(&pair, scratch_file(STR("no key"), 0600), &e),
		"holds no private key");
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_good_certificate_with_a_broken_one_behind_it_is_refused)
{
	EVP_PKEY *key = new_key();
	char text[8192];
	FILE *f = fopen(certificate_file(key, 1), "re");
	ck_assert_ptr_nonnull(f);
	size_t n = fread(text, 1, sizeof text - 64, f);
	fclose(f);
	memcpy(text + n, "-----BEGIN CERTIFICATE-----\nAAAA\n", 33);
	check_refused(tls_pair_read_certificate(&pair,
			      scratch_file((struct str){text, n + 33}, 0644), &e),
		"holds no certificate");
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_file_that_is_too_large_or_not_there_is_named)
{
	static char large[TLS_CERTIFICATE_BYTES + 1];
	check_refused(
		tls_pair_read_certificate(&pair,
			scratch_file((struct str){large, sizeof large}, 0644), &e),
		"is larger than 32768 bytes");
	e = (struct err){0};
	ck_assert(!tls_pair_read_certificate(&pair, "/nowhere/x.pem", &e));
	ck_assert_str_eq(
		e.text, "/nowhere/x.pem: cannot be opened: No such file or directory");
}
END_TEST

START_TEST(the_end_of_the_certificate_is_known)
{
	EVP_PKEY *key = new_key();
	ck_assert(tls_pair_read_certificate(&pair, certificate_file(key, 1), &e));
	ck_assert_uint_eq(tls_pair_ends_ms(&pair), UINT64_C(2000000000000));
	EVP_PKEY_free(key);
}
END_TEST

UNIT_MAIN_APART("tls_pair", the_curves_that_clients_know_are_taken,
	a_certificate_and_its_key_are_kept_as_they_are,
	a_chain_is_one_file_and_its_first_certificate_is_ours,
	no_paths_are_no_pair_and_no_error, the_key_of_another_certificate_is_refused,
	a_key_that_all_may_read_is_refused,
	a_locked_key_is_refused_without_asking_for_its_passphrase,
	a_key_that_openssl_would_not_use_is_refused, what_is_no_pem_is_refused,
	a_good_certificate_with_a_broken_one_behind_it_is_refused,
	a_file_that_is_too_large_or_not_there_is_named,
	the_end_of_the_certificate_is_known)
