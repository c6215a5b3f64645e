/* The smallest edit of a body: head, inserted bytes, tail. */
#include "text/edit.h"

#include <string.h>

size_t edit_size(struct str body, const struct edit *edit)
{
	must(edit->offset <= body.n && edit->n_delete <= body.n - edit->offset);
	return body.n - edit->n_delete + edit->insert.n;
}

void edit_apply(struct str body, const struct edit *edit, char *dst)
{
	must(edit->offset <= body.n && edit->n_delete <= body.n - edit->offset);
	size_t tail = edit->offset + edit->n_delete;
	memcpy(dst, body.p, edit->offset);
	dst += edit->offset;
	if (edit->insert.n > 0)
		memcpy(dst, edit->insert.p, edit->insert.n);
	dst += edit->insert.n;
	memcpy(dst, body.p + tail, body.n - tail);
}
