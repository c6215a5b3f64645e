/*
 * Our own JSON documents as a tree (json-c): the model catalogue, answers that atlasctl
 * prints. Never for strangers' bytes: json-c multiplies input and fails unsafely when
 * memory is short; those go through scan.h.
 *
 *	struct doc *d = doc_load("etc/models.json", 1 << 20, &err);
 *	struct doc_at root = doc_root(d), models, m;
 *	if (!doc_get(&root, "models", &models, &err))
 *		...
 *	for (bool on = doc_first(&models, &m); on; on = doc_next(&m))
 *		... m.key, doc_get(&m, "input", &price, &err), doc_fixed(&price, …)
 *	doc_free(d);
 *
 * The text must be strict JSON (scan.h decides), nested at most DOC_MAX_DEPTH, no key
 * twice in an object. Errors are sentences that begin "file:line: path".
 *
 * A struct doc_at is a place in the tree: a value on the caller's stack that points to
 * the place and to the key it was reached by, which must live as long. Strings live as
 * long as the document.
 */
#ifndef TEXT_DOC_H
#define TEXT_DOC_H

#include "base/attr.h"
#include "base/err.h"

enum { DOC_MAX_DEPTH = 32 };

enum doc_type { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

struct doc; /* opaque: only doc.c knows json-c */

struct doc_at {
	const struct doc *doc;
	const struct doc_at *up; /* NULL at the root */
	const char *key;         /* of this member of up; NULL = item ix of an array */
	size_t ix;
	void *value, *entry; /* json-c's, for doc.c only */
};

/* Read and parse a file of at most max_bytes; NULL and *e when that cannot be. */
struct doc *doc_load(
	const char *path, size_t max_bytes, struct err *e) ATTR_UNUSED_RESULT;

/* Parse text; name stands for the file in errors. NULL and *e when it is no good. */
struct doc *doc_parse(
	struct str text, const char *name, struct err *e) ATTR_UNUSED_RESULT;
void doc_free(struct doc *d);

struct doc_at doc_root(const struct doc *d);
enum doc_type doc_type(const struct doc_at *at);

/* A member of an object: find may fail quietly (also when at is no object), get names
 * what is missing. A member that is null is there. */
bool doc_find(const struct doc_at *at, const char *key,
	struct doc_at *out) ATTR_UNUSED_RESULT;
bool doc_get(const struct doc_at *at, const char *key, struct doc_at *out,
	struct err *e) ATTR_UNUSED_RESULT;

/* How many items or members; 0 for anything that is neither array nor object. */
size_t doc_length(const struct doc_at *at);

/* Item ix of an array; false when there is none. */
bool doc_item(
	const struct doc_at *at, size_t ix, struct doc_at *out) ATTR_UNUSED_RESULT;

/* Walk an array's items or an object's members, in the order of the text. */
bool doc_first(const struct doc_at *at, struct doc_at *out) ATTR_UNUSED_RESULT;
bool doc_next(struct doc_at *at) ATTR_UNUSED_RESULT;

/* The value, if it has that type; else false and *e. */
bool doc_string(
	const struct doc_at *at, struct str *out, struct err *e) ATTR_UNUSED_RESULT;
bool doc_bool(const struct doc_at *at, bool *out, struct err *e) ATTR_UNUSED_RESULT;

/* A whole number from 0 to 2^64 - 2. */
bool doc_u64(const struct doc_at *at, uint64_t *out, struct err *e) ATTR_UNUSED_RESULT;

/* A number that is not negative and has no exponent, times scale: 0.15 with 1000 gives
 * 150. From its spelling, never through a double; digits beyond the scale are cut. */
bool doc_fixed(const struct doc_at *at, uint64_t scale, uint64_t *out,
	struct err *e) ATTR_UNUSED_RESULT;

/* Any number as it is spelled. */
bool doc_number(
	const struct doc_at *at, struct str *out, struct err *e) ATTR_UNUSED_RESULT;

/* "file:line: path what" into *e, for what only the caller knows to be wrong ("must not
 * be above output"). Returns false. */
bool doc_fail(const struct doc_at *at, struct err *e, const char *what) ATTR_COLD;

#endif
