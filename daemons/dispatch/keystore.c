/* Keys from the master. */
#include "dispatch/keystore.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RINGS = 2 };

static struct keyring *map_rings(void)
{
	size_t n = RINGS * sizeof(struct keyring);
	void *pages = mmap(
		NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(pages != MAP_FAILED);
	(void)mlock(pages, n); /* a limit of 0 is no reason to stop */
	(void)madvise(pages, n, MADV_DONTDUMP);
	(void)madvise(pages, n, MADV_WIPEONFORK);
	return pages;
}

/* A message is a whole ring; nothing, or the end, once the master is gone. */
static bool receive_one(int fd, struct keyring *ring)
{
	ssize_t n;
	do
		n = recv(fd, ring, sizeof *ring, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *ring && ring->n <= KEYS_MAX;
}

bool keystore_receive(struct keystore *k)
{
	struct keyring *next = k->ring + 1;
	bool is_any = false;
	while (receive_one(k->fd, next)) {
		*k->ring = *next;
		is_any = true;
	}
	explicit_bzero(next, sizeof *next);
	return is_any;
}

bool keystore_open(struct keystore *k, int fd)
{
	*k = (struct keystore){map_rings(), fd};
	return keystore_receive(k);
}

void keystore_close(struct keystore *k)
{
	size_t n = RINGS * sizeof *k->ring;
	explicit_bzero(k->ring, n);
	munmap(k->ring, n);
	close(k->fd);
}
