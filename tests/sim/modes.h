/*
 * The weathers a request can meet, one row each (modes.c). A row is data: it says how a
 * reply differs from a good one, and exchange.c reads it. A new mode is a new row.
 *
 * A mode is named as text, with its number behind a colon where it takes one:
 * "ok", "500", "cut-at:1234".
 */
#ifndef SIM_MODES_H
#define SIM_MODES_H

#include "basics.h"

enum mode_kind {
	MODE_REPLY, /* a reply, perhaps twisted */
	MODE_ERROR, /* an error in OpenAI's words */
	MODE_EARLY, /* closed before the request is read */
	MODE_DIE,   /* closed after it was read, without a byte */
	MODE_HOLE,  /* never answered */
	MODE_RAW,   /* bytes that are no reply: prefix, then filler until full */
};

enum mode_frame {
	FRAME_GOOD,        /* Content-Length for whole replies, chunked for streams */
	FRAME_LONG_LENGTH, /* Content-Length, longer than what comes */
	FRAME_CHUNKED,
	FRAME_CLOSE, /* ends when the connection does */
	FRAME_BARE,  /* no head at all */
};

enum mode_cut { CUT_NONE, CUT_HALF, CUT_AT_ARG };
/* The body byte by byte, arg apart: microseconds or milliseconds; the head, too. */
enum mode_trickle { TRICKLE_NONE, TRICKLE_BYTES, TRICKLE_DRIP, TRICKLE_ALL };

enum mode_usage {
	USAGE_TRUE,
	USAGE_MISSING,
	USAGE_NULL,
	USAGE_ZERO,
	USAGE_NEGATIVE,
	USAGE_HUGE,
};

struct mode {
	const char *name;
	const char *what; /* one line for --help */
	enum mode_kind kind;
	bool billed;          /* does the work get done and paid? */
	uint64_t arg;         /* the number after the colon when none is given */
	const char *arg_name; /* NULL = takes none */

	/* MODE_ERROR */
	int status;
	const char *type, *code, *message;
	bool echoes_auth; /* the message ends with the Authorization header */
	const char *body; /* instead of OpenAI's JSON */

	/* MODE_REPLY */
	enum mode_frame frame;
	enum mode_cut cut;
	enum mode_trickle trickle;
	enum mode_usage usage;
	const char *content_type; /* NULL = the right one */
	const char *headers;      /* more header lines; %PORT% is replaced by arg */
	bool two_lengths, no_done, two_dones, bom, cr_only, reused_only;
	bool error_event;  /* in the middle of the stream */
	bool fails;        /* … and of a response it is response.failed */
	bool silent_close; /* closes behind the reply without having said so */
	bool stalls;       /* half of it, then silence */
	bool long_line;    /* one line of arg MiB */
	bool bad_json;     /* the body, or the last event but one, ends too early */
	bool bad_utf8;     /* the same, with a byte that is none */
	bool deep;         /* a member of arg brackets */
	bool bomb;         /* arg MiB of blanks, in gzip */
	bool long_header;  /* one header line of arg MiB */

	/* MODE_RAW */
	const char *prefix, *filler; /* filler NULL = noise */
	uint64_t raw_bytes;
};

/* "name" or "name:123"; NULL when there is no such mode. */
const struct mode *mode_find(struct slice text, uint64_t *arg, bool *has_arg);

/* The table's first row: "ok". */
const struct mode *mode_ok(void);

/* Row i, or NULL behind the last. */
const struct mode *mode_at(size_t i);

#endif
