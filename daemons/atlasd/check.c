/* The places a start takes, looked at without taking them. */
#include "atlasd/check.h"

#include "atlasd/account.h"
#include "atlasd/listener.h"
#include "atlasd/neighbour.h"
#include "atlasd/occupant.h"
#include "base/log.h"
#include "base/logfile.h"

#include <string.h>

struct check {
	const struct config *config;
	const char *path;
	settings_fault_fn *fn;
	void *arg;
	unsigned n;
	struct neighbour neighbour; /* in our run_dir */
};

static void blame(struct check *k, enum setting_id id, const struct err *why)
{
	struct err e = {0};
	(void)config_blame(k->config, id, k->path, why->text, &e);
	k->fn(k->arg, &e);
	k->n++;
}

/* Whose run_dir it is already. Of one that serves a start would be refused too, but then it
 * is a reload that is about to come. */
static void check_neighbour(struct check *k)
{
	const char *run_dir = k->config->settings.run_dir;
	struct err why = {0};
	if (k->neighbour.state == NEIGHBOUR_ENDS)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"the Atlas that ran in %s is still ending: a start waits "
			"for it\"",
			run_dir);
	if (k->neighbour.state != NEIGHBOUR_MUTE)
		return;
	(void)err_set(&why,
		"the Atlas that runs in %s (pid %d) does not answer, and until it has "
		"ended a start is refused",
		run_dir, (int)k->neighbour.pid);
	blame(k, SETTING_server_run_dir, &why);
}

static void check_listen(struct check *k)
{
	const struct settings *s = &k->config->settings;
	for (uint32_t i = 0; i < s->listen.n; i++) {
		struct err why = {0};
		if (!listener_check(&s->listen, i, &k->neighbour.listen, &why))
			blame(k, SETTING_server_listen, &why);
	}
}

static void check_dir(
	struct check *k, const struct account *a, enum setting_id id, const char *dir)
{
	struct err why = {0};
	if (!account_check_dir(a, dir, &why))
		blame(k, id, &why);
}

static void check_ledger(struct check *k)
{
	struct err why = {0};
	if (!occupant_check(k->config->settings.data_dir, &k->neighbour, &why))
		blame(k, SETTING_server_data_dir, &why);
}

/* In a folder that the start itself makes, or hands over. */
static bool is_in(const char *file, const char *dir)
{
	size_t n = strlen(dir);
	return strncmp(file, dir, n) == 0 && file[n] == '/';
}

static void check_log_file(struct check *k)
{
	const struct settings *s = &k->config->settings;
	struct err why = {0};
	if (!is_in(s->log_file, s->data_dir) && !is_in(s->log_file, s->run_dir) &&
		!logfile_check(s->log_file, &why))
		blame(k, SETTING_server_log_file, &why);
}

unsigned check_start(
	const struct config *c, const char *path, settings_fault_fn *fn, void *arg)
{
	struct check k = {.config = c, .path = path, .fn = fn, .arg = arg};
	struct account account;
	struct err why = {0};
	if (!account_find(&account, c->settings.user, &why)) {
		blame(&k, SETTING_server_user, &why);
		return k.n; /* whose places are they? */
	}
	neighbour_ask(&k.neighbour, c->settings.run_dir);
	check_listen(&k);
	check_dir(&k, &account, SETTING_server_data_dir, c->settings.data_dir);
	check_ledger(&k);
	check_dir(&k, &account, SETTING_server_run_dir, c->settings.run_dir);
	check_neighbour(&k);
	if (account_become(&account, &why))
		check_log_file(&k);
	else
		blame(&k, SETTING_server_user, &why);
	return k.n;
}
