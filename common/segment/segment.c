/* The segment: laying it out, creating it, finding its parts again. */
#include "segment/segment.h"

#include "base/moment.h"
#include "base/num.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PAGE_ROUND = 4096,
	ADVICE_BYTES = 16384, /* payload of the advice page */
	/* Every request that may wait or run could be on one front, and a reload may let
	 * as many wait as settings.def does. The file is sparse: it takes what is used, and of
	 * the rings of hints, which go round, all. */
	EXCHANGES = 1 << 17,
	RECORD_EXCHANGES = 16,
	RECORD_REGION_BYTES = 1 << 20,
	FACT_BYTES_DISPATCH = 8 << 20,
	FACT_BYTES_OTHER = 1 << 20
};

/* ---- laying out: one cursor walks the file --------------------------------- */

static uint64_t take(uint64_t *cursor, uint64_t bytes)
{
	uint64_t at = *cursor;
	*cursor += (bytes + PAGE_ROUND - 1) & ~(uint64_t)(PAGE_ROUND - 1);
	return at;
}

static uint32_t channels_for(const struct settings *s)
{
	uint64_t n = MAX(s->workers, s->max_workers) + 2;
	return (uint32_t)MIN(n, (uint64_t)MAX_FRONT_CHANNELS);
}

static void layout_pages(struct segment_header *h, uint64_t *cursor)
{
	h->settings_offset = take(cursor, page_size_bytes(sizeof(struct settings)));
	h->catalogue_offset = take(cursor, page_size_bytes(sizeof(struct catalogue)));
	h->pulse_offset = take(cursor, page_size_bytes(sizeof(struct pulse)));
	h->alerts_offset = take(cursor, page_size_bytes(sizeof(struct alerts_page)));
	h->advice_offset = take(cursor, page_size_bytes(ADVICE_BYTES));
	h->keys_offset = take(cursor, page_size_bytes(sizeof(struct upstream_keys)));
	h->past_offset = take(cursor, page_size_bytes(sizeof(struct past)));
}

static void layout_facts(struct segment_shared *sh, uint64_t *cursor)
{
	uint32_t n_slots = SLOT_FIRST_FRONT + sh->header.n_channels;
	for (uint32_t i = 0; i < n_slots; i++) {
		struct fact_lane *l = &sh->facts[i];
		l->size_bytes =
			i == SLOT_DISPATCH ? FACT_BYTES_DISPATCH : FACT_BYTES_OTHER;
		l->bytes_offset = take(cursor, l->size_bytes);
	}
}

static void layout_channels(
	struct segment_shared *sh, const struct settings *s, uint64_t *cursor)
{
	uint32_t n = sh->header.n_channels;
	for (uint32_t i = 0; i < n; i++)
		*cursor += channel_layout(
			&sh->channels[i], *cursor, EXCHANGES, s->body_memory_bytes);
	*cursor += channel_layout(
		&sh->channels[n], *cursor, RECORD_EXCHANGES, RECORD_REGION_BYTES);
}

/* Fill sh's constants; returns the size of the file. */
static uint64_t layout(struct segment_shared *sh, const struct settings *s)
{
	uint64_t cursor = 0;
	(void)take(&cursor, sizeof *sh);
	sh->header.n_channels = channels_for(s);
	layout_pages(&sh->header, &cursor);
	(void)take(&cursor, clients_layout(&sh->clients, cursor,
				    (uint32_t)s->max_clients, sh->header.n_channels));
	sh->header.claims_offset = take(&cursor, CLAIMS_N * sizeof(uint64_t));
	layout_facts(sh, &cursor);
	layout_channels(sh, s, &cursor);
	return cursor;
}

/* ---- attaching: from the header's offsets to pointers ------------------------ */

static struct page *page_at(const struct map *m, uint64_t offset, uint64_t payload)
{
	return map_at(m, offset, page_size_bytes(payload), CACHE_LINE_BYTES);
}

static bool attach_claims(struct segment *s)
{
	const struct segment_header *h = &s->shared->header;
	s->claims = (struct claims){.words = map_at(&s->map, h->claims_offset,
					    CLAIMS_N * sizeof(uint64_t), PAGE_ROUND),
		.n = CLAIMS_N,
		.channels = s->shared->channels,
		.n_channels = h->n_channels};
	return s->claims.words != NULL;
}

static bool attach(struct segment *s)
{
	s->shared = map_at(&s->map, 0, sizeof *s->shared, PAGE_ROUND);
	if (s->shared == NULL)
		return false;
	const struct segment_header *h = &s->shared->header;
	s->n_channels = h->n_channels;
	s->settings = page_at(&s->map, h->settings_offset, sizeof(struct settings));
	s->catalogue = page_at(&s->map, h->catalogue_offset, sizeof(struct catalogue));
	s->pulse = page_at(&s->map, h->pulse_offset, sizeof(struct pulse));
	s->alerts = page_at(&s->map, h->alerts_offset, sizeof(struct alerts_page));
	s->advice = page_at(&s->map, h->advice_offset, ADVICE_BYTES);
	s->keys = page_at(&s->map, h->keys_offset, sizeof(struct upstream_keys));
	s->past = page_at(&s->map, h->past_offset, sizeof(struct past));
	return s->n_channels > 0 && s->n_channels < MAX_CHANNELS && s->settings &&
	       s->catalogue && s->pulse && s->alerts && s->advice && s->keys &&
	       s->past && attach_claims(s) &&
	       clients_attach(&s->clients, &s->map, &s->shared->clients);
}

static void format(struct segment *s)
{
	page_init(s->settings, sizeof(struct settings));
	page_init(s->catalogue, sizeof(struct catalogue));
	page_init(s->pulse, sizeof(struct pulse));
	page_init(s->alerts, sizeof(struct alerts_page));
	page_init(s->advice, ADVICE_BYTES);
	page_init(s->keys, sizeof(struct upstream_keys));
	page_init(s->past, sizeof(struct past));
	for (uint32_t i = 0; i <= s->n_channels; i++)
		channel_format(&s->map, &s->shared->channels[i]);
}

void segment_boot_id(char out[static BOOT_ID_BYTES])
{
	memset(out, 0, BOOT_ID_BYTES);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t n = read(fd, out, BOOT_ID_BYTES - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static void fill_header(
	struct segment_header *h, const struct segment_plan *plan, uint64_t size_bytes)
{
	h->layout_version = SEGMENT_LAYOUT_VERSION;
	h->size_bytes = size_bytes;
	h->created_ms = plan->now_ms;
	h->created_ns = plan->now_ns;
	hash_random(&h->instance, sizeof h->instance);
	segment_boot_id(h->boot_id);
}

bool segment_create(struct segment *s, const struct segment_plan *plan,
	const struct settings *settings, const struct catalogue *catalogue,
	struct err *e)
{
	static struct segment_shared plan_shared; /* too large for a stack */
	memset(&plan_shared, 0, sizeof plan_shared);
	uint64_t size_bytes = layout(&plan_shared, settings);
	*s = (struct segment){0};
	if (!map_create(&s->map, plan->path, size_bytes, e))
		return false;
	memcpy(s->map.base, &plan_shared, sizeof plan_shared);
	must(attach(s));
	fill_header(&s->shared->header, plan, size_bytes);
	s->boot = moment_boot(s->shared->header.boot_id);
	format(s);
	page_publish(s->catalogue, catalogue, sizeof *catalogue);
	page_publish(s->settings, settings, sizeof *settings);
	/* pairs with segment_open() */
	atomic_store_explicit(
		&s->shared->header.ready, SEGMENT_MAGIC, memory_order_release);
	return true;
}

static bool check_header(const struct segment *s, const char *path, struct err *e)
{
	const struct segment_header *h = (const struct segment_header *)s->map.base;
	char boot[BOOT_ID_BYTES];
	if (s->map.size_bytes < sizeof *h)
		return err_set(e, "%s is too small to be a segment", path);
	/* pairs with segment_create() */
	if (atomic_load_explicit(&h->ready, memory_order_acquire) != SEGMENT_MAGIC)
		return err_set(e, "%s is not a finished segment", path);
	if (h->layout_version != SEGMENT_LAYOUT_VERSION)
		return err_set(e,
			"%s has layout %u, this build reads %u: another build of Atlas "
			"made it",
			path, h->layout_version, SEGMENT_LAYOUT_VERSION);
	if (s->map.size_bytes < sizeof(struct segment_shared))
		return err_set(e, "%s is too small to be a segment", path);
	segment_boot_id(boot);
	if (strncmp(boot, h->boot_id, sizeof boot) != 0)
		return err_set(e, "%s is from before this machine's last boot", path);
	return true;
}

bool segment_open(struct segment *s, const char *path, struct err *e)
{
	*s = (struct segment){0};
	if (!map_open_readonly(&s->map, path, e))
		return false;
	if (check_header(s, path, e)) {
		if (attach(s)) {
			s->boot = moment_boot(s->shared->header.boot_id);
			return true;
		}
		err_set(e, "%s does not hold the parts its header names", path);
	}
	segment_close(s);
	return false;
}

void segment_close(struct segment *s)
{
	map_close(&s->map);
	*s = (struct segment){0};
}

/* ---- parts ----------------------------------------------------------------- */

uint32_t segment_n_slots(const struct segment *s)
{
	return SLOT_FIRST_FRONT + s->n_channels;
}

uint32_t segment_slot_of_channel(uint32_t channel_ix)
{
	return SLOT_FIRST_FRONT + channel_ix;
}

uint32_t segment_record_channel(const struct segment *s)
{
	return s->n_channels;
}

struct proc *segment_proc(const struct segment *s, uint32_t slot)
{
	must(slot < segment_n_slots(s));
	return &s->shared->procs.proc[slot];
}

struct counter_row *segment_counters(const struct segment *s, uint32_t slot)
{
	must(slot < segment_n_slots(s));
	return &s->shared->counters.row[slot];
}

struct event_ring *segment_events(const struct segment *s, uint32_t slot)
{
	must(slot < segment_n_slots(s));
	return &s->shared->events.ring[slot];
}

struct order_lane *segment_orders(const struct segment *s, uint32_t slot)
{
	must(slot < segment_n_slots(s));
	return &s->shared->orders.lane[slot];
}

bool segment_channel(const struct segment *s, uint32_t ix, struct channel *out)
{
	must(ix <= s->n_channels);
	return channel_attach(out, &s->map, &s->shared->channels[ix]);
}

bool segment_facts(const struct segment *s, uint32_t slot, struct facts *out)
{
	must(slot < segment_n_slots(s));
	struct fact_lane *l = &s->shared->facts[slot];
	uint64_t size = l->size_bytes;
	out->pipe = (struct pipe){&l->words,
		map_at(&s->map, l->bytes_offset, size, CACHE_LINE_BYTES), size};
	return out->pipe.bytes != NULL && size > 0 && (size & (size - 1)) == 0;
}

bool segment_owes_facts(const struct segment *s)
{
	if (!clients_is_published(&s->clients))
		return false;
	for (uint32_t slot = 0; slot < segment_n_slots(s); slot++) {
		struct facts f;
		if (!segment_facts(s, slot, &f) ||
			facts_committed(&f) != facts_position(&f))
			return true;
	}
	return false;
}

uint64_t segment_uncommitted_bytes(const struct segment *s)
{
	uint64_t n = 0;
	for (uint32_t slot = 0; slot < segment_n_slots(s); slot++) {
		struct facts f;
		if (segment_facts(s, slot, &f))
			n += num_sub_sat(facts_position(&f), facts_committed(&f));
	}
	return n;
}

bool segment_owes_ends(const struct segment *s)
{
	for (uint32_t ix = 0; ix < s->n_channels; ix++) {
		struct channel c;
		uint32_t n = segment_channel(s, ix, &c) ? channel_n_touched(&c) : 0;
		for (uint32_t slot = 0; slot < n; slot++)
			if (exchange_owes_end(&c.exchanges[slot]))
				return true;
	}
	return false;
}

void segment_count_exchanges(
	const struct segment *s, uint64_t n[static EXCHANGE_STATES])
{
	memset(n, 0, EXCHANGE_STATES * sizeof n[0]);
	for (uint32_t ix = 0; ix < s->n_channels; ix++) {
		struct channel c;
		if (!segment_channel(s, ix, &c) ||
			channel_state(c.words) == CHANNEL_SPARE)
			continue;
		for (uint32_t slot = 0; slot < channel_n_touched(&c); slot++) {
			enum exchange_state state = exchange_state(&c.exchanges[slot]);
			if (state < EXCHANGE_STATES)
				n[state]++;
		}
	}
}

struct client_held *segment_held(
	const struct segment *s, uint32_t channel_ix, uint32_t client_ix)
{
	must(channel_ix < s->n_channels && client_ix < s->clients.max);
	return &s->clients.held[(uint64_t)channel_ix * s->clients.max + client_ix];
}

uint64_t segment_body_bytes(const struct segment *s)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < s->n_channels; i++)
		sum = num_add_sat(sum, channel_body_bytes(&s->shared->channels[i]));
	return sum;
}

static void clear_held_row(struct segment *s, uint32_t ix)
{
	for (uint32_t c = 0; c < s->clients.max; c++) {
		struct client_held *h = segment_held(s, ix, c);
		/* Relaxed: the front that wrote them is gone; a reader that still sums
		 * the old value only refuses a little longer. */
		atomic_store_explicit(&h->nanousd, 0, memory_order_relaxed);
		atomic_store_explicit(&h->requests, 0, memory_order_relaxed);
	}
}

static bool all_committed(const struct segment *s, uint32_t slot)
{
	struct facts f;
	must(segment_facts(s, slot, &f));
	return facts_committed(&f) == facts_position(&f);
}

bool segment_reclaim_channel(struct segment *s, uint32_t ix)
{
	struct channel_words *w = &s->shared->channels[ix];
	struct facts dispatch;
	must(ix < s->n_channels && segment_facts(s, SLOT_DISPATCH, &dispatch));
	if (!channel_may_wipe(w, facts_committed(&dispatch),
		    all_committed(s, segment_slot_of_channel(ix))))
		return false;
	clear_held_row(s, ix);
	channel_wipe(&s->map, w);
	return true;
}
