/*
 * Documents of our own. The scanner decides whether the text is JSON and where things
 * stand in it; json-c holds the tree. The text is kept, so that any error can name its
 * line. The only file of the program that includes json-c.
 */
#include "text/doc.h"

#include "base/num.h"
#include "text/scan.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct doc {
	char *name;
	struct str text;
	char *bytes; /* owns text */
	json_object *root;
};

/* ---- lines and paths for errors -------------------------------------------- */

static size_t line_at(struct str text, size_t offset)
{
	size_t line = 1;
	for (size_t i = 0; i < offset; i++)
		line += text.p[i] == '\n';
	return line;
}

/* From the first token of a container to the first token of its member at. */
static void scan_down(struct scan *s, struct scan_token *t, const struct doc_at *at)
{
	for (size_t ix = 0; scan_next(s, t) > SCAN_ERROR; ix++) {
		struct scan_token key = *t;
		if (at->key != NULL)
			scan_next(s, t);
		if (at->key != NULL
				? scan_is(&key, (struct str){at->key, strlen(at->key)})
				: ix == at->ix)
			return;
		if (!scan_skip(s, t))
			return;
	}
}

enum { PATH_BYTES = 128 };

/* The line of at, and its path ("models.gpt-5[0]") into path. */
static size_t locate(const struct doc_at *at, char path[static PATH_BYTES])
{
	const struct doc_at *steps[DOC_MAX_DEPTH];
	unsigned depth = 0;
	for (const struct doc_at *a = at; a->up != NULL && depth < DOC_MAX_DEPTH;
		a = a->up)
		steps[depth++] = a;
	struct scan s;
	struct scan_token t;
	scan_init(&s, at->doc->text, DOC_MAX_DEPTH);
	scan_next(&s, &t);
	size_t n = 0;
	path[0] = '\0';
	while (depth-- > 0) {
		const struct doc_at *step = steps[depth];
		scan_down(&s, &t, step);
		int m = step->key != NULL
				? snprintf(path + n, PATH_BYTES - n, "%s%s",
					  n > 0 ? "." : "", step->key)
				: snprintf(path + n, PATH_BYTES - n, "[%zu]", step->ix);
		n = MIN(n + (size_t)m, PATH_BYTES - 1);
	}
	return line_at(at->doc->text, t.offset);
}

bool doc_fail(const struct doc_at *at, struct err *e, const char *what)
{
	char path[PATH_BYTES];
	size_t line = locate(at, path);
	return err_set(e, "%s:%zu: %s %s", at->doc->name, line,
		path[0] != '\0' ? path : "the document", what);
}

/* ---- checking and parsing -------------------------------------------------- */

/* Whether the text is strict JSON; counts the members of all its objects. */
static bool check_text(const struct doc *d, size_t *n_members, struct err *e)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, d->text, DOC_MAX_DEPTH);
	*n_members = 0;
	while (scan_next(&s, &t) > SCAN_ERROR)
		*n_members += t.type == SCAN_KEY;
	return t.type == SCAN_END ||
	       err_set(e, "%s:%zu: %s", d->name, line_at(d->text, s.at),
		       scan_error_text(s.error));
}

static size_t count_members(json_object *value)
{
	size_t n = 0;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			n += 1 + count_members(member);
		}
	}
	return n;
}

/* Whether the key that s has just read stands again in the same object. */
static bool stands_again(struct scan s, const struct scan_token *key, size_t *where)
{
	struct scan_token t;
	for (;;) {
		scan_next(&s, &t);
		if (!scan_skip(&s, &t) || scan_next(&s, &t) != SCAN_KEY)
			return false;
		*where = t.offset;
		if (t.raw.n == key->raw.n && memcmp(t.raw.p, key->raw.p, t.raw.n) == 0)
			return true;
	}
}

/* json-c kept fewer members than the text has: name the key that stands twice. */
static bool fail_twice(const struct doc *d, struct err *e)
{
	struct scan s;
	struct scan_token t;
	size_t where;
	scan_init(&s, d->text, DOC_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		if (t.type == SCAN_KEY && stands_again(s, &t, &where))
			return err_set(e,
				"%s:%zu: the key \"" STR_FMT "\" stands twice", d->name,
				line_at(d->text, where), STR_ARG(t.raw));
	return err_set(e, "%s: a key stands twice, spelled in two ways", d->name);
}

/* Parse d->text, which the scanner has found good, into d->root. */
static bool build_tree(struct doc *d, size_t n_members, struct err *e)
{
	/* one level more than the scanner allows for scalars, which json-c counts */
	json_tokener *tok = json_tokener_new_ex(DOC_MAX_DEPTH + 2);
	if (tok == NULL)
		return err_set(e, "%s: no memory", d->name);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	d->root = json_tokener_parse_ex(tok, d->bytes, (int)d->text.n + 1);
	enum json_tokener_error error = json_tokener_get_error(tok);
	json_tokener_free(tok);
	if (error != json_tokener_success)
		return err_set(e, "%s: %s", d->name, json_tokener_error_desc(error));
	return count_members(d->root) == n_members || fail_twice(d, e);
}

/* A document that owns bytes, which end with a NUL that is not counted in n. */
static struct doc *parse_owned(char *bytes, size_t n, const char *name, struct err *e)
{
	struct doc *d = calloc(1, sizeof *d);
	size_t n_members;
	if (d == NULL || (d->name = strdup(name)) == NULL) {
		err_set(e, "%s: no memory", name);
		free(bytes);
		free(d);
		return NULL;
	}
	d->bytes = bytes;
	d->text = (struct str){bytes, n};
	if (check_text(d, &n_members, e) && build_tree(d, n_members, e))
		return d;
	doc_free(d);
	return NULL;
}

struct doc *doc_parse(struct str text, const char *name, struct err *e)
{
	char *bytes = text.n < INT_MAX ? malloc(text.n + 1) : NULL;
	if (bytes == NULL) {
		err_set(e, "%s: no memory for %zu bytes", name, text.n);
		return NULL;
	}
	memcpy(bytes, text.p, text.n);
	bytes[text.n] = '\0';
	return parse_owned(bytes, text.n, name, e);
}

/* All of fd, at most max_bytes, as malloc'ed bytes with a NUL behind them. */
static char *read_all(
	int fd, size_t max_bytes, size_t *n, struct err *e, const char *path)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		err_sys(e, "%s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max_bytes) {
		err_set(e, "%s: not a regular file of at most %zu bytes", path,
			max_bytes);
		return NULL;
	}
	size_t size = (size_t)st.st_size;
	char *bytes = malloc(size + 1);
	ssize_t got = 1;
	for (*n = 0; bytes != NULL && *n < size && got > 0; *n += (size_t)MAX(got, 0))
		got = read(fd, bytes + *n, size - *n);
	if (bytes == NULL || got < 0) {
		err_sys(e, "%s", path);
		free(bytes);
		return NULL;
	}
	bytes[*n] = '\0';
	return bytes;
}

struct doc *doc_load(const char *path, size_t max_bytes, struct err *e)
{
	must(max_bytes < INT_MAX);
	size_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err_sys(e, "%s", path);
		return NULL;
	}
	char *bytes = read_all(fd, max_bytes, &n, e, path);
	close(fd);
	return bytes != NULL ? parse_owned(bytes, n, path, e) : NULL;
}

void doc_free(struct doc *d)
{
	if (d == NULL)
		return;
	json_object_put(d->root);
	free(d->bytes);
	free(d->name);
	free(d);
}

/* ---- places ---------------------------------------------------------------- */

struct doc_at doc_root(const struct doc *d)
{
	return (struct doc_at){.doc = d, .value = d->root};
}

enum doc_type doc_type(const struct doc_at *at)
{
	switch (json_object_get_type(at->value)) {
	case json_type_boolean:
		return DOC_BOOL;
	case json_type_double:
	case json_type_int:
		return DOC_NUMBER;
	case json_type_string:
		return DOC_STRING;
	case json_type_array:
		return DOC_ARRAY;
	case json_type_object:
		return DOC_OBJECT;
	default:
		return DOC_NULL;
	}
}

bool doc_find(const struct doc_at *at, const char *key, struct doc_at *out)
{
	json_object *value;
	if (doc_type(at) != DOC_OBJECT ||
		!json_object_object_get_ex(at->value, key, &value))
		return false;
	*out = (struct doc_at){.doc = at->doc, .up = at, .key = key, .value = value};
	return true;
}

bool doc_get(
	const struct doc_at *at, const char *key, struct doc_at *out, struct err *e)
{
	char what[PATH_BYTES];
	if (doc_find(at, key, out))
		return true;
	if (doc_type(at) != DOC_OBJECT)
		return doc_fail(at, e, "must be an object");
	snprintf(what, sizeof what, "has no member \"%s\"", key);
	return doc_fail(at, e, what);
}

size_t doc_length(const struct doc_at *at)
{
	if (doc_type(at) == DOC_ARRAY)
		return json_object_array_length(at->value);
	if (doc_type(at) == DOC_OBJECT)
		return (size_t)json_object_object_length(at->value);
	return 0;
}

bool doc_item(const struct doc_at *at, size_t ix, struct doc_at *out)
{
	if (doc_type(at) != DOC_ARRAY || ix >= doc_length(at))
		return false;
	*out = (struct doc_at){.doc = at->doc,
		.up = at,
		.ix = ix,
		.value = json_object_array_get_idx(at->value, ix)};
	return true;
}

/* Stand on a member of the object at->up. */
static bool take_entry(struct doc_at *at, struct lh_entry *entry)
{
	if (entry == NULL)
		return false;
	at->entry = entry;
	at->key = lh_entry_k(entry);
	at->value = lh_entry_v(entry);
	return true;
}

bool doc_first(const struct doc_at *at, struct doc_at *out)
{
	if (doc_type(at) != DOC_OBJECT)
		return doc_item(at, 0, out);
	*out = (struct doc_at){.doc = at->doc, .up = at};
	return take_entry(out, lh_table_head(json_object_get_object(at->value)));
}

bool doc_next(struct doc_at *at)
{
	if (at->key != NULL)
		return take_entry(at, lh_entry_next(at->entry));
	return doc_item(at->up, at->ix + 1, at);
}

/* ---- values ---------------------------------------------------------------- */

bool doc_string(const struct doc_at *at, struct str *out, struct err *e)
{
	if (doc_type(at) != DOC_STRING)
		return doc_fail(at, e, "must be a string");
	*out = (struct str){json_object_get_string(at->value),
		(size_t)json_object_get_string_len(at->value)};
	return true;
}

bool doc_bool(const struct doc_at *at, bool *out, struct err *e)
{
	if (doc_type(at) != DOC_BOOL)
		return doc_fail(at, e, "must be true or false");
	*out = json_object_get_boolean(at->value);
	return true;
}

bool doc_number(const struct doc_at *at, struct str *out, struct err *e)
{
	if (doc_type(at) != DOC_NUMBER)
		return doc_fail(at, e, "must be a number");
	/* json-c keeps the spelling of what it holds as a double */
	const char *text = json_object_to_json_string_ext(at->value, 0);
	*out = (struct str){text, strlen(text)};
	return true;
}

bool doc_u64(const struct doc_at *at, uint64_t *out, struct err *e)
{
	struct str text = STR("");
	uint64_t v;
	if (!doc_number(at, &text, e))
		return false;
	/* json-c turns any larger integer into UINT64_MAX */
	if (!num_parse_u64(text, &v) || v == UINT64_MAX)
		return doc_fail(at, e, "must be a whole number, not negative");
	*out = v;
	return true;
}

bool doc_fixed(const struct doc_at *at, uint64_t scale, uint64_t *out, struct err *e)
{
	struct str text = STR("");
	if (!doc_number(at, &text, e))
		return false;
	return num_parse_fixed(text, scale, out) ||
	       doc_fail(at, e, "must be a decimal number, not negative, in range");
}
