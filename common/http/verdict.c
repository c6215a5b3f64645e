/* The table of broken rules. Pure; run by the fronts. */
#include "http/verdict.h"

#define VERDICT(name, status, code, sentence) [HTTP_##name] = {status, code, sentence},
static const struct http_reason reasons[HTTP_VERDICTS] = {
#include "http/verdict.def"
};
#undef VERDICT

bool http_verdict_is_error(enum http_verdict v)
{
	return v > HTTP_DONE;
}

const struct http_reason *http_verdict_reason(enum http_verdict v)
{
	must(v > HTTP_DONE && v < HTTP_VERDICTS);
	return &reasons[v];
}
