/*
 * A strict JSON reader: a cursor over bytes that stay where they are, no tree, no
 * allocation, no recursion. RFC 8259 and nothing else: no comments, no trailing commas,
 * no bare words, valid UTF-8. At most 256 levels deep.
 *
 *	struct json j = json_read(body);
 *	if (json_enter(&j, '{'))
 *		for (struct slice key; json_member(&j, &key);)
 *			json_skip(&j);
 *	if (!json_done(&j)) -> the text was not one whole JSON value
 *
 * The first mistake makes the cursor bad for good; every later call then says false.
 */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include "buf.h"

struct json {
	const char *p, *end;
	bool bad;
	bool fresh; /* nothing read yet in the container we stand in */
};

struct json json_read(struct slice text);

/* The first byte of the value that comes next: { [ " t f n - 0..9, or 0 when none. */
char json_peek(struct json *j);

/* Step into an object or array; false (and bad) when the next value is not one. */
bool json_enter(struct json *j, char bracket);

/* The next member's key, or false after stepping out behind the object's end. */
bool json_member(struct json *j, struct slice *key);

/* Is there another item? False after stepping out behind the array's end. */
bool json_item(struct json *j);

/* A string's bytes between the quotes, escapes as written. */
bool json_string(struct json *j, struct slice *raw);

/* A number or a literal as written. */
bool json_scalar(struct json *j, struct slice *raw);

/* Over any one value. */
bool json_skip(struct json *j);

/* Only blanks are left and nothing was wrong. */
bool json_done(struct json *j);

/* How many characters (code points) a raw string stands for. */
size_t json_chars(struct slice raw);

/* Append a whole JSON text as OpenAI prints it: a member or item a line, two blanks a
 * level. */
void json_pretty(struct buf *out, struct slice text);

/* Append what a raw string stands for; half of a surrogate pair becomes U+FFFD. */
void json_unescape(struct buf *out, struct slice raw);

#endif
