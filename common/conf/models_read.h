/*
 * A catalogue's JSON document into struct models, checked; for models.c only. Whoever
 * changes the catalogue by hand should be told of every slip, since a price that is
 * quietly wrong is found on the bill.
 */
#ifndef CONF_MODELS_READ_H
#define CONF_MODELS_READ_H

#include "conf/models.h"
#include "text/doc.h"

/* A name or alias and whose it is. */
struct model_name {
	char text[MODELS_NAME_BYTES];
	uint32_t model_ix;
};

struct models {
	size_t n_models, n_names;
	struct model *model;     /* in the file's order */
	struct model_name *name; /* in the file's order until models.c sorts it */
	uint64_t price_version;
};

/* Fill m, which is zero, with what d says; on an error m still belongs to
 * models_free(). */
bool models_read(
	struct models *m, const struct doc *d, struct err *e) ATTR_UNUSED_RESULT;

#endif
