/* The table of endpoints. */
#include "segment/apis.h"

#define API(name, path, view, end, writes)                                             \
	[API_##name] = {STR(path), STREAM_END_##end, writes},
static const struct api apis[EXCHANGE_APIS] = {
#include "segment/apis.def"
};
#undef API

const struct api *api_get(enum exchange_api api)
{
	must(api < EXCHANGE_APIS);
	return &apis[api];
}

const char *api_name(enum exchange_api api)
{
	if (api >= EXCHANGE_APIS)
		return "impossible";
	return apis[api].path.n > 0 ? apis[api].path.p + 1 : "relayed";
}
