/*
 * GET /monitoring/export: every row of a period, as CSV or JSON lines, written while it is
 * read: what is held at a time is one buffer, however many rows there are.
 */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/tell_csv.h"
#include "store/range.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 64 * 1024, LINE_BYTES = 4096 };

enum export_format { EXPORT_CSV, EXPORT_JSONL };

struct export
{
	enum export_format format;
	uint64_t from_ms;
	bool is_begun;
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

/* Stops the slice when the buffer has no room for another line. */
static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct export *x = arg;
	(void)sequence;
	if (r->sent_ms < x->from_ms)
		return true;
	const char *client = monitoring_client(x->front, r->client_id);
	if (x->format == EXPORT_CSV)
		x->n += tell_csv_row(r, client, x->buffer + x->n);
	else
		x->n += write_json(x, r, client);
	return x->n + LINE_BYTES <= BUFFER_BYTES;
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

static void answer_head(struct conn *c, enum export_format format)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 200);
	add_headers(&r, format);
	conn_reply_whole(c, &r, STR(""));
}

static void begin(struct export *x, struct conn *c)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 200);
	add_headers(&r, x->format);
	conn_stream_begin(c, &r);
	x->is_begun = true;
	if (x->format == EXPORT_CSV)
		x->n = tell_csv_head(x->buffer);
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct export *x = w->state;
	struct store *s = w->conn->front->store;
	if (!x->is_begun) {
		if (!query_find_sent(s, x->from_ms, &w->place, e)) {
			w->is_stream = false; /* nothing is out yet: an error can be */
			return QUERY_FAILED;
		}
		begin(x, w->conn);
	}
	enum query_verdict v = query_rows(s, &w->place, on_row, x, e);
	conn_stream_put(w->conn, (struct str){x->buffer, x->n}, STR(""));
	x->n = 0;
	return v;
}

static void finish(struct walk *w)
{
	conn_stream_end(w->conn);
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

static void start(struct conn *c, enum export_format format, uint64_t hours)
{
	struct range range;
	struct range_want want = range_last_hours(c->front->process.now_ms, hours);
	range_make(&range, &want);
	struct export *x = calloc(1, sizeof *x);
	must(x != NULL);
	x->format = format;
	x->from_ms = range.from_ms;
	x->front = c->front;
	struct walk plan = {
		.slice = slice, .finish = finish, .is_stream = true, .state = x};
	walk_begin(c, &plan);
}

void export_handle(struct conn *c)
{
	uint64_t hours;
	enum export_format format = EXPORT_CSV;
	struct monitoring_param params[] = {
		monitoring_hours(&hours),
		{STR("format"), take_format, &format, "format must be csv or jsonl."},
	};
	struct apierr e;
	if (!monitoring_read(c, params, N_ELEMENTS(params), &e)) {
		answer_apierr(c, &e);
		return;
	}
	if (c->request->head.method == HTTP_METHOD_HEAD)
		answer_head(c, format);
	else
		start(c, format, hours);
}
