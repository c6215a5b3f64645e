/* Making, finding and voiding client tokens. */
#include "atlasd/tokens.h"

#include "atlasd/master.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN_NAME "admin"

enum { TOKEN_MIN_CHARS = 24, PATH_BYTES = SETTINGS_TEXT_BYTES + 16 };

/* ---- the file of the first admin token -------------------------------------------- */

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] > 0x7e)
			return false;
	return s.n >= TOKEN_MIN_CHARS && s.n < TOKEN_BYTES;
}

static bool check_file(int fd, const char *path, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_sys(e, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(e, "%s is not a file of this user", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, "others may read %s (mode %04o); make it 0600", path,
			(unsigned)st.st_mode & 07777);
	return true;
}

static bool read_admin(struct admin_token *t, int fd, const char *path, struct err *e)
{
	char text[TOKEN_BYTES + 1];
	if (!check_file(fd, path, e))
		return false;
	ssize_t n = read(fd, text, sizeof text);
	struct str s = {text, n > 0 ? (size_t)n : 0};
	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	bool is_good = is_token(s);
	if (is_good)
		hash_sha256(s, t->hash);
	explicit_bzero(text, sizeof text);
	return is_good || err_set(e,
				  "%s holds no token: it must be one line of %d to %d "
				  "visible characters",
				  path, TOKEN_MIN_CHARS, TOKEN_BYTES - 1);
}

static bool write_whole(int fd, const char *text)
{
	char line[TOKEN_BYTES + 1];
	int n = snprintf(line, sizeof line, "%s\n", text);
	bool done = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
	explicit_bzero(line, sizeof line);
	return done;
}

static void sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* Under another name first, so that the file is whole or not there. */
static bool write_admin(
	const char *path, const char *data_dir, const char *text, struct err *e)
{
	char fresh[PATH_BYTES + 4];
	snprintf(fresh, sizeof fresh, "%s.new", path);
	(void)unlink(fresh);
	int fd =
		open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "cannot create %s", fresh);
	bool done = write_whole(fd, text) && link(fresh, path) == 0;
	if (!done)
		err_sys(e, "cannot write %s", path);
	close(fd);
	(void)unlink(fresh);
	sync_dir(data_dir);
	return done;
}

static bool make_admin(
	struct admin_token *t, const char *path, const char *data_dir, struct err *e)
{
	char text[TOKEN_BYTES];
	token_text(CLIENT_ADMIN, text);
	bool done = write_admin(path, data_dir, text, e);
	if (done) {
		hash_sha256((struct str){text, strlen(text)}, t->hash);
		printf("admin token: %s\n(kept in %s)\n", text, path);
		(void)fflush(stdout);
	}
	explicit_bzero(text, sizeof text);
	return done;
}

bool tokens_load_admin(struct admin_token *t, const char *data_dir, struct err *e)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/admin-token", data_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return make_admin(t, path, data_dir, e);
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	bool done = read_admin(t, fd, path, e);
	close(fd);
	return done;
}

/* ---- facts ------------------------------------------------------------------------ */

void tokens_push_admin(struct master *m)
{
	static const struct str name = STR(ADMIN_NAME);
	struct fact_token fact = {0};
	fact_begin(&fact.head, FACT_TOKEN, sizeof fact, m->now_ms);
	hash_random(&fact.client_id, sizeof fact.client_id);
	fact.role = CLIENT_ADMIN;
	/* it is shown already, or put there by hand: it must hold */
	fact.yields_name = 1;
	memcpy(fact.name, name.p, name.n);
	memcpy(fact.hash, m->admin.hash, sizeof fact.hash);
	must(master_tell_record(m, &fact.head)); /* the lane is empty still */
}

static bool tell(struct master *m, const struct fact_head *fact, const char *what,
	struct token_wait *w, struct err *e)
{
	struct facts f;
	if (!master_tell_record(m, fact))
		return err_set(e, "record is behind and takes nothing now; try again");
	must(segment_facts(&m->segment, SLOT_MASTER, &f));
	token_wait_for(w, &m->segment.clients, fact, facts_position(&f));
	log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "%s=%016" PRIx64, what, w->id);
	master_note(m, EVENT_TOKEN_CHANGED, w->id);
	return true;
}

bool tokens_create(struct master *m, const struct token_order *o,
	char text[static TOKEN_BYTES], struct token_wait *w, struct err *e)
{
	struct fact_token fact;
	if (!token_check_new(&m->segment.clients, o->name, e))
		return false;
	token_make(o, &fact, text);
	if (tell(m, &fact.head, "created", w, e))
		return true;
	explicit_bzero(text, TOKEN_BYTES);
	return false;
}

bool tokens_revoke(
	struct master *m, struct str which, struct token_wait *w, struct err *e)
{
	const struct client *entry = token_find_live(&m->segment.clients, which, e);
	if (entry == NULL)
		return false;
	struct fact_token_revoke fact = {.client_id = entry->id};
	fact_begin(&fact.head, FACT_TOKEN_REVOKE, sizeof fact, m->now_ms);
	return tell(m, &fact.head, "revoked", w, e);
}

bool tokens_update(struct master *m, struct str which,
	const struct token_change *change, struct token_wait *w, struct err *e)
{
	const struct client *entry = token_find_live(&m->segment.clients, which, e);
	if (entry == NULL)
		return false;
	struct fact_token_limits fact = {
		.client_id = entry->id, .set = change->set, .limits = change->limits};
	fact_begin(&fact.head, FACT_TOKEN_LIMITS, sizeof fact, m->now_ms);
	return tell(m, &fact.head, "changed", w, e);
}

enum token_outcome tokens_look(const struct master *m, const struct token_wait *w)
{
	struct facts f;
	must(segment_facts(&m->segment, SLOT_MASTER, &f));
	return token_look(&m->segment.clients, w, facts_committed(&f));
}
