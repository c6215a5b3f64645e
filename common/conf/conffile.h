/*
 * The reader of Atlas's INI files: text in, sections and settings out, one step at a
 * time. It knows nothing of which names exist. The master and atlasctl run it.
 *
 *	# a comment: at a line's start or after a blank, with # or ;
 *	[section]            or [section ARGUMENT]
 *	key = value          the value ends at the line's end or at a comment
 *
 * Names are lower-case letters, digits and underscores. There are no quotes, escapes,
 * continued lines or includes. Lines end in LF or CRLF; a UTF-8 byte order mark is
 * skipped. Refused with PATH:LINE: lines above 4 KiB, control characters (NUL too)
 * other than the tab, bytes that are not UTF-8. Whoever loads a file takes at most
 * CONFFILE_MAX_BYTES.
 *
 *	struct conffile f;
 *	conffile_init(&f, path, text);
 *	while (conffile_next(&f, e) < CONFFILE_END)
 *		… f.section, f.key, f.value, f.line …
 */
#ifndef CONF_CONFFILE_H
#define CONF_CONFFILE_H

#include "base/attr.h"
#include "base/err.h"

enum { CONFFILE_MAX_BYTES = 1 << 20, CONFFILE_MAX_LINE_BYTES = 4096 };

enum conffile_step {
	CONFFILE_SECTION, /* section and argument are new */
	CONFFILE_SETTING, /* key and value too; section is never empty */
	CONFFILE_END,
	CONFFILE_BAD, /* the error is filled */
};

struct conffile {
	const char *path;
	struct str rest;
	unsigned line; /* of this step, from 1 */
	/* Views of the text given to conffile_init(). */
	struct str section, argument, key, value;
};

void conffile_init(struct conffile *f, const char *path, struct str text);
enum conffile_step conffile_next(struct conffile *f, struct err *e) ATTR_UNUSED_RESULT;

#endif
