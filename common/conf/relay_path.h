/*
 * Paths of the upstream that Atlas passes on unread, as [server] relay_paths has them:
 *
 *	/v1/moderations:chat	this path, for chat tokens too
 *	/v1/files/ and a star	all below /v1/files/, for admin tokens only
 *
 *	enum relay_role role;
 *	if (relay_path_find(&settings.relay_paths, path, &role))
 *		... pass it on
 *
 * Pure. Entries of the list have been checked when the settings were read.
 */
#ifndef CONF_RELAY_PATH_H
#define CONF_RELAY_PATH_H

#include "conf/settings.h"

enum relay_role { RELAY_ADMIN, RELAY_CHAT, RELAY_ROLES };

struct relay_path {
	struct str path; /* without the star and the role */
	bool has_star;   /* whatever follows, at least one byte of it */
	enum relay_role role;
};

/* Fill *out from an entry. The path begins with /v1/, has only letters, digits and
 * "/-._", no empty, "." or ".." part, and a star only as its whole last part. */
bool relay_path_parse(struct str entry, struct relay_path *out) ATTR_UNUSED_RESULT;

/* The first entry that lets this canonical path through. */
bool relay_path_find(const struct settings_list *list, struct str path,
	enum relay_role *role) ATTR_UNUSED_RESULT;

#endif
