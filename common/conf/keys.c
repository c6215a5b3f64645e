/* Upstream keys from the environment or a file into the caller's page. */
#include "conf/keys.h"

#include "base/hash.h"
#include "conf/env.h"
#include "conf/origin.h"
#include "conf/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENV_NAME     "OPENAI_API_KEY"
#define DEFAULT_NAME "default"
#define SECRET_FORM  "1 to %d visible ASCII characters"
#define SECRET_MAX   (KEYS_SECRET_BYTES - 1)

/* A key goes into a header: anything else could add a line to the request. */
static bool is_secret(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] > 0x7e)
			return false;
	return s.n > 0 && s.n <= SECRET_MAX;
}

static void put(
	struct keyring *ring, const char *name, struct str secret, bool is_from_env)
{
	uint8_t sum[HASH_SHA256_BYTES];
	struct key *k = keys_find(ring, name);
	if (k == NULL) {
		must(ring->n < KEYS_MAX);
		k = &ring->key[ring->n++];
	}
	explicit_bzero(k, sizeof *k);
	snprintf(k->name, sizeof k->name, "%s", name);
	memcpy(k->secret, secret.p, secret.n);
	k->is_from_env = is_from_env;
	hash_sha256(secret, sum);
	hash_hex(sum, (KEYS_ID_BYTES - 1) / 2, k->id);
}

static void drop(struct keyring *ring, const char *name)
{
	struct key *k = keys_find(ring, name);
	if (k == NULL)
		return;
	*k = ring->key[--ring->n];
	explicit_bzero(&ring->key[ring->n], sizeof *k);
}

static bool check_file(int fd, const struct origin *o, struct err *e)
{
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return origin_error(o, e, "cannot be opened: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return origin_error(o, e, "is not a regular file");
	if ((st.st_mode & 077) != 0)
		return origin_error(o, e,
			"others may read this key file (mode %04o), accepted: "
			"0600, 0400",
			(unsigned)st.st_mode & 07777);
	return true;
}

static bool read_secret(
	struct keyring *ring, int fd, const struct origin *o, struct err *e)
{
	char text[KEYS_SECRET_BYTES + 2]; /* "\r\n" */
	ssize_t got = slurp_fd(fd, text, sizeof text);
	if (got < 0 && errno != EFBIG)
		return origin_error(o, e, "cannot be read: %s", strerror(errno));
	struct str secret = {text, got > 0 ? (size_t)got : 0};
	if (secret.n > 0 && text[secret.n - 1] == '\n')
		secret.n--;
	if (secret.n > 0 && text[secret.n - 1] == '\r')
		secret.n--;
	bool is_good = is_secret(secret);
	if (is_good)
		put(ring, DEFAULT_NAME, secret, false);
	explicit_bzero(text, sizeof text);
	if (is_good)
		return true;
	return origin_error(
		o, e, "holds no key, accepted: one line of " SECRET_FORM, SECRET_MAX);
}

void keys_init(struct keyring *ring)
{
	explicit_bzero(ring, sizeof *ring);
}

bool keys_take_env(struct keyring *ring, char *const env[], struct err *e)
{
	bool is_good = true;
	char *text;
	/* the variable may stand there twice; env_find() no longer sees a wiped one */
	for (bool is_first = true; (text = env_find(env, ENV_NAME)); is_first = false) {
		struct str secret = {text, strlen(text)};
		if (is_first && is_secret(secret))
			put(ring, DEFAULT_NAME, secret, true);
		else if (is_first)
			is_good = false;
		explicit_bzero(text, secret.n);
	}
	if (is_good)
		return true;
	return err_set(e, ENV_NAME " is no key, accepted: " SECRET_FORM, SECRET_MAX);
}

bool keys_read_file(struct keyring *ring, const char *path, struct err *e)
{
	const struct key *k = keys_find(ring, DEFAULT_NAME);
	if (k != NULL && k->is_from_env)
		return true;
	if (path[0] == '\0') {
		drop(ring, DEFAULT_NAME);
		return true;
	}
	struct origin o = {.path = path};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool done = check_file(fd, &o, e) && read_secret(ring, fd, &o, e);
	if (fd >= 0)
		close(fd);
	return done;
}

struct key *keys_find(struct keyring *ring, const char *name)
{
	for (uint32_t i = 0; i < ring->n; i++)
		if (strcmp(ring->key[i].name, name) == 0)
			return &ring->key[i];
	return NULL;
}
