/* The page with the upstream keys. */
#include "atlasd/keypage.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

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

bool keypage_is_from_env(const struct keypage *k)
{
	return k->ring->n > 0 && k->ring->key[0].is_from_env;
}

bool keypage_send(const struct keypage *k, int fd)
{
	ssize_t put = send(fd, k->ring, sizeof *k->ring, MSG_DONTWAIT | MSG_NOSIGNAL);
	return put == (ssize_t)sizeof *k->ring;
}

bool keypage_hand_down(const struct keypage *k, int pair[static 2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	if (keypage_send(k, pair[0]))
		return true;
	int saved = errno;
	close(pair[0]);
	close(pair[1]);
	errno = saved;
	return false;
}
