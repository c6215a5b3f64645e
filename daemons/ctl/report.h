/*
 * The state of a running Atlas, copied out of the segment into plain values: what status
 * shows as text and as JSON. Nothing is asked of any daemon for it but the master, and
 * that one only briefly. Everything read is another process's memory and checked.
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "base/clock.h"
#include "ctl/ctl.h"
#include "insight/event_view.h"
#include "insight/limits_view.h"
#include "segment/segment.h"

/* So long without a heartbeat, and a process is silent. */
#define REPORT_SILENT_NS (5 * NS_PER_S)

enum {
	REPORT_REASONS = 16,
	REPORT_REASON_BYTES = 256,
	REPORT_EVENTS = 20, /* the newest of all processes together */
};

struct report_process {
	char name[EVENT_VIEW_BYTES]; /* "dispatch", "front 1 (channel 2)" */
	enum proc_role role;
	enum proc_state state;
	uint32_t pid, restarts;
	bool has_beaten;
	uint64_t beat_age_ns, up_ns, epoch;
};

struct report_event {
	struct event event;
	char process[EVENT_VIEW_BYTES], detail[EVENT_VIEW_BYTES];
};

/* What only the master knows; it answers at once or is left alone. One that is alive and
 * does not listen has lost its socket's file. */
struct report_master {
	bool is_alive, is_listening, has_answered;
	char phase[16], config[256], reload_error[256];
	uint64_t reload_faults; /* reload_error is the first of them */
	uint64_t segment_resets;
};

struct report {
	/* Why it is not healthy; none = it is. More than fit are cut. */
	char reason[REPORT_REASONS][REPORT_REASON_BYTES];
	uint32_t n_reasons;
	struct report_process process[MAX_SLOTS];
	uint32_t n_processes;
	uint64_t exchanges[EXCHANGE_STATES];
	uint64_t channels[CHANNEL_STATES];
	struct limits_view limits; /* upstream, and the keys */
	bool has_key_file;         /* [openai] names one */
	struct alerts_page alerts; /* what fires is a reason only where it says so */
	uint64_t counters[COUNTERS];
	uint64_t uncommitted_bytes; /* facts that record has still to write down */
	bool has_pulse;
	struct pulse pulse;
	struct report_event event[REPORT_EVENTS];
	uint32_t n_events;
	uint64_t epoch, workers, created_ms;
	struct report_master master;
};

/* Fill in r from the mapped segment; then, within half a second, from the master. */
void report_look(struct report *r, const struct segment *s);
void report_ask(struct report *r, const struct ctl *c);

/* Both. */
void report_take(struct report *r, const struct ctl *c, const struct segment *s);

/* It says that it is ready, and has given no sign of life for long. */
bool report_is_silent(const struct report_process *p);

#endif
