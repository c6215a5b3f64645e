/*
 * GET /monitoring/export: every row of a period, as CSV or JSON lines, written while it is
 * read: what is held at a time is one buffer, however many rows there are. ?newest=N are
 * the last N of them, newest first; ?search=TEXT those that have it in one of their words.
 *
 * Old rows may have been taken out: the header X-Atlas-Export-From says since when all are
 * there. If some of those go while it is written, it ends cut, or it would be taken for
 * whole.
 */
#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/tell_csv.h"
#include "store/extent.h"
#include "store/range.h"
#include "text/messages.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 64 * 1024, LINE_BYTES = 4096, SEARCH_BYTES = 128 };

#define NEWEST_MOST 10000

enum export_format { EXPORT_CSV, EXPORT_JSONL };

/* What is asked for. */
struct wanted {
	enum export_format format;
	uint64_t newest;           /* 0 = all, oldest first */
	size_t n_search;           /* 0 = any */
	char search[SEARCH_BYTES]; /* folded */
};

struct export
{
	struct wanted wanted;
	uint64_t from_ms, n_left; /* of the newest */
	uint64_t at_ms;           /* no row that is still to be read was sent before */
	struct extent extent;     /* as it began */
	uint64_t first;           /* no row before that sequence was sent since */
	bool is_begun, is_over, has_lost;
	const struct front *front;
	size_t n;
	char buffer[BUFFER_BYTES];
};

/* ---- lines ------------------------------------------------------------------------------- */

static size_t write_json(struct export *x, const struct row *r, const char *client)
{
	struct jsonw w;
	struct str line;
	jsonw_init_fixed(&w, x->buffer + x->n, LINE_BYTES - 1);
	tell_row(&w, r, client);
	if (!jsonw_done(&w, &line))
		return 0;
	x->buffer[x->n + line.n] = '\n';
	return line.n + 1;
}

static void write_line(struct export *x, const struct row *r, const char *client)
{
	if (x->wanted.format == EXPORT_CSV)
		x->n += tell_csv_row(r, client, x->buffer + x->n);
	else
		x->n += write_json(x, r, client);
}

/* ---- which ------------------------------------------------------------------------------- */

static bool has(const struct wanted *w, const char *text)
{
	char folded[LINE_BYTES];
	size_t n = strnlen(text, sizeof folded);
	memcpy(folded, text, n);
	messages_fold(folded, n);
	return memmem(folded, n, w->search, w->n_search) != NULL;
}

static bool is_wanted(const struct wanted *w, const struct row *r, const char *client)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	if (w->n_search == 0)
		return true;
	exchange_id_format(r->id, id);
	return has(w, id) || has(w, r->session) ||
	       has(w, client != NULL ? client : "") || has(w, r->model) ||
	       has(w, r->model_served) || has(w, r->key) || has(w, row_error(r)) ||
	       has(w, r->upstream_id) ||
	       has(w, outcome_name((enum attempt_outcome)r->outcome));
}

/* Stops the slice when the buffer has no room for another line. */
static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct export *x = arg;
	if (x->wanted.newest == 0)
		x->at_ms = r->sent_ms;
	if (r->sent_ms < x->from_ms) {
		x->is_over = x->wanted.newest > 0 && sequence <= x->first;
		return !x->is_over;
	}
	const char *client = monitoring_client(x->front, r->client_id);
	if (!is_wanted(&x->wanted, r, client))
		return true;
	write_line(x, r, client);
	x->is_over = x->wanted.newest > 0 && --x->n_left == 0;
	return !x->is_over && x->n + LINE_BYTES <= BUFFER_BYTES;
}

/* ---- the stream -------------------------------------------------------------------------- */

static void add_headers(struct http_reply *r, enum export_format format)
{
	bool is_csv = format == EXPORT_CSV;
	http_reply_add(r, STR("Content-Type"),
		is_csv ? STR("text/csv; charset=utf-8") : STR("application/x-ndjson"));
	http_reply_add(r, STR("Content-Disposition"),
		is_csv ? STR("attachment; filename=\"atlas.csv\"")
		       : STR("attachment; filename=\"atlas.jsonl\""));
	http_reply_add(r, STR("Cache-Control"), STR("no-store"));
}

static void add_from(struct http_reply *r, const struct export *x)
{
	char text[CLOCK_RFC3339_BYTES];
	clock_rfc3339(MAX(x->from_ms, x->extent.whole_ms), text);
	http_reply_add(r, STR("X-Atlas-Export-From"), (struct str){text, strlen(text)});
}

static void begin(struct export *x, struct conn *c)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 200);
	add_headers(&r, x->wanted.format);
	add_from(&r, x);
	conn_stream_begin(c, &r);
	x->is_begun = true;
	if (x->wanted.format == EXPORT_CSV)
		x->n = tell_csv_head(x->buffer);
}

static bool find_begin(struct export *x, struct walk *w, struct err *e)
{
	struct store *s = w->conn->front->store;
	if (!extent_read(s, &x->extent, e) ||
		!query_find_sent(s, x->from_ms, &w->place, e))
		return false;
	x->first = w->place.next;
	x->at_ms = x->from_ms;
	if (x->wanted.newest > 0)
		w->place = query_start_last();
	return true;
}

/* Has some of what it still had to read been taken out? at_ms: from before the slice. */
static bool look_for_loss(
	struct export *x, struct store *s, uint64_t at_ms, struct err *e)
{
	struct extent now;
	if (!extent_read(s, &now, e))
		return false;
	x->has_lost = extent_has_lost(&x->extent, &now, MAX(at_ms, x->from_ms));
	return true;
}

static enum query_verdict read_some(struct walk *w, struct err *e)
{
	struct export *x = w->state;
	struct store *s = w->conn->front->store;
	uint64_t at_ms = x->at_ms;
	enum query_verdict v = x->wanted.newest > 0
				       ? query_rows_back(s, &w->place, on_row, x, e)
				       : query_rows(s, &w->place, on_row, x, e);
	bool has_all = x->wanted.newest > 0 && x->n_left == 0;
	if (v != QUERY_FAILED && !has_all && !look_for_loss(x, s, at_ms, e))
		return QUERY_FAILED;
	return (x->is_over || x->has_lost) && v == QUERY_MORE ? QUERY_DONE : v;
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct export *x = w->state;
	if (!x->is_begun) {
		if (!find_begin(x, w, e)) {
			w->is_stream = false; /* nothing is out yet: an error can be */
			return QUERY_FAILED;
		}
		begin(x, w->conn);
	}
	enum query_verdict v = read_some(w, e);
	conn_stream_put(w->conn, (struct str){x->buffer, x->n}, STR(""));
	x->n = 0;
	return v;
}

static void finish(struct walk *w)
{
	const struct export *x = w->state;
	if (!x->has_lost) {
		conn_stream_end(w->conn);
		return;
	}
	log_event(LOG_WARN, EVENT_EXPORT_CUT,
		"reason=pruned text=\"rows were taken out before they were read: ask "
		"again, for a shorter period or by a client that reads faster\"");
	conn_stream_cut(w->conn);
}

/* ---- a HEAD: what the answer would say of itself ------------------------------------------ */

static enum query_verdict look(struct walk *w, struct err *e)
{
	struct export *x = w->state;
	return extent_read(w->conn->front->store, &x->extent, e) ? QUERY_DONE
								 : QUERY_FAILED;
}

static void answer_head(struct walk *w)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	const struct export *x = w->state;
	conn_reply_begin(w->conn, &r, buf, 200);
	add_headers(&r, x->wanted.format);
	add_from(&r, x);
	conn_reply_bare(w->conn, &r);
}

/* ---- the question ------------------------------------------------------------------------ */

static bool take_format(void *to, struct str value)
{
	enum export_format *format = to;
	if (value.n == 3 && memcmp(value.p, "csv", 3) == 0)
		*format = EXPORT_CSV;
	else if (value.n == 5 && memcmp(value.p, "jsonl", 5) == 0)
		*format = EXPORT_JSONL;
	else
		return false;
	return true;
}

static bool take_newest(void *to, struct str value)
{
	uint64_t *n = to;
	return num_parse_u64(value, n) && *n >= 1 && *n <= NEWEST_MOST;
}

static bool take_search(void *to, struct str value)
{
	struct wanted *w = to;
	if (value.n == 0 || value.n > sizeof w->search)
		return false;
	memcpy(w->search, value.p, value.n);
	messages_fold(w->search, value.n);
	w->n_search = value.n;
	return true;
}

static void start(struct conn *c, const struct wanted *wanted, uint64_t hours)
{
	struct range range;
	struct range_want want = range_last_hours(c->front->process.now_ms, hours);
	range_make(&range, &want);
	struct export *x = calloc(1, sizeof *x);
	must(x != NULL);
	x->wanted = *wanted;
	x->n_left = wanted->newest;
	x->from_ms = range.from_ms;
	x->front = c->front;
	bool is_head = c->request->head.method == HTTP_METHOD_HEAD;
	struct walk plan = {.slice = is_head ? look : slice,
		.finish = is_head ? answer_head : finish,
		.is_stream = !is_head,
		.state = x};
	walk_begin(c, &plan);
}

void export_handle(struct conn *c)
{
	uint64_t hours;
	struct wanted w = {.format = EXPORT_CSV};
	struct monitoring_param params[] = {
		monitoring_hours(&hours),
		{STR("format"), take_format, &w.format, "format must be csv or jsonl."},
		{STR("newest"), take_newest, &w.newest,
			"newest must be one whole number from 1 to 10000."},
		{STR("search"), take_search, &w,
			"search must have 1 to 128 bytes: what the rows must have in "
			"them."},
	};
	struct apierr e;
	if (!monitoring_read(c, params, N_ELEMENTS(params), &e))
		answer_apierr(c, &e);
	else
		start(c, &w, hours);
}
