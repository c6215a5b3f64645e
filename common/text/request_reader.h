/*
 * The walk over a request's body that all APIs share; for the request_*.c only, everybody
 * else uses request_view.h. An API is a table of the members that matter; a member's
 * reader gets the first token of its value and reads up to its end, or says what is wrong.
 *
 *	static const struct request_member members[] = {
 *		REQUEST_COMMON_MEMBERS, {"input", read_input, true}, …};
 *	static const struct request_shape shape = {members, N_ELEMENTS(members), false};
 *	return request_read(&shape, body, view, error);
 */
#ifndef TEXT_REQUEST_READER_H
#define TEXT_REQUEST_READER_H

#include "text/request_view.h"
#include "text/scan.h"

/* Session hints, the first given one wins. */
enum request_hint {
	REQUEST_HINT_USER,
	REQUEST_HINT_SAFETY_IDENTIFIER,
	REQUEST_HINT_PROMPT_CACHE_KEY,
	REQUEST_HINTS
};

struct request_reader {
	struct scan scan;
	struct request_view *v;
	struct apierr *e;
	uint32_t seen;    /* bit per row of the shape's members */
	struct edit edit; /* what makes a stream report usage */
	bool asks_usage;  /* include_usage is true already */
	struct scan_token hints[REQUEST_HINTS];
};

typedef bool request_member_reader(
	struct request_reader *r, const struct scan_token *value, const char *param);

struct request_member {
	const char *name;
	request_member_reader *read;
	bool is_required;
};

struct request_shape {
	const struct request_member *members; /* at most 32 */
	size_t n_members;
	bool has_stream_options; /* a stream reports usage only if it is told to */
};

/* The whole body against a shape. */
bool request_read(const struct request_shape *shape, struct str body,
	struct request_view *view, struct apierr *error) ATTR_UNUSED_RESULT;

/* ---- what readers say when something is wrong; all give false ---------------- */

bool request_fail_json(struct request_reader *r) ATTR_COLD;
bool request_fail_type(struct request_reader *r, const struct scan_token *value,
	const char *param, const char *wanted) ATTR_COLD;
bool request_fail_twice(struct request_reader *r, const char *param) ATTR_COLD;

/* Read up to the value's end. */
bool request_skip(
	struct request_reader *r, const struct scan_token *value) ATTR_UNUSED_RESULT;

/* ---- readers of members that several APIs have (request_members.c) ------------ */

#define REQUEST_COMMON_MEMBERS                                                         \
	{"model", request_read_model, true}, {"user", request_read_user, false},       \
		{"safety_identifier", request_read_safety, false},                     \
		{"prompt_cache_key", request_read_cache_key, false},                   \
	{                                                                              \
		"service_tier", request_read_tier, false                               \
	}

request_member_reader request_read_model;
request_member_reader request_read_user;
request_member_reader request_read_safety;
request_member_reader request_read_cache_key;
request_member_reader request_read_tier;
request_member_reader request_read_stream;
request_member_reader request_read_stream_options;
request_member_reader request_read_max_tokens; /* the larger one of several holds */
request_member_reader request_read_max_tokens_or_none; /* the same, from 0 */
request_member_reader request_read_choices;            /* so it is with n and best_of */
request_member_reader request_read_schema;             /* its bytes count as schema */
request_member_reader request_read_unseen; /* it stands for prompt elsewhere */
request_member_reader request_read_tools;  /* schema, and a hosted one's findings */

/* A text, texts, tokens by their numbers, or several lists of those. */
request_member_reader request_read_texts;

#endif
