/* Settings and catalogue, read together. */
#include "atlasd/config.h"

#include "base/log.h"
#include "conf/models.h"
#include "conf/origin.h"
#include "conf/slurp.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CATALOGUE_NAME "models.json"

/* "DIRECTORY OF path" "/" name, or name alone. */
static void beside(const char *path, const char *name, char out[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int n = slash != NULL ? (int)(slash - path) + 1 : 0;
	snprintf(out, PATH_MAX, "%.*s%s", n, path, name);
}

/* Beside the configuration file; else where it is seen from the program: in a source tree
 * from build/, installed from sbin/. */
static void find_catalogue(
	const struct settings *s, const char *path, char out[static PATH_MAX])
{
	static const char *const places[] = {
		"../etc/" CATALOGUE_NAME, "../share/atlas/" CATALOGUE_NAME};
	char program[PATH_MAX], other[PATH_MAX];
	if (s->models_file[0] != '\0') {
		snprintf(out, PATH_MAX, "%s", s->models_file);
		return;
	}
	beside(path, CATALOGUE_NAME, out);
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0 || access(out, F_OK) == 0)
		return;
	program[n] = '\0';
	for (size_t i = 0; i < N_ELEMENTS(places); i++) {
		beside(program, places[i], other);
		if (access(other, F_OK) != 0)
			continue;
		memcpy(out, other, PATH_MAX);
		return;
	}
}

bool config_blame(const struct config *c, enum setting_id id, const char *path,
	const char *why, struct err *e)
{
	const struct setting *st = settings_get(id);
	struct origin o = {.path = path, .line = c->report.line[id]};
	return origin_error(&o, e, "[%s] %s: %s", st->section, st->key, why);
}

static bool load_catalogue(struct config *c, const char *path, struct err *e)
{
	char file[PATH_MAX];
	struct str text;
	struct err why = {0};
	find_catalogue(&c->settings, path, file);
	if (!slurp_file(file, sizeof c->catalogue.text, &text, &why))
		return config_blame(c, SETTING_server_models_file, path, why.text, e);
	struct models *models = models_parse(text, file, e);
	if (models != NULL) {
		c->catalogue.n_bytes = text.n;
		memcpy(c->catalogue.text, text.p, text.n);
	}
	bool done = models != NULL;
	models_free(models);
	slurp_free(&text);
	return done;
}

/* The fronts read it; here is only seen whether they will find it. */
static bool check_web_dir(const struct config *c, const char *path, struct err *e)
{
	struct stat st;
	const char *dir = c->settings.web_dir;
	if (dir[0] == '\0' || (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)))
		return true;
	return config_blame(
		c, SETTING_server_web_dir, path, "there is no such folder", e);
}

bool config_load(struct config *c, const char *path, struct err *e)
{
	memset(c, 0, sizeof *c);
	return settings_load(&c->settings, path, environ, &c->report, e) &&
	       load_catalogue(c, path, e) && check_web_dir(c, path, e);
}

bool config_load_tls(
	const struct config *c, const char *path, struct tls_pair *p, struct err *e)
{
	struct err why = {0};
	if (!tls_pair_read_certificate(p, c->settings.tls_certificate, &why))
		return config_blame(
			c, SETTING_server_tls_certificate, path, why.text, e);
	if (!tls_pair_read_key(p, c->settings.tls_key, &why))
		return config_blame(c, SETTING_server_tls_key, path, why.text, e);
	return true;
}

bool config_load_key(
	const struct config *c, const char *path, struct keyring *ring, struct err *e)
{
	struct err why = {0};
	return keys_read_file(ring, c->settings.api_key_file, &why) ||
	       config_blame(c, SETTING_openai_api_key_file, path, why.text, e);
}

bool config_check_key(
	const struct config *c, const char *path, bool is_from_env, struct err *e)
{
	struct keyring ring;
	keys_init(&ring);
	bool done = is_from_env || config_load_key(c, path, &ring, e);
	keys_init(&ring);
	return done;
}

/* What settings name, to be read into memory that is wiped and given back. */
struct scratch {
	struct config config;
	struct tls_pair tls;
};

static unsigned check_files(struct scratch *s, const char *path, bool is_key_from_env,
	settings_fault_fn *fn, void *arg)
{
	struct config *c = &s->config;
	struct err e[4] = {0};
	unsigned n = 0;
	if (!settings_load(&c->settings, path, environ, &c->report, &e[0])) {
		fn(arg, &e[0]); /* it has changed since */
		return 1;
	}
	bool is_good[N_ELEMENTS(e)] = {load_catalogue(c, path, &e[0]),
		check_web_dir(c, path, &e[1]), config_load_tls(c, path, &s->tls, &e[2]),
		config_check_key(c, path, is_key_from_env, &e[3])};
	for (size_t i = 0; i < N_ELEMENTS(e); i++) {
		if (is_good[i])
			continue;
		fn(arg, &e[i]);
		n++;
	}
	return n;
}

unsigned config_check(
	const char *path, bool is_key_from_env, settings_fault_fn *fn, void *arg)
{
	unsigned n = settings_check(path, environ, fn, arg);
	if (n > 0)
		return n;
	struct scratch *s = calloc(1, sizeof *s);
	must(s != NULL);
	n = check_files(s, path, is_key_from_env, fn, arg);
	explicit_bzero(s, sizeof *s);
	free(s);
	return n;
}

bool config_is_shadowed(const struct config *c, enum setting_id id)
{
	return c->report.source[id] == SETTINGS_FROM_ENV && c->report.line[id] != 0;
}

void config_log_shadowed(const struct config *c)
{
	for (enum setting_id id = 0; id < SETTING_N; id++) {
		const struct setting *st = settings_get(id);
		if (config_is_shadowed(c, id))
			log_event(LOG_WARN, EVENT_CONFIG_SHADOWED,
				"key=%s.%s line=%u environment=%s", st->section,
				st->key, c->report.line[id], st->env);
	}
}
