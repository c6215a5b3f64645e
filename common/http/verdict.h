/*
 * What the HTTP layer says about the bytes it was given: more are needed, this part is
 * complete, or a rule is broken and which. The rules are listed in http/verdict.def.
 *
 *	enum http_verdict v = http_head_parse(&head, p, n, &limits);
 *	if (http_verdict_is_error(v))
 *		answer(http_verdict_reason(v));    and close after it
 */
#ifndef HTTP_VERDICT_H
#define HTTP_VERDICT_H

#include "base/attr.h"

#define VERDICT(name, status, code, sentence) HTTP_##name,
enum http_verdict {
	HTTP_MORE, /* nothing is wrong so far; call again when bytes have come */
	HTTP_DONE, /* the head, or the body, is whole */
#include "http/verdict.def"
	HTTP_VERDICTS
};
#undef VERDICT

struct http_reason {
	unsigned status;      /* of the answer */
	const char *code;     /* for programs: "bad_request_line" */
	const char *sentence; /* for people */
};

/* True for all but MORE and DONE. The connection must be closed after the answer. */
bool http_verdict_is_error(enum http_verdict v) ATTR_UNUSED_RESULT;

/* v must be an error. The strings are constants. */
const struct http_reason *http_verdict_reason(enum http_verdict v);

#endif
