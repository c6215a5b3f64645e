/*
 * The upstream's endpoints, from apis.def: where each is, and how its streams end.
 *
 *	api_get(API_RESPONSES)->path		"/responses"
 *
 * Constant; pure.
 */
#ifndef SEGMENT_APIS_H
#define SEGMENT_APIS_H

#include "text/stream_end.h"

#define API(name, path, view, end, writes) API_##name,
enum exchange_api {
#include "segment/apis.def"
	EXCHANGE_APIS
};
#undef API

struct api {
	struct str path; /* behind a base_url; n == 0: it comes with the request */
	enum stream_end end;
	bool writes; /* its answers have completion tokens */
};

const struct api *api_get(enum exchange_api api);

/* "chat/completions", …, "relayed". */
const char *api_name(enum exchange_api api);

#endif
