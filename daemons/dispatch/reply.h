/*
 * The bytes of one attempt's answer on their way to the client: judged, cut where the
 * client did not ask for usage, rid of keys where they speak of an error, put into the
 * exchange's pipe, and held back in memory while the pipe is full.
 *
 *	upstream bytes ─► events ─► judged ─► spill ─► pipe ─► front
 *
 * A stream of a path that Atlas knows nothing of goes on as it came, comments, ids and data
 * that is no JSON included, but by whole events: what its upstream did not say to the end
 * is dropped, and the end tells of it.
 *
 * What a Responses stream says before anything is written (created, queued, in_progress)
 * is kept until something is: an upstream that fails right behind it can still be asked
 * again, and the client is never told of two responses.
 *
 * Full: the pipe fills, then the spill grows to REPLY_SPILL_BYTES a stream, then
 * reply_feed_stream() says HOLD and the transfer pauses. A whole answer is collected in
 * the spill up to REPLY_WHOLE_BYTES; a longer one is refused. An event longer than
 * REPLY_LINE_BYTES is refused, and so are REPLY_QUIET_BYTES without any event: comments
 * keep a connection alive, a flood of them keeps us from our work. Beginnings beyond
 * REPLY_SPILL_BYTES are passed on at once.
 * It decides nothing about attempts: it says what it saw.
 */
#ifndef DISPATCH_REPLY_H
#define DISPATCH_REPLY_H

#include "ipc/pipe.h"
#include "text/sse.h"
#include "text/sse_block.h"
#include "text/stream_end.h"
#include "text/upstream_error.h"
#include "text/usage.h"

enum {
	REPLY_SPILL_BYTES = 256 * 1024,
	REPLY_SPILL_ALL_BYTES = 64 << 20,
	REPLY_WHOLE_BYTES = 64 << 20,
	REPLY_ERROR_BYTES = 64 * 1024,
	REPLY_LINE_BYTES = 1 << 20,
	REPLY_QUIET_BYTES = 2 << 20
};

struct replay;
struct replays;

struct reply {
	struct pipe pipe;
	enum stream_end end;
	bool wants_usage;     /* the client is to see the usage as it comes */
	bool is_orphan;       /* nobody reads: count, but keep nothing */
	bool is_judged_whole; /* no stream: nothing leaves before its end has come */
	struct sse sse;
	char *sse_buf;
	struct sse_block block; /* STREAM_END_CLOSE: the one that is not whole yet */
	char *block_buf;
	size_t block_n, block_cap;
	char *spill; /* [spill_at, spill_n) waits for room in the pipe */
	size_t spill_at, spill_n, spill_cap;
	uint64_t *all_spilled;   /* dispatch's sum over all replies */
	struct replays *replays; /* where events are kept too, NULL = nowhere */
	struct replay *copy;
	struct reply_begun *begun; /* kept beginnings, oldest first */
	size_t begun_bytes;
	/* what was seen */
	struct usage_view usage; /* the newest that was GIVEN, else state says why */
	uint64_t n_chars;        /* of output, for an estimate */
	char model[USAGE_MODEL_BYTES], tier[USAGE_TIER_BYTES], id[USAGE_ID_BYTES];
	size_t n_id;
	uint64_t next_sequence; /* of the next event of a Responses stream */
	uint64_t created_s;     /* what an end of ours says of it, wall */
	bool is_running;        /* a response that goes on when its answer has ended */
	bool is_background;     /* … and when its stream has broken off */
	struct upstream_error *error; /* NULL until one came */
	bool has_error;               /* an error event came, or one for an answer */
	bool is_error_told; /* an error was passed on, with the stream's end */
	bool is_done;       /* the end mark came */
	bool has_output;    /* something was passed on */
	size_t n_quiet;     /* bytes taken since the last event */
};

struct reply *reply_new(const struct pipe *p, enum stream_end end, bool wants_usage,
	uint64_t *all_spilled);
void reply_free(struct reply *r); /* NULL is fine */

enum reply_verdict {
	REPLY_GO_ON,
	REPLY_HOLD,   /* nothing was taken: give the same bytes again later */
	REPLY_REFUSED /* not what the API promises: too long, or no JSON */
};

/* Bytes of an event stream. Behind an error event or the end mark all is dropped. An
 * error event is passed on only behind output; before it, it is an answer to be judged.
 * No JSON is refused, unless the stream is only relayed. */
enum reply_verdict reply_feed_stream(struct reply *r, struct str bytes);

/* The stream broke behind output: an error of ours, and its end. */
void reply_tell_failure(struct reply *r, const struct apierr_words *words);

/* The framing of the stream is complete: is it? One without an end mark that we know is,
 * unless it ends in the middle of an event. */
bool reply_end_stream(struct reply *r) ATTR_UNUSED_RESULT;

/* Bytes of a whole answer, or of an error's body (cut at REPLY_ERROR_BYTES). */
enum reply_verdict reply_feed_whole(struct reply *r, struct str bytes);
void reply_feed_error(struct reply *r, struct str bytes);

/* The whole answer has come: read its usage, or the error that is all there is of it
 * (has_error). False = it is no JSON object. */
bool reply_end_whole(struct reply *r) ATTR_UNUSED_RESULT;

/* The same of an answer that may be anything, or nothing, unless it is said to be JSON.
 * False = it is no JSON after all. */
bool reply_end_any(struct reply *r, bool is_json) ATTR_UNUSED_RESULT;

/* The error's body has come: r->error from it; nothing of it stays in the spill. */
void reply_end_error(struct reply *r);

/* Replace what waits by these bytes. */
void reply_set(struct reply *r, struct str bytes);

/* From now on what is passed on as events is kept there too; NULL = no more. */
void reply_keep_copy(struct reply *r, struct replays *replays, struct replay *copy);

/* What waits for room in the pipe. */
struct str reply_waiting(const struct reply *r);

/* Move what the pipe has room for; true = nothing waits any more. *moved = did some. */
bool reply_flush(struct reply *r, bool *moved);

#endif
