/*
 * One walk over a reply. Members of the document are told apart by name; "choices" is
 * walked flat, since only what hangs on a few keys counts, wherever it stands.
 */
#include "text/usage.h"

#include "text/scan.h"

#include <string.h>

struct reader {
	struct scan scan;
	struct usage_view *v;
	bool has_usage; /* one has been seen, be it null */
};

/* ---- the usage object ------------------------------------------------------ */

/* Rows of counts[] that matter beyond their value. */
enum { ROW_PROMPT, ROW_COMPLETION, ROW_TOTAL, ROW_INPUT, ROW_OUTPUT };

#define TOKENS(field) offsetof(struct usage_tokens, field)
static const struct {
	const char *group; /* the object inside usage; NULL = usage itself */
	const char *name;
	size_t offset; /* in struct usage_tokens */
} counts[] = {
	[ROW_PROMPT] = {NULL, "prompt_tokens", TOKENS(prompt)},
	[ROW_COMPLETION] = {NULL, "completion_tokens", TOKENS(completion)},
	[ROW_TOTAL] = {NULL, "total_tokens", TOKENS(total)},
	[ROW_INPUT] = {NULL, "input_tokens", TOKENS(prompt)},
	[ROW_OUTPUT] = {NULL, "output_tokens", TOKENS(completion)},
	{"prompt_tokens_details", "cached_tokens", TOKENS(cached)},
	{"prompt_tokens_details", "cache_write_tokens", TOKENS(cache_write)},
	{"prompt_tokens_details", "audio_tokens", TOKENS(prompt_audio)},
	{"completion_tokens_details", "reasoning_tokens", TOKENS(reasoning)},
	{"completion_tokens_details", "audio_tokens", TOKENS(completion_audio)},
	{"input_tokens_details", "cached_tokens", TOKENS(cached)},
	{"input_tokens_details", "cache_write_tokens", TOKENS(cache_write)},
	{"output_tokens_details", "reasoning_tokens", TOKENS(reasoning)},
};
#undef TOKENS

static bool is_name(const struct scan_token *t, const char *name)
{
	return scan_is(t, (struct str){name, strlen(name)});
}

/* The row of key inside the group that group_key opened (NULL: usage itself). */
static int find_count(const struct scan_token *group_key, const struct scan_token *key)
{
	for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
		const char *group = counts[i].group;
		bool is_group = group_key == NULL
					? group == NULL
					: group != NULL && is_name(group_key, group);
		if (is_group && is_name(key, counts[i].name))
			return (int)i;
	}
	return -1;
}

/* A count into tokens, noted in *seen; null is no count, a second one is a lie. */
static bool take_count(struct usage_tokens *tokens, unsigned *seen, int row,
	const struct scan_token *value)
{
	int64_t n;
	if (value->type == SCAN_NULL)
		return true;
	unsigned bit = 1u << row;
	if (!scan_int64(value, &n) || n < 0 || n > USAGE_MAX_TOKENS ||
		(*seen & bit) != 0)
		return false;
	*seen |= bit;
	*(uint64_t *)((char *)tokens + counts[row].offset) = (uint64_t)n;
	return true;
}

/* The members of one object of counts, up to its end; false = unusable. Errors of the
 * text show in the scanner. */
static bool read_counts(struct scan *s, struct usage_tokens *tokens, unsigned *seen,
	const struct scan_token *group_key)
{
	struct scan_token key, value;
	bool is_usable = true;
	while (scan_next(s, &key) == SCAN_KEY) {
		scan_next(s, &value);
		int row = find_count(group_key, &key);
		if (row >= 0)
			is_usable &= take_count(tokens, seen, row, &value);
		if (group_key == NULL && value.type == SCAN_OBJECT_BEGIN && row < 0)
			is_usable &= read_counts(s, tokens, seen, &key);
		else if (!scan_skip(s, &value))
			return false;
	}
	return is_usable;
}

static void settle_tokens(struct usage_tokens *t, unsigned seen)
{
	if ((seen & 1u << ROW_TOTAL) == 0)
		t->total = t->prompt + t->completion;
	t->cached = MIN(t->cached, t->prompt);
	t->cache_write = MIN(t->cache_write, t->prompt - t->cached);
	t->prompt_audio = MIN(t->prompt_audio, t->prompt);
	t->reasoning = MIN(t->reasoning, t->completion);
	t->completion_audio = MIN(t->completion_audio, t->completion);
}

static bool read_usage(struct reader *r, const struct scan_token *value)
{
	const unsigned prompt_or_completion = 1u << ROW_PROMPT | 1u << ROW_COMPLETION |
					      1u << ROW_INPUT | 1u << ROW_OUTPUT;
	struct usage_view *v = r->v;
	unsigned seen = 0;
	bool is_second = r->has_usage;
	r->has_usage = true;
	if (value->type == SCAN_NULL && !is_second)
		return true;
	v->state = USAGE_UNUSABLE;
	if (value->type != SCAN_OBJECT_BEGIN || is_second)
		return scan_skip(&r->scan, value);
	if (!read_counts(&r->scan, &v->tokens, &seen, NULL) ||
		(seen & prompt_or_completion) == 0)
		return r->scan.error == SCAN_FINE;
	settle_tokens(&v->tokens, seen);
	v->state = USAGE_GIVEN;
	return true;
}

/* ---- the other members ----------------------------------------------------- */

/* Whether what hangs on this key in a choice was written by the model. */
static bool is_output(const struct scan_token *key)
{
	return scan_is(key, STR("content")) || scan_is(key, STR("arguments")) ||
	       scan_is(key, STR("refusal")) || scan_is(key, STR("text"));
}

/* "choices", or the "output" of a whole response. */
static bool read_choices(struct reader *r, const struct scan_token *value)
{
	enum { OTHER, OUTPUT, FINISH } last = OTHER;
	struct scan_token t = *value;
	unsigned outside = r->scan.depth - 1;
	if (value->type != SCAN_ARRAY_BEGIN)
		return scan_skip(&r->scan, value);
	while (r->scan.depth > outside && scan_next(&r->scan, &t) != SCAN_ERROR) {
		if (t.type == SCAN_KEY) {
			last = scan_is(&t, STR("finish_reason")) ? FINISH
			       : is_output(&t)                   ? OUTPUT
								 : OTHER;
		} else if (t.type == SCAN_STRING && last == OUTPUT) {
			r->v->n_chars += t.n_chars;
		} else if (t.type == SCAN_STRING && last == FINISH) {
			r->v->is_finished = true;
		}
		r->v->has_choices |= r->scan.depth > outside;
	}
	return t.type != SCAN_ERROR;
}

static bool take_word(struct reader *r, const struct scan_token *value, char *buf,
	size_t cap, size_t *n)
{
	struct str s = {buf, 0};
	if (value->type == SCAN_STRING)
		(void)scan_text(value, buf, cap - 1, &s);
	memset(buf + s.n, 0, cap - s.n);
	*n = s.n;
	return scan_skip(&r->scan, value);
}

static void take_type(struct usage_view *v, const struct scan_token *value)
{
	static const struct {
		struct str name;
		enum usage_event event;
	} events[] = {
		{STR("response.created"), USAGE_EVENT_BEGUN},
		{STR("response.queued"), USAGE_EVENT_BEGUN},
		{STR("response.in_progress"), USAGE_EVENT_BEGUN},
		{STR("response.completed"), USAGE_EVENT_COMPLETED},
		{STR("response.incomplete"), USAGE_EVENT_INCOMPLETE},
		{STR("response.failed"), USAGE_EVENT_FAILED},
		{STR("error"), USAGE_EVENT_ERROR},
	};
	for (size_t i = 0; i < N_ELEMENTS(events) && value->type == SCAN_STRING; i++)
		if (scan_is(value, events[i].name))
			v->event = events[i].event;
}

static bool read_error(struct reader *r, const struct scan_token *value)
{
	if (!scan_skip(&r->scan, value))
		return false;
	if (value->type == SCAN_NULL)
		return true;
	if (!r->v->has_error)
		r->v->error_at = value->offset;
	r->v->has_error = true;
	r->v->error_n = r->scan.at - r->v->error_at;
	return true;
}

/* Members that only the document itself has. */
static bool read_own_member(
	struct reader *r, const struct scan_token *key, const struct scan_token *value)
{
	struct usage_view *v = r->v;
	int64_t n;
	if (scan_is(key, STR("output")))
		return read_choices(r, value);
	if (scan_is(key, STR("type")))
		take_type(v, value);
	if (scan_is(key, STR("sequence_number")) && scan_int64(value, &n) && n >= 0) {
		v->has_sequence = true;
		v->sequence = (uint64_t)n;
	}
	if (scan_is(key, STR("delta")) && value->type == SCAN_STRING)
		v->n_chars += value->n_chars;
	return scan_skip(&r->scan, value);
}

static bool is_running(const struct scan_token *status)
{
	return status->type == SCAN_STRING &&
	       (scan_is(status, STR("queued")) || scan_is(status, STR("in_progress")));
}

static bool read_member(struct reader *r, bool is_document,
	const struct scan_token *key, const struct scan_token *value)
{
	struct usage_view *v = r->v;
	if (scan_is(key, STR("usage")))
		return read_usage(r, value);
	if (scan_is(key, STR("choices")))
		return read_choices(r, value);
	if (scan_is(key, STR("id")))
		return take_word(r, value, v->id, sizeof v->id, &v->n_id);
	if (scan_is(key, STR("model")))
		return take_word(r, value, v->model, sizeof v->model, &v->n_model);
	if (scan_is(key, STR("service_tier")))
		return take_word(r, value, v->tier, sizeof v->tier, &v->n_tier);
	if (scan_is(key, STR("error")))
		return read_error(r, value);
	if (scan_is(key, STR("status")))
		v->is_running = is_running(value);
	if (scan_is(key, STR("background")))
		v->is_background = value->type == SCAN_TRUE;
	return is_document ? read_own_member(r, key, value)
			   : scan_skip(&r->scan, value);
}

/* Where "usage" must be cut out: with the comma before it, or, if it is the first
 * member, with the one behind it, up to the next key. */
static void note_member(
	struct usage_view *v, size_t key_at, size_t behind_last, size_t end)
{
	v->member_at = behind_last > 0 ? behind_last : key_at;
	v->member_n = end - v->member_at;
}

/* The members of the object that has just been opened, up to its end. */
static bool read_members(struct reader *r, bool is_document)
{
	struct scan_token key, value;
	size_t behind_last = 0;
	bool is_open = false; /* the range still has to reach the next key */
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		if (is_open)
			r->v->member_n = key.offset - r->v->member_at;
		is_open = false;
		bool had_usage = r->has_usage;
		scan_next(&r->scan, &value);
		bool is_response = is_document && value.type == SCAN_OBJECT_BEGIN &&
				   scan_is(&key, STR("response"));
		if (!(is_response ? read_members(r, false)
				  : read_member(r, is_document, &key, &value)))
			return false;
		if (is_document && !is_response && r->has_usage && !had_usage) {
			note_member(r->v, key.offset, behind_last, r->scan.at);
			is_open = behind_last == 0;
		}
		behind_last = r->scan.at;
	}
	return key.type == SCAN_OBJECT_END;
}

bool usage_read(struct str doc, struct usage_view *v)
{
	struct reader r = {.v = v};
	struct scan_token t;
	*v = (struct usage_view){0};
	scan_init(&r.scan, doc, SCAN_MAX_DEPTH);
	return scan_next(&r.scan, &t) == SCAN_OBJECT_BEGIN && read_members(&r, true) &&
	       scan_next(&r.scan, &t) == SCAN_END;
}

bool usage_is_likely(struct str doc)
{
	static const char key[] = "\"usage\"";
	return memmem(doc.p, doc.n, key, sizeof key - 1) != NULL;
}
