/*
 * The smallest edit of a body: delete n_delete bytes at offset and put insert there. So
 * a body that must differ from what came in is still copied once, and every other byte
 * goes on as it came.
 *
 *	char *dst = region + ...;          edit_size(body, &edit) bytes
 *	edit_apply(body, &edit, dst);
 *
 * An edit of zeroes changes nothing. Pure; used by front (requests) and dispatch
 * (stream chunks).
 */
#ifndef TEXT_EDIT_H
#define TEXT_EDIT_H

#include "base/attr.h"

struct edit {
	size_t offset, n_delete;
	struct str insert; /* lives at least as long as the edit */
};

/* Bytes that edit_apply() will write. The edit must lie inside the body (must). */
size_t edit_size(struct str body, const struct edit *edit);

/* Write the edited body to dst, which does not overlap it. */
void edit_apply(struct str body, const struct edit *edit, char *dst);

#endif
