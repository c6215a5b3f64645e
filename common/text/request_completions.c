/* The body of POST /v1/completions: each of its prompts gets all the choices. */
#include "text/request_reader.h"

#include "base/num.h"

static bool read_suffix(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	if (value->type != SCAN_STRING && value->type != SCAN_NULL)
		return request_fail_type(r, value, param, "a string");
	r->v->n_prompt_chars += value->n_chars;
	return true;
}

static const struct request_member members[] = {
	REQUEST_COMMON_MEMBERS,
	{"prompt", request_read_texts, false},
	{"suffix", read_suffix, false},
	{"stream", request_read_stream, false},
	{"stream_options", request_read_stream_options, false},
	{"max_tokens", request_read_max_tokens_or_none, false},
	{"n", request_read_choices, false},
	{"best_of", request_read_choices, false},
};

static const struct request_shape shape = {members, N_ELEMENTS(members), true};

bool request_view_completions(
	struct str body, struct request_view *view, struct apierr *error)
{
	if (!request_read(&shape, body, view, error))
		return false;
	view->n_choices = num_mul_sat(view->n_choices, MAX(view->n_items, 1));
	return true;
}
