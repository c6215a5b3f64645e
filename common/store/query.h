/*
 * Reading the ledger: fronts, atlasctl, and record itself between two commits.
 *
 *	struct query_place at = query_start();
 *	enum query_verdict v;
 *	do
 *		v = query_rows(s, &at, on_row, arg, &e);     one slice
 *	while (v == QUERY_MORE);
 *
 * Every call is one read transaction of at most QUERY_SLICE_ROWS records or
 * QUERY_SLICE_NS, because a long one keeps the writer from using freed pages again, and
 * everybody else whom a front serves waiting. What is left is said by QUERY_MORE, and `at`
 * knows where to go on: by key, so what happened meanwhile disturbs nothing. Each slice is
 * one consistent moment.
 *
 * A record that fails its checksum is not given out: it is counted in `at`.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/rollup.h"
#include "store/store.h"
#include "store/token.h"
#include "store/totals.h"

enum { QUERY_SLICE_ROWS = 1000, QUERY_SLICE_NS = 200000 };

enum query_verdict { QUERY_DONE, QUERY_MORE, QUERY_FAILED };

/* Where a walk goes on, and what it could not read. */
struct query_place {
	uint64_t next;      /* sequence, attempt or client id */
	uint64_t n_bad;     /* damaged records passed by */
	uint64_t first_bad; /* the key of the first of them */
};

struct query_place query_start(void);      /* at the oldest */
struct query_place query_start_last(void); /* at the newest, for walks backwards */

/* Callbacks run within the transaction: they copy, format or add, and never wait. False
 * = stop behind this one (the call then says QUERY_MORE). */
typedef bool query_row_fn(void *arg, uint64_t sequence, const struct row *r);
typedef bool query_token_fn(void *arg, const struct token *t);

/* The newest commit: everything, ever. */
struct query_summary {
	struct totals total;
	uint64_t sequence;       /* facts applied */
	uint64_t n_open;         /* rows still OPEN, which no total counts */
	uint64_t kept_ms[TIERS]; /* where the points of each tier begin */
	uint64_t
		rows_from_ms; /* all rows that were sent from then on are kept; 0 = all */
};
bool query_summary(
	struct store *s, struct query_summary *out, struct err *e) ATTR_UNUSED_RESULT;

/* No point begins at *behind_ms or later; 0 = there is none. False = it cannot be read. */
bool query_behind(
	struct store *s, uint64_t *behind_ms, struct err *e) ATTR_UNUSED_RESULT;

/* All rows in the order of their intents, from at->next on. */
enum query_verdict query_rows(struct store *s, struct query_place *at, query_row_fn *fn,
	void *arg, struct err *e) ATTR_UNUSED_RESULT;

/* The same backwards, the newest first; at from query_start_last(). */
enum query_verdict query_rows_back(struct store *s, struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e) ATTR_UNUSED_RESULT;

/* Let *at begin where no row before it was sent at or after wall_ms. The first ones behind
 * it may have been sent earlier: a minute, or as much as the wall clock was set back.
 * False = it cannot be read. */
bool query_find_sent(struct store *s, uint64_t wall_ms, struct query_place *at,
	struct err *e) ATTR_UNUSED_RESULT;

/* The rows of a session, newest first; at from query_start_last(). They are a chain: a
 * damaged row is counted, and those before it are out of reach. It ends where rows have
 * been pruned. */
enum query_verdict query_session_rows(struct store *s, const char *session,
	struct query_place *at, query_row_fn *fn, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

/* What a session adds up to; all zero when nothing of it has been counted. A session is
 * known from its first attempt until it is forgotten (prune.h). False = it cannot be read. */
struct query_session {
	bool is_known;
	struct totals totals;
};
bool query_session(struct store *s, const char *session, struct query_session *out,
	struct err *e) ATTR_UNUSED_RESULT;

/* One request's attempts, first to last; none = no such request. */
enum query_verdict query_request(struct store *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e) ATTR_UNUSED_RESULT;

/* All client tokens ever made, revoked ones too, by id. */
enum query_verdict query_tokens(struct store *s, struct query_place *at,
	query_token_fn *fn, void *arg, struct err *e) ATTR_UNUSED_RESULT;

#endif
