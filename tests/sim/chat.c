/* POST /v1/chat/completions: judge, ask the weather, hand over. */
#include "chat.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"

struct slice chat_bearer(const struct http_request *req)
{
	struct slice value = http_find(req, "authorization");
	if (value.n < 7 || strncasecmp(value.p, "bearer ", 7) != 0)
		return (struct slice){NULL, 0};
	return slice_trim((struct slice){value.p + 7, value.n - 7});
}

bool chat_authorize(const struct sim *s, struct slice bearer, struct openai_error *e)
{
	const struct options *o = &s->options;
	bool known = o->n_api_keys == 0 && bearer.n > 0;
	for (size_t i = 0; i < o->n_api_keys; i++)
		known = known || slice_is(bearer, o->api_keys[i]);
	if (known)
		return true;
	*e = (struct openai_error){.status = 401, .type = "invalid_request_error"};
	if (bearer.n == 0) {
		openai_message(e,
			"You didn't provide an API key. You need to provide your API key "
			"in an Authorization header using Bearer auth (i.e. Authorization: "
			"Bearer YOUR_KEY). You can obtain an API key from "
			"https://platform.openai.com/account/api-keys.");
		return false;
	}
	e->code = "invalid_api_key";
	openai_message(e,
		"Incorrect API key provided: %.*s****. You can find your API key at "
		"https://platform.openai.com/account/api-keys.",
		(int)MIN(bearer.n, (size_t)3), bearer.p);
	return false;
}

static void no_such_model(struct openai_error *e, struct slice model)
{
	*e = (struct openai_error){.status = 404,
		.type = "invalid_request_error",
		.code = "model_not_found"};
	openai_message(e,
		"The model `%.*s` does not exist or you do not have access to it.",
		(int)MIN(model.n, (size_t)200), model.p);
}

static void note(struct sim *s, const struct exchange *ex)
{
	if (ex->client_id != NULL)
		seen_note(&s->ids, hash_bytes(0, slice_of(ex->client_id)));
	seen_note(&s->bodies, ex->bill.body_fnv);
	s->n_chats++;
	s->n_reused += ex->reused;
}

static void note_billed(struct sim *s, const struct exchange *ex)
{
	if (!ex->mode->billed)
		return;
	if (ex->client_id != NULL)
		seen_bill(&s->ids, hash_bytes(0, slice_of(ex->client_id)));
	seen_bill(&s->bodies, ex->bill.body_fnv);
}

static struct token_question question(
	const struct exchange *ex, const struct chat_request *r)
{
	return (struct token_question){
		.hash = r->hash,
		.chars = r->chars,
		.n_messages = r->n_messages,
		.max_completion = r->max_completion,
		.reasons = ex->bill.price->reasons,
	};
}

/* What the request asks for itself, over what the sky has for it. False with *e filled
 * when the wish is not understood: a typo must not pass as fair weather. */
static bool gather_wish(struct sim *s, const struct exchange *ex,
	const struct chat_request *r, struct slice header, struct wish *w,
	struct openai_error *e)
{
	*w = (struct wish){0};
	struct wish asked = {0};
	if (!wish_parse(w, r->directive) || !wish_parse(&asked, header)) {
		*e = (struct openai_error){.status = 400, .type = "sim_error"};
		openai_message(e, "openai-sim does not understand this wish: %.*s %.*s",
			(int)MIN(r->directive.n, (size_t)200), r->directive.p,
			(int)MIN(header.n, (size_t)200), header.p);
		return false;
	}
	wish_fill(w, &asked);
	weather_fill(&s->weather, ex->started_ns, ex->reused, w);
	return true;
}

/* Turn the wish into what the exchange will do. */
static void plan(struct sim *s, struct exchange *ex, const struct chat_request *r,
	const struct wish *w)
{
	const struct token_question q = question(ex, r);
	const struct options *o = &s->options;
	if (w->mode != NULL && (ex->reused || !w->mode->reused_only))
		ex->mode = w->mode;
	ex->arg = w->has[WISH_ARG] ? w->value[WISH_ARG] : ex->mode->arg;
	ex->full = tokens_count(&q, w, &ex->cut_by_length);
	ex->text = r->hash;
	ex->n_pieces = tokens_pieces(r->hash, &ex->full);
	ex->milli_tps = wish_get(w, WISH_MILLI_TPS, o->milli_tps);
	ex->delay_ns = wish_get(w, WISH_TTFT_MS, o->ttft_ms) * NS_PER_MS;
	ex->include_usage = r->include_usage;
	ex->bill.stream = r->stream;
	if (ex->mode->kind == MODE_REPLY && !r->stream && ex->milli_tps > 0)
		ex->delay_ns += ex->full.completion * 1000 * NS_PER_S / ex->milli_tps;
}

/* LangChain and Codex read the wait from the message: it says the same as the header. */
static void add_wait(struct openai_error *e)
{
	struct buf wait = {0};
	size_t n = strlen(e->message);
	openai_duration(&wait, e->retry_after_ms * NS_PER_MS);
	snprintf(e->message + n, sizeof e->message - n, " Please try again in %.*s.",
		SLICE_ARG(buf_view(&wait)));
	buf_free(&wait);
}

/* An error of the weather's, in the words of its row. */
static void refuse_by_mode(struct exchange *ex, struct slice model,
	const struct http_request *req, const struct wish *w)
{
	const struct mode *m = ex->mode;
	struct openai_error e = {
		.status = m->status,
		.type = m->type,
		.code = m->code,
		.retry_after_ms = wish_get(w, WISH_RETRY_AFTER_MS, 0),
	};
	const char *hole = strstr(m->message, "%MODEL%");
	struct slice auth = http_find(req, "authorization");
	if (hole != NULL)
		openai_message(&e, "%.*s%.*s%s", (int)(hole - m->message), m->message,
			SLICE_ARG(model), hole + 7);
	else if (m->echoes_auth)
		openai_message(&e, "%s%.*s", m->message, SLICE_ARG(auth));
	else
		openai_message(&e, "%s", m->message);
	if (e.retry_after_ms > 0 && m->status == 429)
		add_wait(&e);
	exchange_refuse(ex, &e, m->headers);
}

static bool judge(struct sim *s, struct exchange *ex, const struct http_request *req,
	struct chat_request *r, struct openai_error *e)
{
	struct slice bearer = chat_bearer(req);
	ex->bill.key_hash = hash_bytes(0, bearer);
	if (!chat_authorize(s, bearer, e))
		return false;
	ex->key = limiter_key(&s->limiter, ex->bill.key_hash);
	if (!chat_request_parse(req->body, s->options.seed, r, e))
		return false;
	ex->bill.stream = r->stream;
	ex->bill.price = price_find(r->model);
	if (ex->bill.price == NULL) {
		no_such_model(e, r->model);
		return false;
	}
	struct token_question q = question(ex, r);
	struct limiter_answer a = limiter_admit(
		&s->limiter, ex->key, tokens_admission(&q), ex->started_ns);
	ex->ticket = a.ticket;
	if (a.verdict != LIMITER_OK)
		openai_limit_error(e, &a, r->model);
	return a.verdict == LIMITER_OK;
}

void chat_handle(struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct exchange *ex = exchange_new(s, conn, req);
	struct chat_request r;
	struct openai_error e;
	struct wish w;
	note(s, ex);
	if (!judge(s, ex, req, &r, &e) ||
		!gather_wish(s, ex, &r, http_find(req, "x-sim-mode"), &w, &e)) {
		exchange_refuse(ex, &e, NULL);
		return;
	}
	plan(s, ex, &r, &w);
	note_billed(s, ex);
	if (ex->mode->kind == MODE_ERROR)
		refuse_by_mode(ex, r.model, req, &w);
	else
		exchange_run(ex);
}
