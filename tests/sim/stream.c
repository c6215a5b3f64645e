/* A streamed reply, from its first word to its last byte. */
#include "stream.h"

#include "content.h"
#include "endpoint.h"
#include "wire.h"

/* Events of one moment leave in writes of about this size. */
enum { WRITE_BYTES = 16 << 10 };

struct usage stream_usage_so_far(const struct exchange *ex)
{
	struct usage u = ex->full;
	uint64_t words = ex->step > 0 ? ex->step - 1 : 0;
	uint64_t spent = tokens_spent(&u, words, ex->n_pieces);
	if (words > 0)
		spent += mix64(ex->speech.hash + words) % 8;
	u.completion = words > 0 ? MIN(spent, u.completion) : 0;
	u.reasoning = MIN(u.reasoning, u.completion);
	return u;
}

/* Words that may be out by now. */
static uint64_t words_due(const struct exchange *ex, uint64_t now_ns)
{
	uint64_t said = ex->full.completion - ex->full.reasoning;
	if (ex->milli_tps == 0 || said == 0)
		return ex->n_pieces;
	double tokens = (double)(now_ns - ex->first_ns) / 1e12 * (double)ex->milli_tps;
	double words = 1 + tokens * (double)ex->n_pieces / (double)said;
	return words < (double)ex->n_pieces ? (uint64_t)words : ex->n_pieces;
}

/* When the word after the first n is due. */
static uint64_t word_at(const struct exchange *ex, uint64_t n)
{
	double said = (double)(ex->full.completion - ex->full.reasoning);
	double tokens = (double)n * said / (double)ex->n_pieces;
	return ex->first_ns + (uint64_t)(tokens * 1e12 / (double)ex->milli_tps) + 1;
}

/* How many words come before the stream ends, well or badly. */
static uint64_t last_word(const struct exchange *ex)
{
	bool half = ex->mode->error_event || ex->mode->cut == CUT_HALF;
	return half ? ex->n_pieces / 2 : ex->n_pieces;
}

/* The last line of the bill, then (on commit) the last bytes. */
static void close_stream(struct exchange *ex, enum exchange_ending ending)
{
	ex->ending = ending;
	bool all = ending == ENDING_GOOD || ex->step > ex->n_pieces;
	ex->bill.usage = all ? ex->full : stream_usage_so_far(ex);
	ex->bill.sent_tokens =
		ex->step > 0 ? tokens_spent(&ex->full, ex->step - 1, ex->n_pieces) : 0;
	ex->bill.completed = ending == ENDING_GOOD;
	exchange_write_line(ex, BILL_FINAL);
	exchange_await_commit(ex, EXCHANGE_CLOSING);
}

/* Do n more bytes of body come before the cut? */
static bool fits(const struct exchange *ex, size_t n)
{
	return ex->cut_at == UINT64_MAX || ex->body_n + n <= ex->cut_at;
}

/* All words are out: what comes next is the tail, an error, or half of something. */
static void end_words(struct exchange *ex)
{
	if (ex->mode->stalls) {
		ex->state = EXCHANGE_HOLDING;
		return;
	}
	if (ex->mode->error_event) {
		close_stream(ex, ENDING_ERROR);
		return;
	}
	enum exchange_ending ending = ENDING_GOOD;
	if (ex->mode->cut != CUT_NONE) {
		struct buf *event = &ex->sim->content;
		content_event(event, ex, ex->step);
		if (ex->mode->cut == CUT_HALF)
			ex->cut_at = ex->body_n + event->n / 2;
		if (!fits(ex, event->n))
			ending = ENDING_CUT;
		event->n = 0;
	}
	close_stream(ex, ending);
}

/* Put the next event; false when the cut falls into it. */
static bool put_event(struct exchange *ex)
{
	struct buf *event = &ex->sim->content;
	content_event(event, ex, ex->step);
	bool ok = fits(ex, event->n);
	if (ok) {
		wire_put(ex, event->p, event->n, event->n);
		ex->step++;
	}
	event->n = 0;
	return ok;
}

void stream_go_on(struct exchange *ex)
{
	uint64_t last = last_word(ex), due = MIN(words_due(ex, clock_ns()), last);
	while (ex->step <= due) {
		if (!wire_is_clear(ex))
			return;
		bool fit = true;
		while (fit && ex->step <= due && ex->sim->wire.n < WRITE_BYTES)
			fit = put_event(ex);
		wire_flush(ex);
		if (!fit) {
			close_stream(ex, ENDING_CUT);
			return;
		}
		if (ex->slow_at < ex->slow.n) {
			exchange_wake_in(ex, 0);
			return;
		}
	}
	if (ex->step > last) {
		end_words(ex);
		return;
	}
	uint64_t now = clock_ns(), at = word_at(ex, ex->step - 1);
	exchange_wake_in(ex, at > now ? at - now : 0);
}

void stream_begin(struct exchange *ex)
{
	ex->state = EXCHANGE_STREAMING;
	ex->first_ns = clock_ns();
	wire_begin(ex, 0);
	if (ex->slow_at < ex->slow.n)
		exchange_wake_in(ex, 0); /* the head trickles first */
	else
		stream_go_on(ex);
}

void stream_end(struct exchange *ex)
{
	struct buf *event = &ex->sim->content;
	if (ex->ending == ENDING_ERROR)
		ex->endpoint->error_event(event, ex);
	else
		content_event(event, ex, ex->step);
	size_t n = event->n;
	if (ex->ending == ENDING_CUT)
		n = (size_t)(ex->cut_at - ex->body_n);
	wire_put(ex, event->p, event->n, n);
	event->n = 0;
	if (ex->ending != ENDING_CUT)
		wire_end(ex);
	wire_flush(ex);
	exchange_flush(ex);
}
