/*
 * The segment: the map of everything the processes share. It holds its parts by value or
 * by offset and declares no field of its own but the header; each part's header says who
 * writes and who reads what. README.md beside this file has the owner table.
 *
 *	┌ struct segment_shared ───────────────────────────────────────────────┐
 *	│ header │ proctable │ counters │ events │ orders │ limits               │
 *	│ clients (words) │ channel words × n │ fact lane words × slots          │
 *	├ by offset ───────────────────────────────────────────────────────────┤
 *	│ settings │ catalogue │ pulse │ alerts │ advice │ keys │ past: pages │
 *	│ client table, index, rates, spent, held │ claims │ fact lane bytes     │
 *	│ channels: lanes, exchanges, region                                     │
 *	└───────────────────────────────────────────────────────────────────────┘
 *
 * The master creates it before the first fork; `ready` is stored last. atlasctl maps it
 * read-only and checks magic, layout version and boot id first.
 */
#ifndef SEGMENT_SEGMENT_H
#define SEGMENT_SEGMENT_H

#include "conf/settings.h"
#include "ipc/map.h"
#include "ipc/page.h"
#include "segment/alerts.h"
#include "segment/catalogue.h"
#include "segment/channel.h"
#include "segment/claims.h"
#include "segment/clients.h"
#include "segment/counters.h"
#include "segment/events.h"
#include "segment/facts.h"
#include "segment/limits.h"
#include "segment/orders.h"
#include "segment/past.h"
#include "segment/proctable.h"
#include "segment/pulse.h"

enum {
	SEGMENT_LAYOUT_VERSION = 38,           /* +1 with any change of any part */
	MAX_CHANNELS = MAX_FRONT_CHANNELS + 1, /* the last one is record's */
	BOOT_ID_BYTES = 40
};

#define SEGMENT_MAGIC UINT64_C(0x31676573736c7461) /* "atlsseg1" */

/* W: master, before fork; constant afterwards but for `ready`. R: all, ctl. */
struct segment_header {
	_Atomic uint64_t ready; /* SEGMENT_MAGIC, stored last, release */
	uint32_t layout_version;
	uint32_t n_channels; /* front channels; record's has number n_channels */
	uint64_t size_bytes;
	uint64_t instance; /* random: names this segment's lane positions */
	uint64_t created_ms, created_ns;
	char boot_id[BOOT_ID_BYTES];
	uint64_t settings_offset, catalogue_offset, pulse_offset; /* struct page */
	uint64_t alerts_offset, advice_offset, keys_offset;       /* struct page */
	uint64_t past_offset;                                     /* struct page */
	uint64_t claims_offset; /* uint64_t[CLAIMS_N] */
};

/* A fact lane: words here, bytes by offset. */
struct fact_lane {
	struct pipe_words words; /* W: the slot's process / record */
	uint64_t bytes_offset, size_bytes;
};

struct segment_shared {
	struct segment_header header;
	struct proctable procs;
	struct counters counters;
	struct events events;
	struct orders orders;
	struct alerts_words alerts;
	struct limits limits;
	struct clients_words clients;
	struct channel_words channels[MAX_CHANNELS];
	struct fact_lane facts[MAX_SLOTS];
};

/* One process's view: pointers into its own mapping. */
struct segment {
	struct map map;
	struct segment_shared *shared;
	struct page *settings, *catalogue, *pulse, *alerts, *advice, *keys, *past;
	struct clients clients;
	struct claims claims;
	uint32_t n_channels;
	uint32_t boot; /* moment_boot() of this boot */
};

/* What segment_create() needs to know beside the settings. */
struct segment_plan {
	const char *path;
	uint64_t now_ms, now_ns;
};

/* Master: lay out, create and format the file; publishes the settings as epoch 1. */
bool segment_create(struct segment *s, const struct segment_plan *plan,
	const struct settings *settings, const struct catalogue *catalogue,
	struct err *e) ATTR_UNUSED_RESULT;

/* atlasctl: map read-only; false when it is not there, not ready, of another layout
 * version or of another boot, and e says which. */
bool segment_open(
	struct segment *s, const char *path, struct err *e) ATTR_UNUSED_RESULT;

void segment_close(struct segment *s);

/* Views of parts. Indices are checked with must(): they are ours. */
struct proc *segment_proc(const struct segment *s, uint32_t slot);
struct counter_row *segment_counters(const struct segment *s, uint32_t slot);
struct event_ring *segment_events(const struct segment *s, uint32_t slot);
struct order_lane *segment_orders(const struct segment *s, uint32_t slot);
bool segment_channel(const struct segment *s, uint32_t ix,
	struct channel *out) ATTR_UNUSED_RESULT; /* false = broken */
bool segment_facts(const struct segment *s, uint32_t slot,
	struct facts *out) ATTR_UNUSED_RESULT; /* false = broken */
struct client_held *segment_held(
	const struct segment *s, uint32_t channel_ix, uint32_t client_ix);

/* Is there a fact that record has not written down? Until record has opened the ledger and
 * published the clients nothing is spent or handed out: what the master says before is said
 * anew by the next start, and nothing is owed. A broken lane may hold one. */
bool segment_owes_facts(const struct segment *s);

/* What record has still to write down. A broken lane has nothing. */
uint64_t segment_uncommitted_bytes(const struct segment *s);

/* Has a request been begun that nobody has ended? To be asked when all who could have are
 * gone. A broken channel has none. */
bool segment_owes_ends(const struct segment *s);

/* How many requests are in each state. Of a broken or spare channel none. */
void segment_count_exchanges(
	const struct segment *s, uint64_t n[static EXCHANGE_STATES]);

/* What all fronts say that bodies take: W: each its own, see channel_set_body_bytes().
 * Sequentially consistent loads. */
uint64_t segment_body_bytes(const struct segment *s);

/* The slot of the front that holds channel ix, and back. */
uint32_t segment_slot_of_channel(uint32_t channel_ix);
uint32_t segment_n_slots(const struct segment *s);

/* Record's own small channel has this number. */
uint32_t segment_record_channel(const struct segment *s);

/* Master: the front of channel ix is gone for good: wipe it and its held row when
 * channel_may_wipe(); true = it is SPARE again. */
bool segment_reclaim_channel(struct segment *s, uint32_t ix) ATTR_UNUSED_RESULT;

/* This boot's id as the kernel prints it. */
void segment_boot_id(char out[static BOOT_ID_BYTES]);

#endif
