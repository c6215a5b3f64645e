/* The page with the upstream keys. */
#include "atlasd/keypage.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

/* A pipe takes so much in one write, so handing down never waits for a reader. */
_Static_assert(sizeof(struct keyring) <= PIPE_BUF, "one atomic write");

bool keypage_open(struct keypage *k, struct err *e)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return err_sys(e, "no page for the keys");
	if (madvise(page, PAGE_BYTES, MADV_WIPEONFORK) != 0 ||
		madvise(page, PAGE_BYTES, MADV_DONTDUMP) != 0)
		return err_sys(e, "the kernel does not protect the page for the keys");
	if (mlock(page, PAGE_BYTES) != 0)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"the keys may be swapped out: mlock: %s\"",
			strerror(errno));
	k->ring = page;
	keys_init(k->ring);
	return keys_take_env(k->ring, environ, e);
}

bool keypage_read_file(struct keypage *k, const char *path, struct err *e)
{
	return keys_read_file(k->ring, path, e);
}

bool keypage_is_from_env(const struct keypage *k)
{
	return k->ring->n > 0 && k->ring->key[0].is_from_env;
}

int keypage_hand_down(const struct keypage *k)
{
	int fd[2];
	if (pipe2(fd, O_CLOEXEC) != 0)
		return -1;
	ssize_t put = write(fd[1], k->ring, sizeof *k->ring);
	int saved = errno;
	close(fd[1]);
	if (put == (ssize_t)sizeof *k->ring)
		return fd[0];
	close(fd[0]);
	errno = saved;
	return -1;
}
