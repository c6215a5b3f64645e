#include "../unit.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_DRAWS = 20000 };

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

START_TEST(no_draw_comes_twice)
{
	static uint64_t drawn[N_DRAWS];
	for (int i = 0; i < N_DRAWS; i++)
		hash_random(&drawn[i], sizeof drawn[i]);
	qsort(drawn, N_DRAWS, sizeof drawn[0], by_value);
	for (int i = 1; i < N_DRAWS; i++)
		ck_assert(drawn[i] != drawn[i - 1]);
}
END_TEST

START_TEST(every_byte_is_filled)
{
	static const size_t sizes[] = {1, 10, 32, 1023, 1024, 1025, 5000};
	static uint8_t seen[5000], now[5000];
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		memset(seen, 0, sizeof seen);
		for (int round = 0; round < 8; round++) {
			memset(now, 0, sizeof now);
			hash_random(now, sizes[i]);
			for (size_t n = 0; n < sizeof now; n++)
				seen[n] |= now[n];
		}
		for (size_t n = 0; n < sizeof seen; n++)
			ck_assert_msg((seen[n] != 0) == (n < sizes[i]),
				"byte %zu of %zu", n, sizes[i]);
	}
}
END_TEST

START_TEST(a_fork_draws_others)
{
	uint64_t mine, theirs, warm;
	int fd[2];
	hash_random(&warm, sizeof warm); /* there is something to share by mistake */
	ck_assert_int_eq(pipe(fd), 0);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	hash_random(&mine, sizeof mine);
	if (pid == 0)
		_exit(write(fd[1], &mine, sizeof mine) != sizeof mine);
	ck_assert_int_eq(read(fd[0], &theirs, sizeof theirs), sizeof theirs);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(mine != theirs);
}
END_TEST

static struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

START_TEST(hmac_sha256_is_that_of_rfc_4231)
{
	static const struct {
		const char *key, *text, *mac;
	} cases[] = {
		{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		 "\x0b\x0b\x0b",
			"Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cf"
			"f7"},
		{"Jefe", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec38"
			"43"},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		uint8_t mac[HASH_SHA256_BYTES];
		char hex[2 * HASH_SHA256_BYTES + 1];
		hash_hmac_sha256(str_of(cases[i].key), str_of(cases[i].text), mac);
		hash_hex(mac, sizeof mac, hex);
		ck_assert_str_eq(hex, cases[i].mac);
	}
}
END_TEST

UNIT_MAIN("hash", hmac_sha256_is_that_of_rfc_4231, no_draw_comes_twice,
	every_byte_is_filled, a_fork_draws_others)
