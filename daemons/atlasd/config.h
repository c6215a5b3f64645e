/*
 * The configuration as a whole: settings and model catalogue, read and checked together.
 * It is plain bytes without a pointer, so that a process that reads it on the master's
 * behalf can leave it in shared memory. Run by the master at start and with -t, and by
 * the checker it forks for a reload. No secret is in it.
 */
#ifndef ATLASD_CONFIG_H
#define ATLASD_CONFIG_H

#include "conf/keys.h"
#include "conf/settings.h"
#include "conf/tls_pair.h"
#include "segment/catalogue.h"

struct config {
	struct settings settings;
	struct settings_report report;
	struct catalogue catalogue;
};

/* Read everything that path names, the environment over it. False with a sentence that
 * begins PATH:LINE: or names the variable; c is then not to be used. */
bool config_load(struct config *c, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Read the certificate and the key that c names into p, which is apart because it is
 * secret. */
bool config_load_tls(const struct config *c, const char *path, struct tls_pair *p,
	struct err *e) ATTR_UNUSED_RESULT;

/* Read the key file that c names into ring, unless its key is from the environment. False
 * leaves the ring as it was. */
bool config_load_key(const struct config *c, const char *path, struct keyring *ring,
	struct err *e) ATTR_UNUSED_RESULT;

/* The same of a key that will not be kept: can it be used? Nothing is read where the key is
 * from the environment. */
bool config_check_key(const struct config *c, const char *path, bool is_from_env,
	struct err *e) ATTR_UNUSED_RESULT;

/* Everything at path that the above refuse, each fault told to fn; returns how many. Files
 * that a setting names are looked at once all settings are good. */
unsigned config_check(
	const char *path, bool is_key_from_env, settings_fault_fn *fn, void *arg);

/* Say that this setting is to blame, with its line in the file at path; false. */
bool config_blame(const struct config *c, enum setting_id id, const char *path,
	const char *why, struct err *e);

/* Does the environment hide what the file says of this setting? */
bool config_is_shadowed(const struct config *c, enum setting_id id);

/* Log every key that is. */
void config_log_shadowed(const struct config *c);

#endif
