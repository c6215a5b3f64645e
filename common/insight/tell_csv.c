/* Lines of CSV. */
#include "insight/tell_csv.h"

#include "base/clock.h"
#include "base/num.h"
#include "insight/tell.h"
#include "segment/apis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct line {
	char *p;
	size_t n;
};

static void put(struct line *l, const char *text, size_t n)
{
	must(l->n + n <= TELL_CSV_BYTES);
	memcpy(l->p + l->n, text, n);
	l->n += n;
}

static void comma(struct line *l)
{
	if (l->n > 0)
		put(l, ",", 1);
}

static void text(struct line *l, const char *s)
{
	comma(l);
	put(l, "\"", 1);
	if (*s != '\0' && strchr("=+-@\t\r", *s) != NULL)
		put(l, "'", 1); /* or a spreadsheet runs a stranger's word */
	for (; *s != '\0'; s++)
		put(l, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
	put(l, "\"", 1);
}

static void number(struct line *l, uint64_t v)
{
	char buf[24];
	comma(l);
	put(l, buf, (size_t)snprintf(buf, sizeof buf, "%" PRIu64, v));
}

static void usd(struct line *l, uint64_t nanousd)
{
	char buf[NUM_USD_BYTES];
	num_format_usd(nanousd, buf);
	comma(l);
	put(l, buf, strlen(buf));
}

static void stamp(struct line *l, uint64_t wall_ms)
{
	char buf[CLOCK_RFC3339_BYTES] = "";
	if (wall_ms != 0)
		clock_rfc3339(wall_ms, buf);
	comma(l);
	put(l, buf, strlen(buf));
}

size_t tell_csv_head(char out[static TELL_CSV_BYTES])
{
	static const char names[] =
		"id,attempt,upstream_id,session_id,client,client_id,key,model,"
		"model_served,service_tier,priority,stream,prompt_tokens,cached_tokens,"
		"reasoning_tokens,completion_tokens,total_tokens,cost_usd,cost_nanousd,"
		"unpriced,outcome,status,error_code,failure,retries,final,queue_ms,"
		"first_token_ms,duration_ms,queued_at,sent_at,done_at,"
		"cache_write_tokens,prompt_audio_tokens,completion_audio_tokens,"
		"prompt_characters,completion_characters,estimated_tokens,"
		"cost_high_nanousd,price_version,pricing,stabilization,api,max_tokens,"
		"held_by,retry_by,retry_delay_ms\r\n";
	memcpy(out, names, sizeof names - 1);
	return sizeof names - 1;
}

static void names_of(struct line *l, const struct row *r, const char *client)
{
	char id[EXCHANGE_ID_TEXT_BYTES], client_id[TELL_CLIENT_BYTES];
	exchange_id_format(r->id, id);
	tell_client_id(r->client_id, client_id);
	text(l, id);
	number(l, r->attempt);
	text(l, r->upstream_id);
	text(l, r->session);
	text(l, client != NULL ? client : client_id);
	text(l, client_id);
	text(l, r->key);
	text(l, r->model);
	text(l, r->model_served);
	text(l, r->service_tier);
	text(l, exchange_priority_name((enum exchange_priority)r->priority));
	number(l, (r->flags & ROW_STREAM) != 0);
}

static void money_of(struct line *l, const struct row *r)
{
	number(l, r->prompt_tokens);
	number(l, r->cached_tokens);
	number(l, r->reasoning_tokens);
	number(l, r->completion_tokens);
	number(l, num_add_sat(r->prompt_tokens, r->completion_tokens));
	usd(l, r->cost_nanousd);
	number(l, r->cost_nanousd);
	number(l, (r->flags & ROW_UNPRICED) != 0);
}

static void course_of(struct line *l, const struct row *r)
{
	text(l, outcome_name((enum attempt_outcome)r->outcome));
	number(l, r->status);
	text(l, r->error_code);
	text(l, exchange_failure_name((enum exchange_failure)r->failure));
	number(l, r->retries);
	number(l, (r->flags & ROW_FINAL) != 0);
	number(l, r->queue_ns / NS_PER_MS);
	number(l, r->first_token_ns / NS_PER_MS);
	number(l, r->duration_ns / NS_PER_MS);
	stamp(l, r->queued_ms);
	stamp(l, row_is_unsent(r) ? 0 : r->sent_ms);
	stamp(l, r->done_ms);
}

/* The columns that came later. */
static void more_of(struct line *l, const struct row *r)
{
	char version[TELL_CLIENT_BYTES];
	tell_client_id(r->price_version, version);
	number(l, r->cache_write_tokens);
	number(l, r->prompt_audio_tokens);
	number(l, r->completion_audio_tokens);
	number(l, r->prompt_chars);
	number(l, r->completion_chars);
	number(l, r->estimated_tokens);
	number(l, r->high_nanousd);
	text(l, version);
	text(l, row_pricing_name(r));
	number(l, row_stabilization(r));
	text(l, api_name((enum exchange_api)r->api));
	number(l, r->max_tokens);
	text(l, row_held_by_name(r));
	text(l, row_retry_by_name(r));
	number(l, r->retry_ns / NS_PER_MS);
}

size_t tell_csv_row(
	const struct row *r, const char *client, char out[static TELL_CSV_BYTES])
{
	struct line l = {.p = out};
	names_of(&l, r, client);
	money_of(&l, r);
	course_of(&l, r);
	more_of(&l, r);
	put(&l, "\r\n", 2);
	return l.n;
}
