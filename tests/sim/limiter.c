/* The strict rate limit: an exact log of the last 60 s per key. */
#include "limiter.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_NS (60 * NS_PER_S)
#define FOREIGN   UINT32_MAX

struct limiter_key *limiter_key(struct limiter *l, uint64_t hash)
{
	for (size_t i = 0; i < l->n_keys; i++)
		if (l->keys[i].hash == hash)
			return &l->keys[i];
	if (l->n_keys < LIMITER_KEYS)
		l->keys[l->n_keys++] = (struct limiter_key){.hash = hash};
	return &l->keys[l->n_keys - 1];
}

static struct limiter_entry *entry(const struct limiter_key *k, uint64_t at)
{
	return &k->ring[at & (k->cap - 1)];
}

static void drop_oldest(struct limiter_key *k)
{
	const struct limiter_entry *e = entry(k, k->head++);
	k->counted -= e->counted;
	if (e->truth == FOREIGN)
		return;
	k->truth -= e->truth;
	k->own_counted -= e->counted;
	k->n_own--;
}

static void expire(struct limiter_key *k, uint64_t now_ns)
{
	while (k->head < k->tail && entry(k, k->head)->t_ns + WINDOW_NS <= now_ns)
		drop_oldest(k);
}

static void double_ring(struct limiter_key *k)
{
	uint64_t cap = k->cap > 0 ? k->cap * 2 : 1024;
	struct limiter_entry *ring = grow(NULL, cap * sizeof *ring);
	for (uint64_t at = k->head; at < k->tail; at++)
		ring[at & (cap - 1)] = *entry(k, at);
	free(k->ring);
	k->ring = ring;
	k->cap = cap;
}

static uint32_t clamp32(uint64_t v)
{
	return (uint32_t)MIN(v, (uint64_t)FOREIGN - 1);
}

static void note_maxima(struct limiter_key *k)
{
	k->max_requests = MAX(k->max_requests, k->n_own);
	k->max_counted = MAX(k->max_counted, k->own_counted);
	k->max_truth = MAX(k->max_truth, k->truth);
}

static uint64_t append(
	struct limiter_key *k, uint64_t tokens, bool own, uint64_t now_ns)
{
	if (k->tail - k->head == k->cap) {
		if (k->cap < LIMITER_ENTRIES) {
			double_ring(k);
		} else {
			drop_oldest(k);
			k->forgotten++;
		}
	}
	uint32_t counted = clamp32(tokens);
	*entry(k, k->tail) = (struct limiter_entry){now_ns, counted, own ? 0 : FOREIGN};
	k->counted += counted;
	if (own) {
		k->n_own++;
		k->own_counted += counted;
		note_maxima(k);
	}
	return k->tail++;
}

/* Until `places` more entries are gone. */
static uint64_t wait_for_places(
	const struct limiter_key *k, uint64_t places, uint64_t now_ns)
{
	return entry(k, k->head + places - 1)->t_ns + WINDOW_NS - now_ns;
}

/* Until `tokens` more are free. */
static uint64_t wait_for_tokens(
	const struct limiter_key *k, uint64_t tokens, uint64_t now_ns)
{
	uint64_t at = k->head, freed = 0;
	for (; at < k->tail; at++) {
		freed += entry(k, at)->counted;
		if (freed >= tokens)
			break;
	}
	return entry(k, MIN(at, k->tail - 1))->t_ns + WINDOW_NS - now_ns;
}

static struct limiter_answer judge(const struct limiter *l, const struct limiter_key *k,
	uint64_t tokens, uint64_t now_ns)
{
	uint64_t n = k->tail - k->head;
	struct limiter_answer a = {.verdict = LIMITER_OK};
	if (l->tpm > 0 && tokens > l->tpm) {
		a = (struct limiter_answer){LIMITER_TOO_LARGE, l->tpm, 0, tokens, 0, 0};
	} else if (l->rpm > 0 && n + 1 > l->rpm) {
		a = (struct limiter_answer){LIMITER_REQUESTS, l->rpm, n, 1, 0, 0};
		a.wait_ns = wait_for_places(k, n + 1 - l->rpm, now_ns);
	} else if (l->tpm > 0 && k->counted + tokens > l->tpm) {
		a = (struct limiter_answer){
			LIMITER_TOKENS, l->tpm, k->counted, tokens, 0, 0};
		a.wait_ns = wait_for_tokens(k, k->counted + tokens - l->tpm, now_ns);
	}
	return a;
}

struct limiter_answer limiter_admit(
	struct limiter *l, struct limiter_key *k, uint64_t tokens, uint64_t now_ns)
{
	expire(k, now_ns);
	struct limiter_answer a = judge(l, k, tokens, now_ns);
	switch (a.verdict) {
	case LIMITER_OK:
		a.ticket = append(k, tokens, true, now_ns);
		break;
	case LIMITER_REQUESTS:
		k->over_requests++;
		break;
	case LIMITER_TOKENS:
		k->over_tokens++;
		break;
	case LIMITER_TOO_LARGE:
		k->too_large++;
		break;
	}
	return a;
}

void limiter_settle(struct limiter_key *k, uint64_t ticket, uint64_t tokens)
{
	if (ticket < k->head || ticket >= k->tail)
		return;
	struct limiter_entry *e = entry(k, ticket);
	uint32_t truth = clamp32(tokens);
	k->truth += truth - e->truth;
	e->truth = truth;
	if (truth > e->counted) {
		k->counted += truth - e->counted;
		k->own_counted += truth - e->counted;
		e->counted = truth;
	}
	note_maxima(k);
}

static uint64_t sub_sat(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

struct limiter_state limiter_state(
	const struct limiter *l, struct limiter_key *k, uint64_t now_ns)
{
	expire(k, now_ns);
	struct limiter_state s = {
		sub_sat(l->rpm, k->tail - k->head), sub_sat(l->tpm, k->counted), 0};
	if (k->tail > k->head)
		s.reset_ns = entry(k, k->tail - 1)->t_ns + WINDOW_NS - now_ns;
	return s;
}

void limiter_cotenants(struct limiter *l, uint64_t now_ns, uint64_t elapsed_ns)
{
	if (l->cotenant_rpm <= 0)
		return;
	l->owed_requests += l->cotenant_rpm * (double)elapsed_ns / (double)WINDOW_NS;
	uint64_t tokens = (uint64_t)(l->cotenant_tpm / l->cotenant_rpm);
	uint64_t due = (uint64_t)l->owed_requests;
	l->owed_requests -= (double)due;
	for (; due > 0; due--) {
		for (size_t i = 0; i < l->n_keys; i++) {
			struct limiter_key *k = &l->keys[i];
			expire(k, now_ns);
			if (judge(l, k, tokens, now_ns).verdict == LIMITER_OK)
				append(k, tokens, false, now_ns);
		}
	}
}

void limiter_reset(struct limiter *l)
{
	for (size_t i = 0; i < l->n_keys; i++) {
		struct limiter_key *k = &l->keys[i];
		/* the tail goes on counting, so that tickets of running requests miss */
		*k = (struct limiter_key){.hash = k->hash,
			.ring = k->ring,
			.cap = k->cap,
			.head = k->tail,
			.tail = k->tail};
	}
	l->owed_requests = 0;
}

static void report_key(const struct limiter_key *k, struct buf *out)
{
	BUF_LIT(out, "{");
	buf_member_hex(out, "key_hash8", k->hash >> 32, 8);
	buf_member_u64(out, "requests", k->tail - k->head);
	buf_member_u64(out, "tokens", k->counted);
	buf_member_u64(out, "max_requests", k->max_requests);
	buf_member_u64(out, "max_tokens", k->max_counted);
	buf_member_u64(out, "max_true_tokens", k->max_truth);
	buf_member_u64(out, "refused_requests", k->over_requests);
	buf_member_u64(out, "refused_tokens", k->over_tokens);
	buf_member_u64(out, "refused_too_large", k->too_large);
	buf_member_u64(
		out, "violations", k->over_requests + k->over_tokens + k->too_large);
	buf_member_u64(out, "forgotten", k->forgotten);
	BUF_LIT(out, "}");
}

void limiter_report(struct limiter *l, uint64_t now_ns, struct buf *out)
{
	BUF_LIT(out, "{");
	buf_member_u64(out, "rpm", l->rpm);
	buf_member_u64(out, "tpm", l->tpm);
	buf_key(out, "keys");
	BUF_LIT(out, "[");
	for (size_t i = 0; i < l->n_keys; i++) {
		expire(&l->keys[i], now_ns);
		if (i > 0)
			BUF_LIT(out, ",");
		report_key(&l->keys[i], out);
	}
	BUF_LIT(out, "]}");
}

void limiter_fini(struct limiter *l)
{
	for (size_t i = 0; i < l->n_keys; i++)
		free(l->keys[i].ring);
}
