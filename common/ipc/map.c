/*
 * The map: one file of shared memory. The master makes it, atlasctl opens it read-only;
 * it is the only place that creates the segment's file. It never follows a link, never
 * opens what is not a regular file of this user, and hands out no address unchecked.
 */
#include "ipc/map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Maps what m->fd names and gives up the descriptor when that fails. */
static bool map_fd(struct map *m, const char *path, int prot, struct err *e)
{
	void *base = mmap(NULL, m->size_bytes, prot, MAP_SHARED, m->fd, 0);
	if (base != MAP_FAILED) {
		m->base = base;
		return true;
	}
	err_sys(e, "cannot map %s (%ju bytes)", path, (uintmax_t)m->size_bytes);
	close(m->fd);
	return false;
}

/* A new empty file of exactly mode 0600, whatever the umask and whatever a predecessor
 * killed half-way has left at that name. */
static int create_file(const char *path, uint64_t size_bytes, struct err *e)
{
	if (unlink(path) != 0 && errno != ENOENT) {
		err_sys(e, "cannot remove the old %s", path);
		return -1;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_sys(e, "cannot create %s", path);
		return -1;
	}
	if (fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)size_bytes) == 0)
		return fd;
	err_sys(e, "cannot size %s to %ju bytes", path, (uintmax_t)size_bytes);
	close(fd);
	unlink(path);
	return -1;
}

bool map_create(struct map *m, const char *path, uint64_t size_bytes, struct err *e)
{
	*m = (struct map){0};
	char fresh[PATH_MAX];
	int n = snprintf(fresh, sizeof fresh, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof fresh)
		return err_set(e, "the path of the segment is too long");
	if (size_bytes == 0 || size_bytes > INT64_MAX)
		return err_set(
			e, "%s cannot be of %ju bytes", path, (uintmax_t)size_bytes);
	struct map made = {.size_bytes = size_bytes};
	made.fd = create_file(fresh, size_bytes, e);
	if (made.fd < 0)
		return false;
	if (!map_fd(&made, fresh, PROT_READ | PROT_WRITE, e)) {
		unlink(fresh);
		return false;
	}
	if (rename(fresh, path) != 0) {
		err_sys(e, "cannot rename %s to %s", fresh, path);
		unlink(fresh);
		map_close(&made);
		return false;
	}
	*m = made;
	return true;
}

static bool is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_size > 0;
}

bool map_open_readonly(struct map *m, const char *path, struct err *e)
{
	*m = (struct map){0};
	/* O_NONBLOCK: opening a fifo that stands there must not wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	struct stat st;
	if (fstat(fd, &st) != 0 || !is_ours(&st)) {
		close(fd);
		return err_set(e, "%s is not a segment of this user", path);
	}
	struct map made = {.size_bytes = (uint64_t)st.st_size, .fd = fd};
	if (!map_fd(&made, path, PROT_READ, e))
		return false;
	*m = made;
	return true;
}

void map_close(struct map *m)
{
	if (m->base != NULL) {
		munmap(m->base, m->size_bytes);
		close(m->fd);
	}
	*m = (struct map){0};
}

void *map_at(const struct map *m, uint64_t offset, uint64_t size, uint64_t align)
{
	must(align > 0 && (align & (align - 1)) == 0);
	if (offset > m->size_bytes || size > m->size_bytes - offset)
		return NULL;
	if ((offset & (align - 1)) != 0)
		return NULL;
	return m->base + offset;
}

bool map_punch(const struct map *m, uint64_t offset, uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (offset > m->size_bytes || size > m->size_bytes - offset)
		return false;
	uint64_t end = (offset + size) / page * page;
	uint64_t start = (offset + page - 1) / page * page;
	if (start >= end)
		return true;
	return fallocate(m->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       (off_t)start, (off_t)(end - start)) == 0;
}
