/* A body that is passed on to a path Atlas knows nothing of: its size, and a few words. */
#include "text/request_reader.h"

static const struct request_member members[] = {
	{"model", request_read_model, false},
	{"user", request_read_user, false},
	{"stream", request_read_stream, false},
};

static const struct request_shape shape = {members, N_ELEMENTS(members), false};

bool request_view_relayed(
	struct str body, struct request_view *view, struct apierr *error)
{
	if (!request_read(&shape, body, view, error))
		return false;
	view->n_prompt_chars = body.n;
	view->has_unseen_prompt = true;
	return true;
}
