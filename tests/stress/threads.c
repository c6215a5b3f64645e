/*
 * The same memory, shared by threads: what ThreadSanitizer cannot see across processes it
 * sees here (SAN=thread: not one report). Results are checked as well, so that it is a
 * test without a sanitizer too.
 */
#include "traffic.h"

#include "base/clock.h"
#include "ipc/bell.h"
#include "ipc/lane.h"
#include "rate/bucket.h"
#include "rate/window.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MOST_THREADS = 4, STUCK_MS = 5000 };

static pthread_t spawn(void *(*run)(void *), void *arg)
{
	pthread_t t;
	must(pthread_create(&t, NULL, run, arg) == 0);
	return t;
}

/* relaxed: flags and counters that nothing is read on the strength of */
static bool is_set(const _Atomic bool *flag)
{
	return atomic_load_explicit(flag, memory_order_relaxed);
}

static void set(_Atomic bool *flag)
{
	atomic_store_explicit(flag, true, memory_order_relaxed);
}

/* ---- the traffic of traffic.h --------------------------------------------------------- */

enum { READS = 30000 };

struct race {
	const struct traffic *t;
	_Atomic bool is_over, is_wrong;
	_Atomic uint64_t n_read;
	CACHE_ALIGNED uint8_t mem[TRAFFIC_MEM_BYTES];
};

static void *write_on(void *arg)
{
	struct race *r = arg;
	struct traffic_side s = {.rng = 1};
	while (!is_set(&r->is_over)) {
		enum traffic_turn did = r->t->write(r->mem, &s);
		if (did == TRAFFIC_WRONG)
			set(&r->is_wrong);
		if (did == TRAFFIC_IDLE)
			sched_yield();
	}
	return NULL;
}

static void *read_on(void *arg)
{
	struct race *r = arg;
	struct traffic_side s = {.rng = 2};
	while (!is_set(&r->is_over)) {
		enum traffic_turn did = r->t->read(r->mem, &s);
		if (did == TRAFFIC_WRONG)
			set(&r->is_wrong);
		if (did == TRAFFIC_IDLE)
			sched_yield();
		if (did == TRAFFIC_MOVED)
			atomic_fetch_add_explicit(&r->n_read, 1, memory_order_relaxed);
	}
	return NULL;
}

/* Until enough has been read, or for 3 s when the machine is busy. */
static bool run_traffic(struct race *r)
{
	pthread_t t[MOST_THREADS];
	unsigned n = 0;
	t[n++] = spawn(write_on, r);
	for (unsigned i = 0; i < r->t->n_readers; i++)
		t[n++] = spawn(read_on, r);
	uint64_t deadline_ns = clock_mono_ns() + 3 * NS_PER_S, n_read = 0;
	while (clock_mono_ns() < deadline_ns && n_read < READS) {
		poll(NULL, 0, 1);
		n_read = atomic_load_explicit(&r->n_read, memory_order_relaxed);
	}
	set(&r->is_over);
	while (n > 0)
		pthread_join(t[--n], NULL);
	printf("%-14s %8ju read", r->t->name, (uintmax_t)n_read);
	return n_read > 0 && !is_set(&r->is_wrong);
}

static bool try_traffic(const struct traffic *t)
{
	struct race *r = aligned_alloc(CACHE_LINE_BYTES, sizeof *r);
	must(r != NULL);
	memset(r, 0, sizeof *r);
	r->t = t;
	bool ok = run_traffic(r);
	free(r);
	return ok;
}

/* ---- bell: no wake is ever lost ------------------------------------------------------- */

enum { HINTS = 20000, TOWER_CELLS = 16 };

struct tower {
	struct bell_word word;
	struct lane lane;
	int fd;
	_Atomic uint64_t n_taken, n_slept;
	_Atomic bool is_lost;
};

static bool has_hint(const void *lane)
{
	return lane_length(lane) > 0;
}

/* Sleeps as a process would; false = nobody woke it although there was work. */
static bool sleep_until_rung(struct tower *t, struct bell *b, struct bell_spin *spin)
{
	if (bell_spin(spin, has_hint, &t->lane))
		return true;
	bool is_woken = true;
	bell_arm(b);
	if (lane_length(&t->lane) == 0) {
		struct pollfd p = {.fd = b->fd, .events = POLLIN};
		is_woken = poll(&p, 1, STUCK_MS) == 1;
		atomic_fetch_add_explicit(&t->n_slept, 1, memory_order_relaxed);
	}
	bell_disarm(b);
	return is_woken;
}

static void *own_bell(void *arg)
{
	struct tower *t = arg;
	struct bell b = {&t->word, t->fd};
	struct bell_spin spin = {0};
	for (uint64_t n = 0, hint; n < HINTS && !is_set(&t->is_lost);) {
		if (lane_pop(&t->lane, &hint)) {
			if (hint != n++)
				set(&t->is_lost);
			atomic_store_explicit(&t->n_taken, n, memory_order_relaxed);
		} else if (!sleep_until_rung(t, &b, &spin)) {
			set(&t->is_lost);
		}
	}
	return NULL;
}

/* Bursts; before some of them it waits until the owner has nothing left to do. */
static void *ring(void *arg)
{
	struct tower *t = arg;
	struct bell b = {&t->word, t->fd};
	struct lane l = t->lane;
	uint64_t rng = 3;
	for (uint64_t n = 0; n < HINTS && !is_set(&t->is_lost);) {
		uint64_t burst = 1 + traffic_random(&rng) % 8;
		while (burst-- > 0 && n < HINTS && lane_push(&l, n))
			n++;
		bell_ring(&b);
		while (traffic_random(&rng) % 4 != 0 && !is_set(&t->is_lost) &&
			atomic_load_explicit(&t->n_taken, memory_order_relaxed) < n)
			sched_yield();
	}
	return NULL;
}

static bool try_bell(void)
{
	struct tower t = {.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	t.lane = (struct lane){
		aligned_alloc(CACHE_LINE_BYTES, lane_size_bytes(TOWER_CELLS)),
		TOWER_CELLS};
	must(t.fd >= 0 && t.lane.words != NULL);
	lane_reset(t.lane.words);
	pthread_t owner = spawn(own_bell, &t), ringer = spawn(ring, &t);
	pthread_join(owner, NULL);
	pthread_join(ringer, NULL);
	close(t.fd);
	free(t.lane.words);
	printf("%-14s %8ju sleeps", "bell", (uintmax_t)t.n_slept);
	return !is_set(&t.is_lost) && t.n_taken == HINTS;
}

/* ---- window: one writer, and somebody who looks --------------------------------------- */

struct watched {
	struct window w;
	_Atomic uint64_t now_ns;
	_Atomic bool is_over;
};

static void *look(void *arg)
{
	struct watched *v = arg;
	uint64_t sum = 0;
	while (!is_set(&v->is_over))
		sum += window_used(
			&v->w, atomic_load_explicit(&v->now_ns, memory_order_relaxed));
	return (void *)(uintptr_t)(sum > 0);
}

static bool try_window(void)
{
	static struct watched v;
	uint64_t rng = 4, now = 0, n_fit = 0;
	window_init(&v.w, NS_PER_S);
	pthread_t other = spawn(look, &v);
	for (int i = 0; i < 50000; i++) {
		now += traffic_random(&rng) % (NS_PER_S / 50);
		uint64_t n = 1 + traffic_random(&rng) % 100;
		window_advance(&v.w, now);
		atomic_store_explicit(&v.now_ns, now, memory_order_relaxed);
		if (window_fits(&v.w, 1000, n)) {
			uint64_t stamp = window_add(&v.w, now, n);
			window_correct(&v.w, stamp, n, n / 2, now);
			n_fit++;
		}
	}
	set(&v.is_over);
	pthread_join(other, NULL);
	printf("%-14s %8ju added", "window", (uintmax_t)n_fit);
	return n_fit > 0 && window_used(&v.w, now) <= 1000;
}

/* ---- bucket: several take from one word ----------------------------------------------- */

enum { TAKERS = 3 };

static const struct bucket_rate rate = {1000000, NS_PER_S, 100, 0};

struct well {
	CACHE_ALIGNED _Atomic uint64_t word;
	CACHE_ALIGNED _Atomic uint64_t n_used;
	uint64_t until_ns;
};

static void *draw(void *arg)
{
	struct well *w = arg;
	for (uint64_t rng = 5, now; (now = clock_mono_ns()) < w->until_ns;) {
		uint64_t n = 1 + traffic_random(&rng) % 20;
		struct bucket_take t = bucket_take_shared(&w->word, &rate, n, now);
		if (t.verdict != BUCKET_TAKEN)
			continue;
		struct bucket_use use = {n, n % 4 == 0 ? n / 2 : n, now};
		bucket_correct_shared(&w->word, &rate, &use, clock_mono_ns());
		atomic_fetch_add_explicit(&w->n_used, use.actual, memory_order_relaxed);
	}
	return NULL;
}

static bool try_bucket(void)
{
	static struct well w;
	pthread_t t[TAKERS];
	uint64_t start_ns = clock_mono_ns();
	w.until_ns = start_ns + NS_PER_S / 2;
	for (int i = 0; i < TAKERS; i++)
		t[i] = spawn(draw, &w);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(t[i], NULL);
	uint64_t elapsed_ns = clock_mono_ns() - start_ns;
	uint64_t most = rate.burst + elapsed_ns * rate.tokens / rate.period_ns;
	printf("%-14s %8ju used", "bucket", (uintmax_t)w.n_used);
	return w.n_used >= rate.burst && w.n_used <= most;
}

static bool report(bool ok)
{
	printf("  %s\n", ok ? "ok" : "FAILED");
	return ok;
}

int main(void)
{
	unsigned n_passed = 0, n = N_ELEMENTS(traffics) + 3;
	for (size_t i = 0; i < N_ELEMENTS(traffics); i++)
		n_passed += report(try_traffic(&traffics[i]));
	n_passed += report(try_bell());
	n_passed += report(try_window());
	n_passed += report(try_bucket());
	printf("%u passed, %u failed\n", n_passed, n - n_passed);
	return n_passed == n ? EXIT_SUCCESS : EXIT_FAILURE;
}
