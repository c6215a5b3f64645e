/* Hashes and random bytes. */
#include "base/hash.h"

/* SHA256_Init() and its like look nothing up: of half a kilobyte they take 0.44 us, where
 * SHA256() takes 0.77. Deprecated since 3.0 only because there are engines elsewhere. */
#define OPENSSL_API_COMPAT 0x10100000L

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#include <xxhash.h>
#pragma GCC diagnostic pop

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/* Random bytes that nobody has had yet: the first `left` of them. */
struct pool {
	size_t left;
	uint8_t bytes[1024];
};

void hash_sha256(struct str s, uint8_t out[static HASH_SHA256_BYTES])
{
	SHA256_CTX c;
	must(SHA256_Init(&c) == 1 && SHA256_Update(&c, s.p, s.n) == 1 &&
		SHA256_Final(out, &c) == 1);
}

void hash_hmac_sha256(
	struct str key, struct str s, uint8_t out[static HASH_SHA256_BYTES])
{
	must(HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)s.p, s.n, out,
		     NULL) != NULL);
}

bool hash_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

uint64_t hash_fast64(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

static void from_kernel(uint8_t *at, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);
		must(got > 0 || errno == EINTR);
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

/* A page of its own, because only whole pages can be made to read as zero in a child: a
 * fork must not give the same bytes to two processes. */
static struct pool *new_pool(void)
{
	struct pool *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(p != MAP_FAILED && madvise(p, sizeof *p, MADV_WIPEONFORK) == 0);
	return p;
}

void hash_random(void *p, size_t n)
{
	static _Thread_local struct pool *pool;
	if (pool == NULL)
		pool = new_pool();
	if (n > sizeof pool->bytes) {
		from_kernel(p, n);
		return;
	}
	if (n > pool->left) {
		from_kernel(pool->bytes, sizeof pool->bytes);
		pool->left = sizeof pool->bytes;
	}
	pool->left -= n;
	memcpy(p, pool->bytes + pool->left, n);
	OPENSSL_cleanse(pool->bytes + pool->left, n); /* what is given is given once */
}

void hash_hex(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}
