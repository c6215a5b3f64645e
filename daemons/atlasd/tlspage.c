/* The page with certificate and key. */
#include "atlasd/tlspage.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPIRY_WARNING_MS (UINT64_C(14) * 24 * 3600 * 1000)

/* What we map is ours alone, whoever we fork. */
static void *map_private(size_t n, int flags, int fd)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, n, MADV_DONTFORK) != 0 || madvise(p, n, MADV_DONTDUMP) != 0) {
		(void)munmap(p, n);
		return NULL;
	}
	if (mlock(p, n) != 0)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"the TLS key may be swapped out: mlock: %s\"",
			strerror(errno));
	return p;
}

bool tlspage_open(struct tlspage *t, struct err *e)
{
	size_t n = page_size_bytes(sizeof(struct tls_pair));
	int seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;
	t->fd = memfd_create("atlas-tls", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (t->fd < 0 || ftruncate(t->fd, (off_t)n) != 0)
		return err_sys(e, "no memory for certificate and key");
	t->page = map_private(n, MAP_SHARED, t->fd);
	t->draft = map_private(sizeof *t->draft, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (t->page == NULL || t->draft == NULL ||
		fcntl(t->fd, F_ADD_SEALS, seals) != 0)
		return err_sys(e, "the kernel does not protect certificate and key");
	page_init(t->page, sizeof *t->draft);
	return true;
}

static void log_end(uint64_t ends_ms, uint64_t now_ms)
{
	char when[CLOCK_RFC3339_BYTES];
	clock_rfc3339(ends_ms, when);
	if (ends_ms <= now_ms)
		log_event(LOG_WARN, EVENT_CERTIFICATE,
			"ended=%s text=\"clients will refuse it\"", when);
	else if (ends_ms - now_ms < EXPIRY_WARNING_MS)
		log_event(LOG_WARN, EVENT_CERTIFICATE, "ends=%s text=\"renew it soon\"",
			when);
	else
		log_event(LOG_INFO, EVENT_CERTIFICATE, "ends=%s", when);
}

void tlspage_publish(struct tlspage *t, uint64_t now_ms)
{
	(void)page_publish(t->page, t->draft, sizeof *t->draft);
	if (t->draft->n_certificate > 0)
		log_end(tls_pair_ends_ms(t->draft), now_ms);
}

bool tlspage_replace(struct tlspage *t, const struct tls_pair *pair, uint64_t now_ms)
{
	if (memcmp(t->draft, pair, sizeof *pair) == 0)
		return false;
	memcpy(t->draft, pair, sizeof *pair);
	tlspage_publish(t, now_ms);
	return true;
}
