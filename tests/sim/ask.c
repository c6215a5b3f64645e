/* Judge a request, ask the weather, hand over. */
#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"
#include "json.h"
#include "schema.h"
#include "words.h"

struct slice ask_bearer(const struct http_request *req)
{
	struct slice value = http_find(req, "authorization");
	if (value.n < 7 || strncasecmp(value.p, "bearer ", 7) != 0)
		return (struct slice){NULL, 0};
	return slice_trim((struct slice){value.p + 7, value.n - 7});
}

bool ask_authorize(const struct sim *s, struct slice bearer, struct openai_error *e)
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

static struct token_question tokens_of(
	const struct exchange *ex, const struct question *q)
{
	return (struct token_question){
		.hash = q->hash,
		.chars = q->chars,
		.n_messages = q->n_messages,
		.max_completion = q->max_completion,
		.n_choices = ex->endpoint->use == USE_VECTOR ? 0 : q->n_choices,
		.reasons = ex->bill.price->reasons,
		.caches = ex->endpoint->use == USE_CHAT,
	};
}

/* What the request asks for itself, over what the sky has for it. False with *e filled
 * when the wish is not understood: a typo must not pass as fair weather. */
static bool gather_wish(struct sim *s, const struct exchange *ex,
	struct slice directive, struct slice header, struct wish *w,
	struct openai_error *e)
{
	struct wish asked = {0};
	if (!wish_parse(w, directive) || !wish_parse(&asked, header)) {
		*e = (struct openai_error){.status = 400, .type = "sim_error"};
		openai_message(e, "openai-sim does not understand this wish: %.*s %.*s",
			(int)MIN(directive.n, (size_t)200), directive.p,
			(int)MIN(header.n, (size_t)200), header.p);
		return false;
	}
	wish_fill(w, &asked);
	weather_fill(&s->weather, ex->started_ns, ex->reused, w);
	return true;
}

/* ---- what will be said ---------------------------------------------------------- */

/* The arguments wished for, or an example of what the tool says it takes. */
static void add_call(struct exchange *ex, const struct question *q, struct slice name,
	struct slice args)
{
	struct buf example = {0};
	const struct question_tool *tool = question_tool(q, name);
	if (args.n == 0)
		schema_example(&example,
			tool != NULL ? tool->parameters : (struct slice){NULL, 0},
			q->hash);
	speech_add_call(&ex->speech, name, args.n > 0 ? args : buf_view(&example));
	buf_free(&example);
}

/* Calls the wish orders, or tool_choice; not once their results are there. */
static void plan_calls(
	struct exchange *ex, const struct question *q, const struct wish *w)
{
	struct slice rest = {w->calls, w->calls_n}, name, args;
	const struct question_tool *tool = question_tool(q, q->must_name);
	if (q->has_results)
		return;
	while (wish_take_call(&rest, &name, &args))
		add_call(ex, q, name, args);
	if (ex->speech.n_calls == 0 && q->must_call && tool != NULL)
		add_call(ex, q, tool->name, (struct slice){NULL, 0});
}

static void plan_json(struct exchange *ex, const struct question *q)
{
	struct buf text = {0};
	struct slice any = SLICE("{\"properties\":{\"answer\":{\"type\":\"string\"},"
				 "\"certainty\":{\"type\":\"integer\"}}}");
	schema_example(&text, q->schema.n > 0 ? q->schema : any, q->hash);
	if (ex->cut_by_length)
		text.n /= 2;
	speech_use_json(&ex->speech, &text);
}

/* Words end with a passage, unless max_tokens ends them. */
static void plan_words(
	struct exchange *ex, const struct question *q, const struct wish *w)
{
	uint64_t n = MAX(q->n_choices, UINT64_C(1));
	uint64_t said = (ex->full.completion - ex->full.reasoning) / n;
	uint64_t words = tokens_pieces(q->hash, said);
	bool open = words > 0 && !ex->cut_by_length && !w->has[WISH_TOKENS];
	speech_use_words(&ex->speech, open ? words_whole(q->hash, words) : words);
}

static void plan_speech(
	struct exchange *ex, const struct question *q, const struct wish *w)
{
	ex->speech.hash = q->hash;
	ex->speech.n_choices = q->n_choices;
	if (ex->endpoint->use == USE_CHAT)
		plan_calls(ex, q, w);
	if (ex->speech.n_calls == 0 && q->format == FORMAT_JSON)
		plan_json(ex, q);
	else if (ex->speech.n_calls == 0)
		plan_words(ex, q, w);
	ex->n_pieces = speech_length(&ex->speech) * q->n_choices;
}

/* ---- how it will go ------------------------------------------------------------- */

/* What the answer must remember of the question. */
static void keep(struct exchange *ex, struct question *q)
{
	static const size_t own[] = {1536, 3072};
	bool large = strstr(ex->bill.price->name, "large") != NULL;
	ex->include_usage = q->include_usage;
	ex->logprobs = q->logprobs;
	ex->top_logprobs = q->top_logprobs;
	ex->background = q->background && !q->stream;
	ex->store = q->store;
	ex->dimensions = q->dimensions > 0 ? (size_t)q->dimensions : own[large];
	ex->base64 = q->base64;
	ex->inputs = q->inputs;
	q->inputs = (struct buf){0};
}

static enum price_tier tier_of(
	const struct exchange *ex, const struct question *q, const struct wish *w)
{
	enum price_tier tier = (enum price_tier)wish_get(w, WISH_TIER, q->tier);
	return price_tier_served(ex->bill.price, tier);
}

static struct openai_hints hints_of(const struct wish *w)
{
	struct openai_hints h = {
		.retry_as =
			(enum openai_retry_as)wish_get(w, WISH_RETRY_AS, RETRY_BOTH),
		.limits = (enum openai_limits)wish_get(w, WISH_LIMITS, LIMITS_TRUE),
	};
	if (w->has[WISH_SHOULD_RETRY])
		h.should_retry = w->value[WISH_SHOULD_RETRY] ? "true" : "false";
	return h;
}

/* Turn the wish into what the exchange will do. */
static void plan(
	struct sim *s, struct exchange *ex, struct question *q, const struct wish *w)
{
	struct token_question t = tokens_of(ex, q);
	const struct options *o = &s->options;
	if (w->mode != NULL && (ex->reused || !w->mode->reused_only))
		ex->mode = w->mode;
	if (ex->mode->billed)
		t.seen_permille = prefix_match(&s->prefixes, q->trail,
			ex->bill.key_hash ^ hash_bytes(1, q->model), ex->started_ns);
	ex->arg = w->has[WISH_ARG] ? w->value[WISH_ARG] : ex->mode->arg;
	ex->full = tokens_count(&t, w, &ex->cut_by_length);
	ex->bill.tier = tier_of(ex, q, w);
	keep(ex, q);
	plan_speech(ex, q, w);
	ex->hints = hints_of(w);
	ex->milli_tps = wish_get(w, WISH_MILLI_TPS, o->milli_tps);
	ex->delay_ns = wish_get(w, WISH_TTFT_MS, o->ttft_ms) * NS_PER_MS;
	if (ex->mode->kind == MODE_REPLY && !ex->bill.stream && ex->milli_tps > 0)
		ex->delay_ns += ex->full.completion * 1000 * NS_PER_S / ex->milli_tps;
}

/* ---- refusals ------------------------------------------------------------------- */

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
	const char *hole = m->message ? strstr(m->message, "%MODEL%") : NULL;
	struct slice auth = http_find(req, "authorization");
	if (hole != NULL)
		openai_message(&e, "%.*s%.*s%s", (int)(hole - m->message), m->message,
			SLICE_ARG(model), hole + 7);
	else if (m->echoes_auth)
		openai_message(&e, "%s%.*s", m->message, SLICE_ARG(auth));
	else
		openai_message(&e, "%s", m->message ? m->message : "");
	if (e.retry_after_ms > 0 && m->status == 429 &&
		ex->hints.retry_as != RETRY_NONE)
		add_wait(&e);
	exchange_refuse(ex, &e, m->headers);
}

static bool check_model(
	struct exchange *ex, const struct question *q, struct openai_error *e)
{
	ex->bill.price = price_find(q->model);
	if (ex->bill.price == NULL) {
		no_such_model(e, q->model);
		return false;
	}
	/* instruct models are the only ones that chat endpoints do not take, and back */
	if (ex->bill.price->use == ex->endpoint->use)
		return true;
	*e = (struct openai_error){
		.status = 404, .type = "invalid_request_error", .param = "model"};
	openai_message(e, "The model `%.*s` is not supported in the v1%s endpoint.",
		SLICE_ARG(q->model), ex->endpoint->path);
	return false;
}

static bool judge(struct sim *s, struct exchange *ex, const struct http_request *req,
	struct question *q, struct openai_error *e)
{
	struct slice bearer = ask_bearer(req);
	ex->bill.key_hash = hash_bytes(0, bearer);
	if (!ask_authorize(s, bearer, e))
		return false;
	ex->key = limiter_key(&s->limiter, ex->bill.key_hash);
	if (!question_parse(q, req->body, ex->endpoint->read, e))
		return false;
	ex->bill.stream = q->stream;
	if (!check_model(ex, q, e))
		return false;
	struct token_question t = tokens_of(ex, q);
	struct limiter_answer a = limiter_admit(
		&s->limiter, ex->key, tokens_admission(&t), ex->started_ns);
	ex->ticket = a.ticket;
	if (a.verdict != LIMITER_OK)
		openai_limit_error(e, &a, q->model);
	return a.verdict == LIMITER_OK;
}

static void begin(struct sim *s, struct exchange *ex, const struct http_request *req,
	struct question *q)
{
	struct openai_error e;
	struct wish w = {0};
	struct buf directive = {0};
	bool ok = judge(s, ex, req, q, &e);
	if (ok) {
		json_unescape(&directive, q->directive);
		ok = gather_wish(s, ex, buf_view(&directive),
			http_find(req, "x-sim-mode"), &w, &e);
	}
	buf_free(&directive);
	if (!ok) {
		exchange_refuse(ex, &e, NULL);
		return;
	}
	plan(s, ex, q, &w);
	note_billed(s, ex);
	if (ex->mode->kind == MODE_ERROR)
		refuse_by_mode(ex, q->model, req, &w);
	else
		exchange_run(ex);
}

void ask_handle(struct sim *s, const struct endpoint *endpoint, struct http_conn *conn,
	const struct http_request *req)
{
	struct exchange *ex = exchange_new(s, endpoint, conn, req);
	struct question q;
	note(s, ex);
	question_init(&q, s->options.seed, &s->trail);
	begin(s, ex, req, &q);
	question_fini(&q);
}
