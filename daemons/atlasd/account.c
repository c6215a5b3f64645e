/* From root to the service's own account. */
#include "atlasd/account.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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
	return err_set(
		e, "[server] user = %s needs atlasd to be started as root", user);
}

bool account_find(struct account *a, const char *user, struct err *e)
{
	*a = (struct account){0};
	if (geteuid() != 0)
		return stay(user, e);
	const struct passwd *pw = getpwnam(user[0] != '\0' ? user : DEFAULT_USER);
	if (pw == NULL && user[0] != '\0')
		return err_set(e, "[server] user = %s: there is no such account", user);
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

static bool check_dir(const struct account *a, const char *path, int fd, struct err *e)
{
	struct stat st;
	uid_t owner = a->is_other ? a->uid : geteuid();
	if (!account_hand_over(a, fd, e) || fstat(fd, &st) != 0)
		return err_sys(e, "cannot look at %s", path);
	if (st.st_uid != owner)
		return err_set(e, "%s belongs to uid %u, not to uid %u", path,
			(unsigned)st.st_uid, (unsigned)owner);
	if ((st.st_mode & 022) != 0)
		return err_set(e, "others may write to %s (mode %04o); make it 0700",
			path, (unsigned)st.st_mode & 07777);
	return true;
}

bool account_make_dir(const struct account *a, const char *path, struct err *e)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_sys(e, "cannot make %s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	bool done = check_dir(a, path, fd, e);
	close(fd);
	return done;
}

bool account_become(const struct account *a, struct err *e)
{
	if (!a->is_other)
		return true;
	if (initgroups(a->name, a->gid) != 0 || setgid(a->gid) != 0 ||
		setuid(a->uid) != 0)
		return err_sys(e, "cannot become %s", a->name);
	must(setuid(0) != 0);
	return true;
}
