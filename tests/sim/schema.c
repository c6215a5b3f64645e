/* An example of what a JSON schema describes. */
#include "schema.h"

#include <string.h>

#include "json.h"
#include "words.h"

enum { SCHEMA_DEPTH = 12, SAID_WORDS = 6 };

struct schema {
	struct buf *out;
	struct slice document;
	uint64_t hash;
};

/* The members of a schema that matter; n = 0 where one is missing. */
struct node {
	struct slice type, properties, items, choices, fixed, branches, ref, least;
};

static struct slice take_value(struct json *j)
{
	(void)json_peek(j);
	const char *from = j->p;
	json_skip(j);
	return (struct slice){from, (size_t)(j->p - from)};
}

static struct slice unquoted(struct slice s)
{
	bool quoted = s.n >= 2 && s.p[0] == '"';
	return quoted ? (struct slice){s.p + 1, s.n - 2} : s;
}

static struct slice member_of(struct slice object, struct slice name)
{
	struct json j = json_read(object);
	if (json_peek(&j) != '{' || !json_enter(&j, '{'))
		return (struct slice){NULL, 0};
	for (struct slice key; json_member(&j, &key);) {
		struct slice value = take_value(&j);
		if (key.n == name.n && memcmp(key.p, name.p, key.n) == 0)
			return value;
	}
	return (struct slice){NULL, 0};
}

/* The first item of an array, or the value itself when it is none. */
static struct slice first_of(struct slice value)
{
	struct json j = json_read(value);
	if (json_peek(&j) != '[')
		return value;
	json_enter(&j, '[');
	return json_item(&j) ? take_value(&j) : (struct slice){NULL, 0};
}

static struct node read_node(struct slice schema)
{
	struct node n = {0};
	const struct {
		const char *name;
		struct slice *to;
	} members[] = {
		{"type", &n.type},
		{"properties", &n.properties},
		{"items", &n.items},
		{"enum", &n.choices},
		{"const", &n.fixed},
		{"anyOf", &n.branches},
		{"oneOf", &n.branches},
		{"allOf", &n.branches},
		{"$ref", &n.ref},
		{"minimum", &n.least},
	};
	for (size_t i = 0; i < N_ELEMENTS(members); i++) {
		struct slice v = member_of(schema, slice_of(members[i].name));
		if (v.n > 0)
			*members[i].to = v;
	}
	n.type = unquoted(first_of(n.type));
	return n;
}

/* "#/$defs/step" */
static struct slice follow(const struct schema *s, struct slice ref)
{
	struct slice at = s->document, path = unquoted(ref);
	if (path.n < 1 || path.p[0] != '#')
		return (struct slice){NULL, 0};
	path.p++, path.n--;
	while (path.n > 1 && path.p[0] == '/') {
		path.p++, path.n--;
		const char *slash = memchr(path.p, '/', path.n);
		size_t n = slash ? (size_t)(slash - path.p) : path.n;
		at = member_of(at, (struct slice){path.p, n});
		path.p += n, path.n -= n;
	}
	return at;
}

static void put_node(struct schema *s, struct slice schema, unsigned depth);

static void put_object(struct schema *s, struct slice properties, unsigned depth)
{
	struct json j = json_read(properties);
	bool first = true;
	BUF_LIT(s->out, "{");
	if (json_peek(&j) == '{' && json_enter(&j, '{')) {
		for (struct slice key; json_member(&j, &key); first = false) {
			struct slice value = take_value(&j);
			buf_text(s->out, first ? "\"" : ",\"");
			buf_slice(s->out, key);
			BUF_LIT(s->out, "\":");
			put_node(s, value, depth + 1);
		}
	}
	BUF_LIT(s->out, "}");
}

static void put_text(struct schema *s)
{
	s->hash = mix64(s->hash + 1);
	BUF_LIT(s->out, "\"");
	for (uint64_t i = 0; i < SAID_WORDS; i++)
		words_piece(s->out, s->hash, i);
	BUF_LIT(s->out, "\"");
}

static void put_number(struct schema *s, struct slice least)
{
	s->hash = mix64(s->hash + 1);
	if (least.n > 0)
		buf_slice(s->out, least);
	else
		buf_u64(s->out, s->hash % 100);
}

static void put_typed(struct schema *s, const struct node *n, unsigned depth)
{
	if (slice_is(n->type, "object") || n->properties.n > 0) {
		put_object(s, n->properties, depth);
	} else if (slice_is(n->type, "array")) {
		BUF_LIT(s->out, "[");
		put_node(s, n->items, depth + 1);
		BUF_LIT(s->out, "]");
	} else if (slice_is(n->type, "integer") || slice_is(n->type, "number")) {
		put_number(s, n->least);
	} else if (slice_is(n->type, "boolean")) {
		buf_text(s->out, mix64(++s->hash) % 2 ? "true" : "false");
	} else if (slice_is(n->type, "null")) {
		BUF_LIT(s->out, "null");
	} else {
		put_text(s);
	}
}

static void put_node(struct schema *s, struct slice schema, unsigned depth)
{
	if (depth > SCHEMA_DEPTH) {
		BUF_LIT(s->out, "null");
		return;
	}
	struct node n = read_node(schema);
	if (n.ref.n > 0)
		put_node(s, follow(s, n.ref), depth + 1);
	else if (n.fixed.n > 0)
		buf_slice(s->out, n.fixed);
	else if (n.choices.n > 0)
		buf_slice(s->out, first_of(n.choices));
	else if (n.branches.n > 0)
		put_node(s, first_of(n.branches), depth + 1);
	else
		put_typed(s, &n, depth);
}

void schema_example(struct buf *out, struct slice schema, uint64_t hash)
{
	struct schema s = {out, schema, hash};
	if (schema.n == 0)
		BUF_LIT(out, "{}");
	else
		put_node(&s, schema, 0);
}
