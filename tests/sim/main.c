/*
 * openai-sim: starts the parts, turns the loop, stops on TERM or INT. The order inside one
 * turn is the promise of the bill (sim.h).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exchange.h"

enum { COTENANT_TICK_MS = 50 };

static struct sim self;

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Streams need descriptors: take all that may be had. */
static void raise_fd_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static struct event_base *open_base(void)
{
	struct event_config *config = event_config_new();
	if (config == NULL)
		fatal("no event loop");
	/* precise: the coarse clock would blur every latency by up to 4 ms */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL)
		fatal("no event loop");
	return base;
}

/* ---- what happens by the clock -------------------------------------------------- */

struct clockwork {
	struct sim *sim;
	struct event scenario, cotenants;
	uint64_t start_ns, ticked_ns;
};

static void wake(struct event *ev, uint64_t ns)
{
	uint64_t us = (ns + 999) / 1000;
	struct timeval tv = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
	event_add(ev, &tv);
}

static void on_scenario(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct clockwork *c = arg;
	uint64_t now = clock_ns(), since = now - c->start_ns;
	uint64_t next = scenario_advance(
		&c->sim->scenario, since, now, &c->sim->weather, &c->sim->limiter);
	if (next != UINT64_MAX)
		wake(&c->scenario, next - since);
}

static void on_cotenants(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct clockwork *c = arg;
	uint64_t now = clock_ns();
	limiter_cotenants(&c->sim->limiter, now, now - c->ticked_ns);
	c->ticked_ns = now;
	wake(&c->cotenants, COTENANT_TICK_MS * NS_PER_MS);
}

static void clockwork_start(struct clockwork *c, struct sim *s)
{
	*c = (struct clockwork){.sim = s, .start_ns = clock_ns()};
	c->ticked_ns = c->start_ns;
	event_assign(&c->scenario, s->base, -1, 0, on_scenario, c);
	event_assign(&c->cotenants, s->base, -1, 0, on_cotenants, c);
	on_scenario(-1, 0, c);
	on_cotenants(-1, 0, c);
}

/* ---- start, turn, stop ---------------------------------------------------------- */

static void start(struct sim *s)
{
	const struct options *o = &s->options;
	char why[512];
	if (o->scenario != NULL &&
		!scenario_load(&s->scenario, o->scenario, why, sizeof why)) {
		fprintf(stderr, "openai-sim: %s\n", why);
		exit(1);
	}
	s->recorded_end = &s->recorded;
	s->id_salt = mix64(clock_ns() ^ (uint64_t)getpid() << 40 ^ o->seed);
	s->limiter.rpm = o->rpm;
	s->limiter.tpm = o->tpm;
	weather_init(&s->weather, o->seed);
	bill_open(&s->bill, o->bill, o->bill_sync);
	s->base = open_base();
	s->api = http_open(s->base, (unsigned)o->port, &api_handler, s);
	s->admin = http_open(s->base, (unsigned)o->admin_port, &admin_handler, s);
}

static void turn(struct sim *s)
{
	http_ask_first(s->api, weather_has_early(&s->weather));
	event_base_loop(s->base, EVLOOP_ONCE);
	do {
		bill_commit(&s->bill);
		exchange_release(s);
	} while (s->recorded != NULL);
	exchange_sweep(s);
	http_sweep(s->api);
	http_sweep(s->admin);
}

static void stop(struct sim *s)
{
	http_close_server(s->api);
	http_close_server(s->admin);
	exchange_release(s);
	exchange_sweep(s);
	bill_close(&s->bill);
	limiter_fini(&s->limiter);
	scenario_fini(&s->scenario);
	seen_reset(&s->ids);
	seen_reset(&s->bodies);
	buf_free(&s->content);
	buf_free(&s->wire);
	event_base_free(s->base);
}

int main(int argc, char **argv)
{
	struct sim *s = &self;
	struct event term, interrupt;
	struct clockwork clockwork;
	bool stopping = false;
	options_parse(&s->options, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	raise_fd_limit();
	start(s);
	event_assign(
		&term, s->base, SIGTERM, EV_SIGNAL | EV_PERSIST, on_signal, &stopping);
	event_assign(&interrupt, s->base, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal,
		&stopping);
	event_add(&term, NULL);
	event_add(&interrupt, NULL);
	clockwork_start(&clockwork, s);
	printf("openai-sim listening on 127.0.0.1:%u admin 127.0.0.1:%u\n",
		http_port(s->api), http_port(s->admin));
	fflush(stdout);
	while (!stopping)
		turn(s);
	event_del(&term);
	event_del(&interrupt);
	event_del(&clockwork.scenario);
	event_del(&clockwork.cotenants);
	stop(s);
	return 0;
}
