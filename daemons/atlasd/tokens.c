/* Making, finding and voiding client tokens. */
#include "atlasd/tokens.h"

#include "atlasd/master.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN_NAME "admin"

enum { SECRET_BYTES = 32, TOKEN_MIN_CHARS = 24, PATH_BYTES = SETTINGS_TEXT_BYTES + 16 };

static void make_token(enum client_role role, char text[static TOKEN_BYTES])
{
	uint8_t secret[SECRET_BYTES];
	char hex[2 * SECRET_BYTES + 1];
	hash_random(secret, sizeof secret);
	hash_hex(secret, sizeof secret, hex);
	snprintf(text, TOKEN_BYTES, "atlas-%s-%s", client_role_name(role), hex);
	explicit_bzero(secret, sizeof secret);
	explicit_bzero(hex, sizeof hex);
}

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
	make_token(CLIENT_ADMIN, text);
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

static struct fact_token new_fact(
	const struct master *m, enum client_role role, struct str name)
{
	struct fact_token fact = {0};
	fact_begin(&fact.head, FACT_TOKEN, sizeof fact, m->now_ms);
	hash_random(&fact.client_id, sizeof fact.client_id);
	fact.role = (uint8_t)role;
	must(name.n < sizeof fact.name);
	memcpy(fact.name, name.p, name.n);
	return fact;
}

void tokens_push_admin(struct master *m)
{
	struct fact_token fact = new_fact(m, CLIENT_ADMIN, STR(ADMIN_NAME));
	memcpy(fact.hash, m->admin.hash, sizeof fact.hash);
	must(master_tell_record(m, &fact.head)); /* the lane is empty still */
}

static uint64_t lane_position(const struct master *m)
{
	struct facts f;
	must(segment_facts(&m->segment, SLOT_MASTER, &f));
	return facts_position(&f);
}

static bool is_committed(const struct master *m, uint64_t position)
{
	struct facts f;
	must(segment_facts(&m->segment, SLOT_MASTER, &f));
	return facts_committed(&f) >= position;
}

/* ---- creating --------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._@+", c) != NULL);
}

static bool check_name(struct str name, struct err *e)
{
	bool is_good = name.n > 0 && name.n < CLIENT_NAME_BYTES;
	for (size_t i = 0; i < name.n && is_good; i++)
		is_good = is_name_char(name.p[i]);
	return is_good || err_set(e, "a name is 1 to %d letters, digits and - . _ @ +",
				  CLIENT_NAME_BYTES - 1);
}

static bool has_name(const struct client *entry, struct str name)
{
	return strnlen(entry->name, sizeof entry->name) == name.n &&
	       memcmp(entry->name, name.p, name.n) == 0;
}

/* A revoked token's name is free again, so one that holds goes first. */
static const struct client *find_by_name(const struct clients *c, struct str name)
{
	const struct client *revoked = NULL;
	for (uint32_t ix = 0; ix < clients_count(c); ix++) {
		const struct client *entry = clients_at(c, ix);
		if (entry == NULL || !has_name(entry, name))
			continue;
		if (!client_is_revoked(entry))
			return entry;
		revoked = entry;
	}
	return revoked;
}

static bool check_room(const struct clients *c, struct str name, struct err *e)
{
	if (!clients_is_published(c))
		return err_set(e, "record is not ready yet; try again");
	if (clients_count(c) >= c->max)
		return err_set(e,
			"there is no room for another token: [server] max_clients is "
			"%u, revoked ones included",
			c->max);
	const struct client *entry = find_by_name(c, name);
	if (entry != NULL && !client_is_revoked(entry))
		return err_set(e, "a token named " STR_FMT " exists", STR_ARG(name));
	return true;
}

bool tokens_create(struct master *m, enum client_role role, struct str name,
	char text[static TOKEN_BYTES], struct token_wait *w, struct err *e)
{
	if (!check_name(name, e) || !check_room(&m->segment.clients, name, e))
		return false;
	make_token(role, text);
	struct fact_token fact = new_fact(m, role, name);
	hash_sha256((struct str){text, strlen(text)}, fact.hash);
	if (!master_tell_record(m, &fact.head)) {
		explicit_bzero(text, TOKEN_BYTES);
		return err_set(e, "record is behind and takes nothing now; try again");
	}
	w->position = lane_position(m);
	w->id = fact.client_id;
	memcpy(w->hash, fact.hash, sizeof w->hash);
	log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "created=%016" PRIx64 " role=%s",
		fact.client_id, client_role_name(role));
	master_note(m, EVENT_TOKEN_CHANGED, fact.client_id);
	return true;
}

bool tokens_is_created(const struct master *m, const struct token_wait *w)
{
	return is_committed(m, w->position) &&
	       clients_find(&m->segment.clients, w->hash) != NULL;
}

/* ---- revoking --------------------------------------------------------------------- */

static const struct client *find_client(const struct clients *c, struct str which)
{
	uint64_t id;
	const struct client *entry = NULL;
	if (which.n == 16 && num_parse_hex(which, &id))
		entry = clients_by_id(c, id);
	return entry != NULL ? entry : find_by_name(c, which);
}

bool tokens_revoke(struct master *m, struct str which, uint32_t *ix, struct err *e)
{
	struct clients *c = &m->segment.clients;
	const struct client *entry = find_client(c, which);
	if (entry == NULL)
		return err_set(e, "no token has the id or name " STR_FMT,
			(int)MIN(which.n, 64), which.p);
	if (client_is_revoked(entry))
		return err_set(e, "it is revoked already");
	struct fact_token_revoke fact = {.client_id = entry->id};
	fact_begin(&fact.head, FACT_TOKEN_REVOKE, sizeof fact, m->now_ms);
	if (!master_tell_record(m, &fact.head))
		return err_set(e, "record is behind and takes nothing now; try again");
	*ix = clients_index_of(c, entry);
	log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "revoked=%016" PRIx64, entry->id);
	master_note(m, EVENT_TOKEN_CHANGED, entry->id);
	return true;
}

bool tokens_is_revoked(const struct master *m, uint32_t ix)
{
	const struct client *entry = clients_at(&m->segment.clients, ix);
	return entry != NULL && client_is_revoked(entry);
}
