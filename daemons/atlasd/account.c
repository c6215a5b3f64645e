/* From root to the service's own account. */
#include "atlasd/account.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_USER "atlas"

static bool stay(const char *user, struct err *e)
{
	const struct passwd *own = getpwuid(geteuid());
	if (user[0] == '\0' || (own != NULL && strcmp(own->pw_name, user) == 0))
		return true;
	return err_set(e, "for %s atlasd must be started as root", user);
}

bool account_find(struct account *a, const char *user, struct err *e)
{
	*a = (struct account){0};
	if (geteuid() != 0)
		return stay(user, e);
	const struct passwd *pw = getpwnam(user[0] != '\0' ? user : DEFAULT_USER);
	if (pw == NULL && user[0] != '\0')
		return err_set(e, "there is no account %s", user);
	if (pw == NULL || pw->pw_uid == 0) {
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"running as root: there is no account " DEFAULT_USER
			" and [server] user names no other\"");
		return true;
	}
	a->is_other = true;
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	snprintf(a->name, sizeof a->name, "%s", pw->pw_name);
	return true;
}

bool account_hand_over(const struct account *a, int fd, struct err *e)
{
	struct stat st;
	if (!a->is_other)
		return true;
	if (fstat(fd, &st) == 0 && (st.st_uid != 0 || fchown(fd, a->uid, a->gid) == 0))
		return true;
	return err_sys(e, "cannot hand a file to %s", a->name);
}

static bool hand_over_entries(const struct account *a, int dir_fd);

/* Only what a start as root can have made: no link leads elsewhere from here. */
static bool hand_over_entry(const struct account *a, int dir_fd, const char *name)
{
	struct stat st;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	bool is_file =
		(S_ISREG(st.st_mode) && st.st_nlink == 1) || S_ISSOCK(st.st_mode);
	if (st.st_uid != 0 || (!is_file && !S_ISDIR(st.st_mode)))
		return true;
	if (S_ISDIR(st.st_mode)) {
		int fd = openat(
			dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || !hand_over_entries(a, fd)) /* closes it */
			return false;
	}
	return fchownat(dir_fd, name, a->uid, a->gid, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Closes the descriptor. */
static bool hand_over_entries(const struct account *a, int dir_fd)
{
	DIR *dir = fdopendir(dir_fd);
	bool done = dir != NULL;
	if (dir == NULL) {
		close(dir_fd);
		return false;
	}
	const struct dirent *entry;
	while (done && (entry = readdir(dir)) != NULL)
		done = strcmp(entry->d_name, ".") == 0 ||
		       strcmp(entry->d_name, "..") == 0 ||
		       hand_over_entry(a, dirfd(dir), entry->d_name);
	closedir(dir);
	return done;
}

/* An earlier start may have been root's for good: what it has left is ours too. The
 * directory itself comes last, so until then nobody else can put anything into it. */
static bool hand_over_content(
	const struct account *a, const char *path, int fd, struct err *e)
{
	struct stat st;
	if (!a->is_other || (fstat(fd, &st) == 0 && st.st_uid != 0))
		return true;
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again >= 0 && hand_over_entries(a, again))
		return true;
	return err_sys(e, "cannot hand the files in %s to %s", path, a->name);
}

/* owner: whose it is, or will be. */
static bool is_private(
	const char *path, const struct stat *st, uid_t owner, struct err *e)
{
	if (st->st_uid != owner)
		return err_set(e, "%s belongs to uid %u, not to uid %u", path,
			(unsigned)st->st_uid, (unsigned)owner);
	if ((st->st_mode & 022) != 0)
		return err_set(e, "others may write to %s (mode %04o); make it 0700",
			path, (unsigned)st->st_mode & 07777);
	return true;
}

static uid_t owner_of(const struct account *a)
{
	return a->is_other ? a->uid : geteuid();
}

static bool check_dir(const struct account *a, const char *path, int fd, struct err *e)
{
	struct stat st;
	if (!hand_over_content(a, path, fd, e) || !account_hand_over(a, fd, e) ||
		fstat(fd, &st) != 0)
		return err_sys(e, "cannot look at %s", path);
	return is_private(path, &st, owner_of(a), e);
}

bool account_make_dir(
	const struct account *a, const char *path, bool *is_made, struct err *e)
{
	*is_made = mkdir(path, 0700) == 0;
	if (!*is_made && errno != EEXIST)
		return err_sys(e, "cannot make %s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	bool done = check_dir(a, path, fd, e);
	close(fd);
	return done;
}

/* By who we are now: mkdir() would be called before we become the account. */
static bool can_make(const char *path, struct err *e)
{
	char parent[PATH_MAX];
	snprintf(parent, sizeof parent, "%s", path);
	if (faccessat(AT_FDCWD, dirname(parent), W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	return err_sys(e, "cannot make %s", path);
}

bool account_check_dir(const struct account *a, const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? can_make(path, e)
				       : err_sys(e, "cannot open %s", path);
	bool is_seen = fstat(fd, &st) == 0 && faccessat(fd, "", R_OK | W_OK | X_OK,
						      AT_EACCESS | AT_EMPTY_PATH) == 0;
	int why = errno;
	close(fd);
	errno = why;
	if (!is_seen)
		return err_sys(e, "cannot write to %s", path);
	uid_t owner = a->is_other && st.st_uid == 0 ? 0 : owner_of(a);
	if (a->is_other && (st.st_mode & 0700) != 0700)
		return err_set(e, "%s cannot write to %s (mode %04o)", a->name, path,
			(unsigned)st.st_mode & 07777);
	return is_private(path, &st, owner, e);
}

static bool is_nobody_else(const struct account *a)
{
	uid_t uid[3];
	gid_t gid[3];
	must(getresuid(&uid[0], &uid[1], &uid[2]) == 0 &&
		getresgid(&gid[0], &gid[1], &gid[2]) == 0);
	for (int i = 0; i < 3; i++)
		if (uid[i] != a->uid || gid[i] != a->gid)
			return false;
	return true;
}

bool account_become(const struct account *a, struct err *e)
{
	if (!a->is_other)
		return true;
	if (initgroups(a->name, a->gid) != 0 ||
		setresgid(a->gid, a->gid, a->gid) != 0 ||
		setresuid(a->uid, a->uid, a->uid) != 0)
		return err_sys(e, "cannot become %s", a->name);
	must(is_nobody_else(a) && setresuid(0, 0, 0) != 0 && setegid(0) != 0);
	return true;
}
