/*
 * How streams of the APIs end, and what a client reads when one breaks: an error its SDK
 * raises, and an end, so that it waits for nothing more.
 *
 *	STREAM_END_DONE   data: {"error":{…}}          then data: [DONE]
 *	STREAM_END_EVENT  event: response.failed       the Responses API's own ending; a bare
 *	                  data: {"type":…}             error event means something else to
 *	                                               each version of the SDKs
 *	STREAM_END_CLOSE  data: {"error":{…}}          then the stream's end
 *
 *	n = stream_failure_write(&failure, buf, sizeof buf);
 *
 * Pure; dispatch and fronts call it. Which API ends how stands in segment/apis.def.
 */
#ifndef TEXT_STREAM_END_H
#define TEXT_STREAM_END_H

#include "text/apierr.h"

enum stream_end {
	STREAM_END_DONE,  /* with "[DONE]" */
	STREAM_END_EVENT, /* with response.completed, .incomplete or .failed */
	STREAM_END_CLOSE  /* where its framing ends: what is inside is not known */
};

struct stream_failure {
	enum stream_end end;
	struct apierr_words words;
	/* only STREAM_END_EVENT has these */
	struct str id, model;
	uint64_t sequence, created_s;
};

/* Enough for any words of a struct apierr or a struct upstream_error. */
enum { STREAM_FAILURE_BYTES = APIERR_BODY_BYTES + 1024 };

/* The data of the event that STREAM_END_EVENT has, which is called STREAM_FAILED_NAME. */
#define STREAM_FAILED_NAME STR("response.failed")
struct str stream_failure_data(const struct stream_failure *f, char *dst, size_t cap);

/* All events into dst; gives their length. cap is at least STREAM_FAILURE_BYTES. */
size_t stream_failure_write(const struct stream_failure *f, char *dst, size_t cap);

#endif
