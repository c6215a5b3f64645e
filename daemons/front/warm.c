/* What was asked lately, asked again by nobody. */
#include "front/warm.h"

#include "front/front.h"
#include "front/walk.h"
#include "store/query.h"

#include <sched.h>
#include <string.h>

#define MINUTE_MS UINT64_C(60000)

static uint64_t minute_of(const struct front *f)
{
	return f->process.now_ms / MINUTE_MS;
}

/* Of all that it asks what is kept. */
static uint32_t kept_parts(const struct survey_want *want)
{
	uint32_t lists = 0;
	for (unsigned d = DIM_TOTAL + 1; d < DIMS; d++)
		lists |= SURVEY_DIM(d);
	if (want->is_of_client)
		return 0;
	if (want->parts & SURVEY_STRANDS)
		lists |= SURVEY_STRANDS | SURVEY_SERIES;
	return want->parts & lists;
}

static bool is_same(const struct survey_want *a, const struct survey_want *b)
{
	return a->parts == b->parts && a->hours == b->hours && a->step == b->step &&
	       a->strands == b->strands;
}

/* Its place, or that of what was asked longest ago. */
static struct warm_want *place_of(struct warm *w, const struct survey_want *want)
{
	struct warm_want *oldest = &w->want[0];
	for (uint32_t i = 0; i < WARM_WANTS; i++) {
		struct warm_want *x = &w->want[i];
		if (is_same(&x->want, want))
			return x;
		if (x->asked < oldest->asked)
			oldest = x;
	}
	return oldest;
}

void warm_note(struct front *f, const struct survey_want *want)
{
	struct survey_want kept = *want;
	uint64_t now = minute_of(f);
	kept.parts = kept_parts(want);
	if (kept.parts != 0)
		*place_of(&f->warm, &kept) = (struct warm_want){kept, now, now};
}

/* ---- surveying ------------------------------------------------------------------ */

static bool is_due(const struct warm_want *x, uint64_t minute)
{
	return x->want.parts != 0 && x->warmed != minute &&
	       minute - x->asked <= WARM_MINUTES;
}

/* WARM_WANTS = none is. */
static uint32_t first_due(const struct front *f)
{
	uint64_t minute = minute_of(f);
	uint32_t i = 0;
	while (i < WARM_WANTS && !is_due(&f->warm.want[i], minute))
		i++;
	return i;
}

bool warm_has_work(const struct front *f)
{
	return f->walks == NULL && f->store != NULL && f->closed != NULL &&
	       f->process.phase == PROCESS_RUNNING &&
	       (f->warm.at != NULL || first_due(f) < WARM_WANTS);
}

void warm_stop(struct front *f)
{
	if (f->warm.at == NULL)
		return;
	survey_fini(&f->warm.survey);
	store_release(f->store);
	f->warm.at = NULL;
}

static bool begin(struct front *f, struct warm_want *x, struct err *e)
{
	struct query_summary sum;
	walks_look_for_another(f);
	if (f->store == NULL || !store_hold(f->store, e))
		return false;
	if (!query_summary(f->store, &sum, e)) {
		store_release(f->store);
		return false;
	}
	x->want.now_ms = f->process.now_ms;
	x->want.closed = f->closed;
	memcpy(x->want.kept_ms, sum.kept_ms, sizeof x->want.kept_ms);
	survey_init(&f->warm.survey, &x->want);
	f->warm.at = x;
	return true;
}

bool warm_turn(struct front *f)
{
	struct err e = {0}; /* who asks is told what is wrong */
	struct warm *w = &f->warm;
	if (!warm_has_work(f))
		return false;
	(void)sched_yield(); /* whoever else wants this CPU is waited for */
	struct warm_want *x = w->at != NULL ? w->at : &w->want[first_due(f)];
	enum query_verdict v = QUERY_FAILED;
	if (w->at != NULL || begin(f, x, &e))
		v = survey_slice(f->store, &w->survey, &e);
	if (v == QUERY_MORE)
		return true;
	x->warmed = minute_of(f);
	warm_stop(f);
	process_count(&f->process, COUNTER_surveys_warmed, v == QUERY_DONE);
	return true;
}
