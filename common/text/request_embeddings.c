/* The body of POST /v1/embeddings: texts in, numbers out, no completion and no stream. */
#include "text/request_reader.h"

static const struct request_member members[] = {
	REQUEST_COMMON_MEMBERS,
	{"input", request_read_texts, true},
};

static const struct request_shape shape = {members, N_ELEMENTS(members), false};

bool request_view_embeddings(
	struct str body, struct request_view *view, struct apierr *error)
{
	return request_read(&shape, body, view, error);
}
