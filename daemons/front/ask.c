/* From a checked request to an exchange. */
#include "front/ask.h"

#include "decide/places.h"
#include "front/answer.h"
#include "front/body_memory.h"
#include "front/relay.h"
#include "front/router.h"
#include "text/request_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES_MAX = 255, SLOTS_MIN = 256 };

/* How the bodies of each API are read. */
#define API(name, path, view, end, writes) [API_##name] = request_view_##view,
static request_viewer *const viewers[EXCHANGE_APIS] = {
#include "segment/apis.def"
};
#undef API

/* What is asked: its parts on the way into the region. */
struct asked {
	enum exchange_api api;
	bool is_get;
	struct request_view view;
	struct str body; /* as it came; the view's edit is still to be made */
	struct str path; /* of a relayed request */
	const struct ask_plan *plan; /* NULL = the client's own request */
	bool tells_queue;            /* see relay_wait() */
};

/* ---- slots ------------------------------------------------------------------------- */

void ask_init(struct front *f)
{
	f->arena = arena_new(
		f->channel.map, f->channel.region_offset, f->channel.region_bytes);
	must(f->arena != NULL);
	ask_make_room(f);
}

/* All that may wait and run could be ours, and there are replays and calls of tools. */
static uint32_t slots_for(const struct front *f)
{
	const struct settings *s = &f->process.settings;
	uint64_t n = SLOTS_MIN;
	while (n < places_all(s->queue_max_size) + s->max_concurrent)
		n *= 2;
	return (uint32_t)MIN(n, (uint64_t)f->channel.n_exchanges);
}

void ask_make_room(struct front *f)
{
	uint32_t n = slots_for(f);
	if (n <= f->n_slots)
		return;
	uint32_t more = n - f->n_slots;
	struct asker *askers =
		calloc(n, sizeof *askers); /* untouched until they are used */
	f->free_slots = reallocarray(f->free_slots, n, sizeof *f->free_slots);
	must(f->free_slots != NULL && askers != NULL);
	if (f->n_slots > 0)
		memcpy(askers, f->askers, f->n_slots * sizeof *askers);
	free(f->askers);
	f->askers = askers;
	memmove(&f->free_slots[more], f->free_slots, f->n_free * sizeof *f->free_slots);
	for (uint32_t i = 0; i < more; i++)
		f->free_slots[i] = n - 1 - i;
	f->n_free += more;
	f->n_slots = n;
}

void ask_fini(struct front *f)
{
	arena_free_all(f->arena);
	free(f->free_slots);
	free(f->askers);
}

void ask_drop_body(struct front *f, struct asker *a)
{
	if (a->body_offset == 0)
		return;
	arena_free(f->arena, a->body_offset);
	body_memory_give(f, a->body_bytes);
	a->body_offset = a->body_bytes = 0;
}

static void free_extents(struct front *f, struct asker *a)
{
	ask_drop_body(f, a);
	if (a->pipe_offset != 0)
		arena_free(f->arena, a->pipe_offset);
	*a = (struct asker){0};
}

void ask_release(struct front *f, uint32_t slot)
{
	struct exchange *x = &f->channel.exchanges[slot];
	admit_end(f, &f->askers[slot].admitted, x);
	exchange_move(x, EXCHANGE_FREE);
	free_extents(f, &f->askers[slot]);
	f->free_slots[f->n_free++] = slot;
}

void ask_for_attention(struct front *f, uint32_t slot)
{
	struct exchange_ref r = {slot, f->askers[slot].generation};
	/* A full lane loses the hint; dispatch's scan looks once a second. */
	(void)!channel_ask(&f->channel, PRIORITY_URGENT, r);
	f->ring_dispatch = true;
}

/* ---- the request part ----------------------------------------------------------------- */

static struct str header_of(const struct conn *c, struct str name)
{
	const struct request *q = c->request;
	const struct http_header *h = http_head_find(&q->head, q->head_text, name);
	return h ? http_str(q->head_text, h->value) : (struct str){NULL, 0};
}

static const enum counter_id asked_counter[PRIORITIES] = {
	[PRIORITY_LOW] = COUNTER_asked_low,
	[PRIORITY_NORMAL] = COUNTER_asked_normal,
	[PRIORITY_HIGH] = COUNTER_asked_high,
	[PRIORITY_URGENT] = COUNTER_asked_urgent};

static bool read_priority(
	const struct conn *c, enum exchange_priority *p, struct apierr *e)
{
	struct str v = header_of(c, STR("X-Atlas-Priority"));
	*p = PRIORITY_NORMAL;
	if (v.p == NULL || exchange_priority_parse(v, p))
		return true;
	return apierr_set(e, APIERR_INVALID_VALUE, NULL,
		"X-Atlas-Priority must be low, normal, high or urgent.");
}

static bool read_queue_events(
	const struct conn *c, struct asked *asked, struct apierr *e)
{
	static const struct str comments = STR("comments");
	struct str v = header_of(c, STR("X-Atlas-Queue-Events"));
	if (v.p == NULL)
		return true;
	asked->tells_queue = asked->view.is_stream;
	if (v.n == comments.n && memcmp(v.p, comments.p, v.n) == 0)
		return true;
	return apierr_set(e, APIERR_INVALID_VALUE, NULL,
		"X-Atlas-Queue-Events must be comments, or not be there.");
}

static bool read_session(const struct conn *c, const struct request_view *view,
	char out[static EXCHANGE_SESSION_BYTES], struct apierr *e)
{
	struct str v = header_of(c, STR("X-Atlas-Session"));
	if (v.p == NULL) {
		memcpy(out, view->session, EXCHANGE_SESSION_BYTES);
		return true;
	}
	if (v.n == 0 || v.n >= EXCHANGE_SESSION_BYTES)
		return apierr_set(e, APIERR_INVALID_VALUE, NULL,
			"X-Atlas-Session must have 1 to %d characters.",
			EXCHANGE_SESSION_BYTES - 1);
	memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return true;
}

/* What is asked, so that two requests can be told apart: body, path, method. */
static void hash_asked(const struct asked *asked, uint8_t out[static HASH_SHA256_BYTES])
{
	char parts[2 * HASH_SHA256_BYTES];
	hash_sha256(asked->body, (uint8_t *)parts);
	hash_sha256(asked->path, (uint8_t *)parts + HASH_SHA256_BYTES);
	hash_sha256((struct str){parts, sizeof parts}, out);
}

/* The client's name stands before its key, so that no two clients share one. What only
 * reads needs no key. */
static bool read_key(const struct conn *c, const struct asked *asked,
	struct exchange_request *q, struct apierr *e)
{
	struct str v = header_of(c, STR("Idempotency-Key"));
	uint8_t hash[HASH_SHA256_BYTES];
	char name[sizeof q->client_id + KEY_BYTES_MAX];
	if (v.p == NULL || asked->is_get)
		return true;
	if (v.n == 0 || v.n > KEY_BYTES_MAX)
		return apierr_set(e, APIERR_INVALID_VALUE, NULL,
			"Idempotency-Key must have 1 to %d characters.", KEY_BYTES_MAX);
	memcpy(name, &q->client_id, sizeof q->client_id);
	memcpy(name + sizeof q->client_id, v.p, v.n);
	hash_sha256((struct str){name, sizeof q->client_id + v.n}, hash);
	memcpy(q->key_hash, hash, sizeof q->key_hash);
	hash_asked(asked, hash);
	memcpy(q->body_hash, hash, sizeof q->body_hash);
	q->keyed = true;
	return true;
}

_Static_assert(
	(int)EXCHANGE_MODEL_BYTES == (int)REQUEST_MODEL_BYTES, "names of one length");
_Static_assert(
	(int)EXCHANGE_TIER_BYTES == (int)REQUEST_TIER_BYTES, "tiers of one length");

/* Everything but the places in the region. */
static bool fill_request(const struct conn *c, const struct asked *asked,
	struct exchange_request *q, struct apierr *e)
{
	const struct front *f = c->front;
	const struct request_view *view = &asked->view;
	enum exchange_priority priority;
	if (!read_priority(c, &priority, e) || !read_session(c, view, q->session, e))
		return false;
	memcpy(q->model, view->model, sizeof q->model);
	memcpy(q->tier, view->tier, sizeof q->tier);
	if (asked->plan != NULL) {
		if (asked->plan->has_priority)
			priority = asked->plan->priority;
		snprintf(q->session, sizeof q->session, "%s", asked->plan->session);
	}
	const struct client *client =
		clients_at(&f->process.segment->clients, c->request->client_ix);
	exchange_id_make(f->process.now_ms, q->id);
	q->kind = EXCHANGE_COMPLETION;
	q->api = (uint8_t)asked->api;
	q->is_get = asked->is_get;
	q->path_bytes = (uint16_t)asked->path.n; /* a head's part, so it fits */
	q->has_unseen_prompt = view->has_unseen_prompt;
	q->priority = (uint8_t)priority;
	q->stream = view->is_stream;
	q->wants_usage = view->wants_usage;
	q->n_choices = (uint16_t)MIN(view->n_choices, UINT16_MAX);
	q->client_ix = c->request->client_ix;
	q->client_id = client ? client->id : 0;
	q->prompt_chars = view->n_prompt_chars + view->n_schema_bytes;
	q->max_tokens = view->has_max_tokens ? view->max_tokens : 0;
	q->queued_ns = f->process.now_ns;
	q->queued_ms = f->process.now_ms;
	q->body_bytes = edit_size(asked->body, &asked->view.edit);
	return asked->plan != NULL || read_key(c, asked, q, e);
}

/* ---- into the region and the lane -------------------------------------------------------- */

static bool place(struct front *f, struct asker *a, struct exchange_request *q)
{
	size_t n = q->body_bytes + q->path_bytes;
	q->pipe_bytes =
		q->stream ? EXCHANGE_STREAM_PIPE_BYTES : EXCHANGE_WHOLE_PIPE_BYTES;
	if (!arena_alloc(f->arena, n, &a->body_offset)) {
		a->body_offset = 0;
		return false;
	}
	a->body_bytes = n;
	body_memory_copy(f, n);
	if (!arena_alloc(f->arena, q->pipe_bytes, &a->pipe_offset)) {
		a->pipe_offset = 0;
		free_extents(f, a);
		return false;
	}
	q->body_offset = a->body_offset;
	q->pipe_offset = a->pipe_offset;
	return true;
}

static void copy_text(struct front *f, const struct asker *a, const struct asked *asked,
	const struct exchange_request *q)
{
	char *dst = channel_region_at(&f->channel, a->body_offset, a->body_bytes);
	must(dst != NULL);
	edit_apply(asked->body, &asked->view.edit, dst);
	if (asked->path.p != NULL)
		memcpy(dst + q->body_bytes, asked->path.p, asked->path.n);
}

/* APIERR_N: it is QUEUED in that slot. */
static enum apierr_reason put(struct front *f, const struct asked *asked,
	const struct exchange_request *filled, uint32_t *put_in)
{
	if (f->n_free == 0)
		return APIERR_QUEUE_FULL;
	uint32_t slot = f->free_slots[f->n_free - 1];
	struct exchange_request placed = *filled;
	struct asker *a = &f->askers[slot];
	if (!place(f, a, &placed))
		return APIERR_BODY_MEMORY_FULL;
	f->n_free--;
	struct exchange *x = channel_begin(&f->channel, slot);
	a->generation = exchange_generation(x);
	copy_text(f, a, asked, &placed);
	x->request = placed;
	struct exchange_ref r = {slot, a->generation};
	enum exchange_priority priority = (enum exchange_priority)placed.priority;
	if (!channel_has_room(&f->channel, priority)) {
		ask_release(f, slot);
		return APIERR_QUEUE_FULL;
	}
	exchange_move(x, EXCHANGE_QUEUED);
	must(channel_ask(&f->channel, priority, r));
	f->ring_dispatch = true;
	*put_in = slot;
	return APIERR_N;
}

static enum apierr_reason submit(struct conn *c, const struct asked *asked,
	const struct exchange_request *filled, const struct admitted *admitted)
{
	uint32_t slot;
	enum apierr_reason full = put(c->front, asked, filled, &slot);
	if (full != APIERR_N)
		return full;
	struct asker *a = &c->front->askers[slot];
	a->conn = c;
	a->admitted = *admitted;
	if (asked->plan != NULL)
		relay_wait_for(c, slot, asked->plan->sink, asked->plan->sink_arg);
	else
		relay_wait(c, slot, asked->tells_queue);
	return APIERR_N;
}

/* No place: whoever comes again finds one when the first of those who wait has gone. */
static void refuse_full(struct conn *c, enum apierr_reason why)
{
	struct apierr e;
	uint64_t wait_ms =
		why == APIERR_QUEUE_FULL ? relay_shortest_wait_ms(c->front) : 0;
	(void)apierr_default(&e, why);
	answer_apierr_wait(c, &e, wait_ms, &(struct answer_headers){0});
}

static bool read_asked(struct conn *c, struct asked *asked,
	struct exchange_request *filled, struct apierr *e)
{
	if (c->request->n_body > 0 && !asked->is_get && asked->plan == NULL)
		asked->body = (struct str){c->request->body, c->request->n_body};
	/* a relayed POST may be one of a path alone: /v1/batches/ID/cancel */
	bool has_body = asked->api == API_RELAYED ? asked->body.n > 0 : !asked->is_get;
	return (!has_body || viewers[asked->api](asked->body, &asked->view, e)) &&
	       read_queue_events(c, asked, e) && fill_request(c, asked, filled, e);
}

/* False = refused and answered. */
static bool ask(struct conn *c, struct asked *asked)
{
	struct apierr e;
	struct exchange_request filled = {0};
	struct admitted admitted;
	process_read_clocks(&c->front->process); /* stamps and rates go by now */
	if (!read_asked(c, asked, &filled, &e)) {
		process_count(&c->front->process, COUNTER_requests_refused, 1);
		answer_apierr(c, &e);
		return false;
	}
	if (front_is_held(c->front)) {
		process_count(&c->front->process, COUNTER_requests_refused, 1);
		answer_error(c, APIERR_DRAINING);
		return false;
	}
	bool has_priority = header_of(c, STR("X-Atlas-Priority")).p != NULL ||
			    (asked->plan != NULL && asked->plan->has_priority);
	if (!admit(c, &filled, has_priority, &admitted))
		return false;
	if (asked->plan != NULL)
		memcpy(asked->plan->id, filled.id, sizeof filled.id);
	enum apierr_reason full = submit(c, asked, &filled, &admitted);
	if (full != APIERR_N) {
		admit_undo(c->front, &admitted);
		process_count(&c->front->process, COUNTER_requests_refused, 1);
		refuse_full(c, full);
		return false;
	}
	conn_drop_body(c);
	process_count(&c->front->process, COUNTER_exchanges_asked, 1);
	process_count(&c->front->process, asked_counter[filled.priority], 1);
	return true;
}

bool ask_for(struct conn *c, const struct ask_plan *plan)
{
	struct asked asked = {
		.api = plan->api, .body = plan->body, .path = STR(""), .plan = plan};
	return ask(c, &asked);
}

enum apierr_reason ask_tool(struct conn *c, const struct ask_tool *tool, uint32_t *slot)
{
	struct front *f = c->front;
	const struct client *client =
		clients_at(&f->process.segment->clients, c->request->client_ix);
	struct asked asked = {.body = tool->args, .path = STR("")};
	struct exchange_request q = {.kind = EXCHANGE_TOOL,
		.api = API_CHAT_COMPLETIONS,
		.priority = PRIORITY_NORMAL,
		.n_choices = 1,
		.client_ix = c->request->client_ix,
		.client_id = client ? client->id : 0,
		.body_bytes = tool->args.n,
		.queued_ns = f->process.now_ns,
		.queued_ms = f->process.now_ms};
	exchange_id_make(f->process.now_ms, q.id);
	must(tool->name.n < sizeof q.model); /* as conf takes it */
	memcpy(q.model, tool->name.p, tool->name.n);
	snprintf(q.session, sizeof q.session, "%s", tool->session);
	return put(f, &asked, &q, slot);
}

/* The API at a path that routes.def has for it. */
static enum exchange_api api_at(struct str path)
{
	unsigned i = 0;
	for (; i < EXCHANGE_APIS; i++) {
		struct str known = api_get((enum exchange_api)i)->path;
		if (known.n > 0 && path.n == sizeof "/v1" - 1 + known.n &&
			memcmp(path.p + sizeof "/v1" - 1, known.p, known.n) == 0)
			break;
	}
	must(i < EXCHANGE_APIS);
	return (enum exchange_api)i;
}

void ask_handle(struct conn *c)
{
	const struct request *q = c->request;
	struct asked asked = {
		.api = api_at(http_str(q->head_text, q->head.path)), .path = STR("")};
	(void)ask(c, &asked);
}

void ask_relayed_handle(struct conn *c)
{
	const struct http_head *h = &c->request->head;
	struct str path = http_str(c->request->head_text, h->path);
	size_t n_query = h->query.n > 0 ? h->query.n + 1 : 0; /* with its "?" */
	struct asked asked = {.api = API_RELAYED,
		.is_get = h->method == HTTP_METHOD_GET,
		.view.n_choices = 1,
		.body = STR(""),
		.path = {path.p + sizeof "/v1" - 1,
			path.n - (sizeof "/v1" - 1) + n_query}};
	(void)ask(c, &asked);
}
