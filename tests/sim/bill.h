/*
 * The bill: the append-only truth about what every request cost, one JSON line an event.
 *
 *	struct bill_entry e = {…};
 *	bill_append(&bill, BILL_FINAL, &e);   the line waits in the batch
 *	bill_commit(&bill);                   once a loop turn: one write, one fdatasync
 *	… only now may an answer to any of them leave
 *
 * Lines of one request carry the same request_id and the last one holds: OPEN (a stream
 * has begun; the prompt is owed), then FINAL, or ABORT when the client left first. A whole
 * reply has its FINAL line before the first byte; an ABORT may follow it. So the sum over
 * the last lines with "billed":true is what is owed, at any moment.
 *
 * Without a file the lines stay in memory, at most 256 MiB; beyond, the oldest mebibyte
 * goes and `dropped` counts its lines. The totals never lose anything. With a file, lines
 * are only there, and a write that fails ends the program.
 */
#ifndef SIM_BILL_H
#define SIM_BILL_H

#include "buf.h"
#include "prices.h"

enum { BILL_STATUSES = 600 };

enum bill_event { BILL_OPEN, BILL_FINAL, BILL_ABORT };

/* What a request's line says. The owner keeps it from its first line to its last. */
struct bill_entry {
	const char *endpoint, *request_id;
	const char *client_id; /* x-client-request-id, NULL when not sent */
	uint64_t key_hash, body_fnv;
	const struct price *price; /* NULL = no known model was asked for */
	enum price_tier tier;      /* it is served by */
	struct usage usage;
	int status; /* 0 = nothing that has one was answered */
	bool stream;
	const char *mode;
	uint64_t sent_tokens; /* completion tokens given to the kernel */
	bool completed;       /* to the client's last byte, as far as we can tell */
	bool billed;

	/* the bill's own: what this request has put into the totals of which era */
	struct bill_share {
		bool counted, open, billed;
		uint64_t era, cost_nanousd;
		struct usage usage;
		int status;
	} share;
};

struct bill_totals {
	uint64_t requests, billed, open;
	struct usage usage;
	uint64_t cost_nanousd;
	uint64_t by_status[BILL_STATUSES];
};

struct bill_block;

struct bill {
	int fd; /* -1 = in memory */
	bool sync;
	uint64_t seq, dropped, n_commits;
	uint64_t era;               /* resets so far */
	uint64_t file_from, file_n; /* of the file: where this era begins; its length */
	struct buf batch;
	struct bill_block *first, *last;
	uint64_t memory_bytes;
	struct bill_totals totals;
};

/* path NULL = in memory. An existing file is appended to; fatal when that cannot be. */
void bill_open(struct bill *b, const char *path, bool sync);
void bill_close(struct bill *b);

void bill_append(struct bill *b, enum bill_event event, struct bill_entry *e);
void bill_commit(struct bill *b);

/* Forget lines in memory and totals. A file keeps its lines; bill_size() and bill_read()
 * then begin behind them. */
void bill_reset(struct bill *b);

/* The lines since the last reset as one run of bytes. bill_read() gives what it can. */
uint64_t bill_size(const struct bill *b);
size_t bill_read(const struct bill *b, uint64_t at, char *out, size_t n);

/* {"requests":…,…,"by_status":{…}} */
void bill_summary(const struct bill *b, struct buf *out);

#endif
