/*
 * Death at every instruction of every function of ipc/ that changes shared memory. To add
 * a function: one row in the table at the end, a run and a check.
 *
 * The last rows are mistakes made on purpose, among them the usual ring for many
 * producers: they must be found.
 */
#include "steps.h"

#include "ipc/bell.h"
#include "ipc/lane.h"
#include "ipc/page.h"
#include "ipc/pipe.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- lane: 3 hints wait, and the next cell is where the ring wraps ------------------ */

enum { LANE_CELLS = 4, LANE_BEFORE = 5, LANE_WAITING = 3 };

static struct lane lane_in(void *mem)
{
	return (struct lane){mem, LANE_CELLS};
}

static void lane_setup(void *mem)
{
	struct lane l = lane_in(mem);
	uint64_t hint;
	for (uint64_t i = 0; i < LANE_BEFORE; i++)
		must(lane_push(&l, 99) && lane_pop(&l, &hint));
	for (uint64_t i = 1; i <= LANE_WAITING; i++)
		must(lane_push(&l, i));
}

static void run_push(void *mem)
{
	struct lane l = lane_in(mem);
	(void)!lane_push(&l, LANE_WAITING + 1);
}

static void run_pop(void *mem)
{
	struct lane l = lane_in(mem);
	uint64_t hint;
	(void)!lane_pop(&l, &hint);
}

/* Whatever is left must be a gapless piece of 1…4, and the lane must work for all. */
static bool check_lane(void *mem, uint64_t first_min, uint64_t first_max, uint64_t last)
{
	struct lane l = lane_in(mem);
	uint64_t hint, n = lane_length(&l);
	if (!lane_is_sane(&l) || n < LANE_WAITING - 1 || !lane_pop(&l, &hint))
		return false;
	if (hint < first_min || hint > first_max || hint + n - 1 > last)
		return false;
	for (uint64_t want = hint + 1; --n > 0; want++)
		if (!lane_pop(&l, &hint) || hint != want)
			return false;
	for (uint64_t i = 0; i < LANE_CELLS; i++)
		if (!lane_push(&l, i))
			return false;
	for (uint64_t i = 0; i < LANE_CELLS; i++)
		if (!lane_pop(&l, &hint) || hint != i)
			return false;
	return !lane_pop(&l, &hint);
}

static bool check_push(void *mem)
{
	return check_lane(mem, 1, 1, LANE_WAITING + 1);
}

static bool check_pop(void *mem)
{
	return check_lane(mem, 1, 2, LANE_WAITING);
}

/* ---- pipe: 10 bytes wait, and the next ones wrap ------------------------------------- */

enum { PIPE_BYTES = 64, PIPE_BEFORE = 30, PIPE_WAITING = 10, PIPE_MORE = 50 };

static struct pipe pipe_in(void *mem)
{
	return (struct pipe){mem, (uint8_t *)mem + 1024, PIPE_BYTES};
}

/* The byte that belongs at a position. */
static char byte_at(uint64_t position)
{
	return (char)(position * 7 + 1);
}

static void fill(char *to, uint64_t position, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		to[i] = byte_at(position + i);
}

static void pipe_setup(void *mem)
{
	struct pipe p = pipe_in(mem);
	char bytes[PIPE_BEFORE + PIPE_WAITING];
	fill(bytes, 0, sizeof bytes);
	must(pipe_put_some(&p, (struct str){bytes, sizeof bytes}) == sizeof bytes);
	pipe_release(&p, PIPE_BEFORE);
	/* what the victim will write, so that run() is the function under test alone */
	fill((char *)mem + 2048, sizeof bytes, PIPE_MORE);
}

static void run_put_some(void *mem)
{
	struct pipe p = pipe_in(mem);
	(void)pipe_put_some(&p, (struct str){(char *)mem + 2048, PIPE_MORE});
}

static void run_put_all(void *mem)
{
	struct pipe p = pipe_in(mem);
	const char *bytes = (const char *)mem + 2048;
	const struct str parts[] = {{bytes, 20}, {bytes + 20, PIPE_MORE - 20}};
	(void)!pipe_put_all(&p, parts, N_ELEMENTS(parts));
}

static void run_release(void *mem)
{
	struct pipe p = pipe_in(mem);
	pipe_release(&p, PIPE_BEFORE + 4);
}

static bool is_right(const struct pipe *p, uint64_t from, uint64_t n)
{
	char bytes[PIPE_BYTES];
	if (n > sizeof bytes || !pipe_copy(p, from, bytes, n))
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(from + i))
			return false;
	return true;
}

/* Every byte between the positions is right, and successors can fill and drain it. */
static bool check_pipe(void *mem)
{
	struct pipe p = pipe_in(mem);
	uint64_t read = pipe_released(&p), written = pipe_written(&p);
	if (!pipe_is_sane(&p) || !is_right(&p, read, written - read))
		return false;
	char more[PIPE_BYTES];
	fill(more, written, sizeof more);
	uint64_t n = pipe_put_some(&p, (struct str){more, sizeof more});
	if (n != PIPE_BYTES - (written - read) || !is_right(&p, read, PIPE_BYTES))
		return false;
	pipe_release(&p, read + PIPE_BYTES);
	return pipe_space(&p) == PIPE_BYTES;
}

static bool check_put(void *mem)
{
	struct pipe p = pipe_in(mem);
	uint64_t more = pipe_written(&p) - (PIPE_BEFORE + PIPE_WAITING);
	return (more == 0 || more == PIPE_MORE) && check_pipe(mem);
}

static bool check_release(void *mem)
{
	struct pipe p = pipe_in(mem);
	uint64_t read = pipe_released(&p);
	return (read == PIPE_BEFORE || read == PIPE_BEFORE + 4) && check_pipe(mem);
}

/* ---- page: one payload is published, the victim publishes the next ------------------ */

struct payload {
	uint64_t word[8];
};

static struct payload payload_of(uint64_t epoch)
{
	struct payload v;
	for (uint64_t i = 0; i < N_ELEMENTS(v.word); i++)
		v.word[i] = epoch * 1000 + i;
	return v;
}

static void publish(void *mem, uint64_t epoch)
{
	struct payload v = payload_of(epoch);
	must(page_publish(mem, &v, sizeof v) == epoch);
}

static void page_setup(void *mem)
{
	page_init(mem, sizeof(struct payload));
	publish(mem, 1);
}

static void run_publish(void *mem)
{
	publish(mem, 2);
}

/* The page shows a whole payload; returns its epoch, 0 = it does not. */
static uint64_t seen(void *mem)
{
	struct payload v, want;
	uint64_t epoch = page_read(mem, &v, sizeof v);
	want = payload_of(epoch);
	return memcmp(&v, &want, sizeof v) == 0 ? epoch : 0;
}

static bool check_publish(void *mem)
{
	uint64_t epoch = seen(mem);
	if (epoch != 1 && epoch != 2)
		return false;
	publish(mem, epoch + 1);
	return seen(mem) == epoch + 1;
}

/* ---- bell ---------------------------------------------------------------------------- */

struct belfry {
	struct bell_word word;
	int fd; /* a number shared with the victim, as across the master's forks */
};

static struct bell bell_in(void *mem)
{
	struct belfry *t = mem;
	return (struct bell){&t->word, t->fd};
}

static void bell_setup(void *mem)
{
	struct belfry *t = mem;
	t->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(t->fd >= 0);
}

static void bell_setup_armed(void *mem)
{
	bell_setup(mem);
	struct bell b = bell_in(mem);
	bell_arm(&b);
}

static void bell_setup_rung(void *mem)
{
	bell_setup_armed(mem);
	struct bell b = bell_in(mem);
	bell_ring(&b);
}

static void run_arm(void *mem)
{
	struct bell b = bell_in(mem);
	bell_arm(&b);
}

static void run_disarm(void *mem)
{
	struct bell b = bell_in(mem);
	bell_disarm(&b);
}

static void run_ring(void *mem)
{
	struct bell b = bell_in(mem);
	bell_ring(&b);
}

static bool is_loud(const struct bell *b)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

/* After a death every bell is rung; from the second sleep on all is as it was. */
static bool check_bell(void *mem)
{
	struct bell b = bell_in(mem);
	bell_ring_always(&b);
	bool is_woken = is_loud(&b);
	bell_arm(&b);
	bell_disarm(&b);
	bool is_quiet = !is_loud(&b);
	bell_ring(&b);
	bool is_spared = !is_loud(&b);
	bell_arm(&b);
	bell_ring(&b);
	bool is_woken_again = is_loud(&b);
	close(b.fd);
	return is_woken && is_quiet && is_spared && is_woken_again;
}

/* ---- mistakes, made on purpose ------------------------------------------------------- */

static void run_push_tail_first(void *mem)
{
	struct lane_words *w = mem;
	uint64_t tail = atomic_load_explicit(&w->tail, memory_order_relaxed);
	atomic_store_explicit(&w->tail, tail + 1, memory_order_release);
	atomic_store_explicit(
		&w->cells[tail % LANE_CELLS], LANE_WAITING + 1, memory_order_release);
}

static void run_put_position_first(void *mem)
{
	struct pipe p = pipe_in(mem);
	uint64_t at = pipe_written(&p);
	atomic_store_explicit(&p.words->written, at + 4, memory_order_release);
	for (uint64_t i = 0; i < 4; i++)
		((volatile uint8_t *)p.bytes)[(at + i) % PIPE_BYTES] =
			(uint8_t)byte_at(at + i);
}

static bool check_put_four(void *mem)
{
	struct pipe p = pipe_in(mem);
	uint64_t more = pipe_written(&p) - (PIPE_BEFORE + PIPE_WAITING);
	return (more == 0 || more == 4) && check_pipe(mem);
}

/* D. Vyukov's bounded queue for many producers: a position is claimed, then filled. */
struct shared_ring {
	_Atomic uint64_t tail, head;
	struct {
		_Atomic uint64_t turn, hint;
	} cell[LANE_CELLS];
};

static bool ring_push(struct shared_ring *r, uint64_t hint)
{
	uint64_t at = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (atomic_load_explicit(
		    &r->cell[at % LANE_CELLS].turn, memory_order_acquire) != at)
		return false;
	if (!atomic_compare_exchange_strong_explicit(
		    &r->tail, &at, at + 1, memory_order_relaxed, memory_order_relaxed))
		return false;
	atomic_store_explicit(
		&r->cell[at % LANE_CELLS].hint, hint, memory_order_relaxed);
	atomic_store_explicit(
		&r->cell[at % LANE_CELLS].turn, at + 1, memory_order_release);
	return true;
}

static bool ring_pop(struct shared_ring *r, uint64_t *hint)
{
	uint64_t at = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (atomic_load_explicit(
		    &r->cell[at % LANE_CELLS].turn, memory_order_acquire) != at + 1)
		return false;
	*hint = atomic_load_explicit(
		&r->cell[at % LANE_CELLS].hint, memory_order_relaxed);
	atomic_store_explicit(&r->head, at + 1, memory_order_relaxed);
	atomic_store_explicit(
		&r->cell[at % LANE_CELLS].turn, at + LANE_CELLS, memory_order_release);
	return true;
}

static void ring_setup(void *mem)
{
	struct shared_ring *r = mem;
	for (uint64_t i = 0; i < LANE_CELLS; i++)
		atomic_store_explicit(&r->cell[i].turn, i, memory_order_relaxed);
	must(ring_push(r, 1));
}

static void run_ring_push(void *mem)
{
	(void)!ring_push(mem, 2);
}

/* Another producer pushes 3: does it ever come out? */
static bool check_ring_push(void *mem)
{
	uint64_t hint = 0;
	if (!ring_push(mem, 3))
		return false;
	while (ring_pop(mem, &hint))
		;
	return hint == 3;
}

static const struct steps_case cases[] = {
	{"lane_push", lane_setup, run_push, check_push, false},
	{"lane_pop", lane_setup, run_pop, check_pop, false},
	{"pipe_put_some, wrapping", pipe_setup, run_put_some, check_put, false},
	{"pipe_put_all, 2 parts, wrapping", pipe_setup, run_put_all, check_put, false},
	{"pipe_release", pipe_setup, run_release, check_release, false},
	{"page_publish", page_setup, run_publish, check_publish, false},
	{"bell_arm", bell_setup, run_arm, check_bell, false},
	{"bell_disarm", bell_setup_armed, run_disarm, check_bell, false},
	{"bell_disarm, rung", bell_setup_rung, run_disarm, check_bell, false},
	{"bell_ring, owner awake", bell_setup, run_ring, check_bell, false},
	{"bell_ring, owner asleep", bell_setup_armed, run_ring, check_bell, false},
	{"mistake: tail before cell", lane_setup, run_push_tail_first, check_push,
		true},
	{"mistake: position before bytes", pipe_setup, run_put_position_first,
		check_put_four, true},
	{"mistake: ring of many producers", ring_setup, run_ring_push, check_ring_push,
		true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}
