/*
 * What atlasctl top shows: one moment of the segment, and what has come in since an
 * earlier one. Taken from the segment alone; drawn into whatever room there is.
 */
#ifndef CTL_TOP_VIEW_H
#define CTL_TOP_VIEW_H

#include "ctl/report.h"
#include "ctl/screen.h"
#include "insight/limits_view.h"
#include "insight/queue_view.h"

enum { TOP_SAMPLES = 11 }; /* rates are those of the last ten seconds */

struct top_sample {
	uint64_t at_ns, requests, tokens, nanousd;
};

struct top {
	struct report report;
	struct queue_view *queue;
	uint64_t now_ms;
	bool is_gone; /* nobody has the segment any more: what it left behind */
	struct top_sample sample[TOP_SAMPLES]; /* a ring */
	uint64_t n_samples;
};

/* Look at the segment now. */
void top_take(struct top *t, const struct segment *s);
void top_fini(struct top *t);

/* Draw it: the most important first, lists in the room that is left. */
void top_draw(const struct top *t, struct screen *s);

#endif
