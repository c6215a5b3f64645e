/* Facts from the lanes into the ledger. Run by record. */
#include "record/harvest.h"

#include "base/log.h"

#include <inttypes.h>

bool harvest_find(struct harvest *h, const struct segment *s, const struct ledger *l)
{
	*h = (struct harvest){.segment = s, .n = segment_n_slots(s)};
	for (uint32_t i = 0; i < h->n; i++) {
		if (!segment_facts(s, i, &h->lane[i]))
			return false;
		uint64_t released = facts_committed(&h->lane[i]);
		uint64_t applied = ledger_position(l, i);
		h->cursor[i] = MAX(released, applied);
	}
	return true;
}

bool harvest_open(struct harvest *h, const struct segment *s, const struct ledger *l,
	struct err *e)
{
	bool moved[MAX_SLOTS];
	if (!harvest_find(h, s, l))
		return err_set(e, "the segment's fact lanes are broken");
	for (uint32_t i = 0; i < h->n; i++)
		if (facts_committed(&h->lane[i]) > ledger_position(l, i))
			return err_set(e,
				"the ledger: it holds less than was written down: this "
				"is an older copy; put the newest back, or stop Atlas "
				"and start it again with this one");
	harvest_release(h, moved);
	return true;
}

bool harvest_is_ripe(const struct harvest *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (facts_position(&h->lane[i]) > h->cursor[i])
			return true;
	return false;
}

bool harvest_is_pressing(const struct harvest *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (!facts_has_room(&h->lane[i], h->lane[i].pipe.size_bytes / 2))
			return true;
	return false;
}

static void skip_lane(
	struct harvest *h, uint32_t slot, struct ledger *l, struct harvest_yield *y)
{
	uint64_t end = facts_position(&h->lane[slot]);
	log_event(LOG_ERROR, EVENT_LEDGER_BAD_FACT,
		"slot=%u from=%llu to=%llu action=skipped", slot,
		(unsigned long long)h->cursor[slot], (unsigned long long)end);
	ledger_skip(l, slot, end);
	h->cursor[slot] = end;
	y->n_bad++;
}

static void note_bad(uint32_t slot, uint64_t position, const union fact *f)
{
	log_event(LOG_ERROR, EVENT_LEDGER_BAD_FACT, "slot=%u at=%llu kind=%u", slot,
		(unsigned long long)position, f->head.kind);
}

/* It is in the transaction; the commit is still to come. */
static void tell_applied(const union fact *f)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	const struct fact_settle *s = &f->settle;
	if (f->head.kind != FACT_SETTLE || !log_is_on(LOG_DEBUG))
		return;
	exchange_id_format(s->id, id);
	log_event(LOG_DEBUG, EVENT_ATTEMPT_APPLIED,
		"id=%s attempt=%u outcome=%s nanousd=%" PRIu64, id, s->attempt,
		outcome_name(s->outcome), s->cost_nanousd);
}

static bool is_of_token(const union fact *f)
{
	return f->head.kind == FACT_TOKEN || f->head.kind == FACT_TOKEN_REVOKE ||
	       f->head.kind == FACT_TOKEN_LIMITS;
}

/* False = the transaction is to be closed. */
static bool count(struct harvest_yield *y, enum ledger_verdict v, const union fact *f)
{
	switch (v) {
	case LEDGER_APPLIED:
		y->n_applied++;
		tell_applied(f);
		if (!is_of_token(f))
			return true;
		y->has_token = true;
		y->token = *f;
		return false;
	case LEDGER_REPEATED:
		y->n_repeated++;
		return true;
	case LEDGER_BAD:
		y->n_bad++;
		return true;
	case LEDGER_IGNORED:
		return true;
	case LEDGER_FAILED:
		break;
	}
	return false;
}

/* The text a turn speaks of. The front keeps it there until the commit; where it says it
 * lies is input: a place outside gives an empty text, and the ledger refuses that. */
static struct str text_of(const struct harvest *h, const union fact *f)
{
	struct channel c;
	const struct fact_chat_turn *t = &f->chat_turn;
	if (f->head.kind != FACT_CHAT_TURN || t->channel >= h->segment->n_channels ||
		!segment_channel(h->segment, t->channel, &c))
		return (struct str){"", 0};
	const char *p = channel_region_at(&c, t->text_offset, t->text_bytes);
	return p != NULL ? (struct str){p, t->text_bytes} : (struct str){"", 0};
}

/* One lane, as far as *room facts go. False = the transaction is to be closed. */
static bool read_lane(struct harvest *h, uint32_t slot, struct ledger *l,
	struct harvest_yield *y, uint32_t *room)
{
	union fact f;
	while (*room > 0 && facts_position(&h->lane[slot]) > h->cursor[slot]) {
		if (facts_next(&h->lane[slot], &h->cursor[slot], &f) != FACTS_ONE) {
			skip_lane(h, slot, l, y);
			return true;
		}
		/* here, so that the segment's table gets the name that the ledger has */
		ledger_name_token(l, &f);
		enum ledger_verdict v =
			ledger_apply_text(l, slot, h->cursor[slot], &f, text_of(h, &f));
		if (v == LEDGER_BAD)
			note_bad(slot, h->cursor[slot], &f);
		if (!count(y, v, &f))
			return false;
		(*room)--;
	}
	return *room > 0;
}

void harvest_apply(struct harvest *h, struct ledger *l, struct harvest_yield *y)
{
	uint32_t room = HARVEST_MAX_FACTS;
	*y = (struct harvest_yield){0};
	must(h->n > 0);
	for (uint32_t i = 0; i < h->n; i++)
		if (!read_lane(h, (h->first + i) % h->n, l, y, &room))
			break;
	h->first = (h->first + 1) % h->n;
}

void harvest_release(struct harvest *h, bool moved[static MAX_SLOTS])
{
	for (uint32_t i = 0; i < MAX_SLOTS; i++) {
		moved[i] = i < h->n && facts_committed(&h->lane[i]) != h->cursor[i];
		if (moved[i])
			facts_commit(&h->lane[i], h->cursor[i]);
	}
}
