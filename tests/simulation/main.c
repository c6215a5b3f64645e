/*
 * The questions put to the gateway in virtual time, and what must come out. Each prints
 * one line with its figures; the last line counts.
 *
 *	build/simulation/simulation            all of them
 *	SIMULATION_SEED=77 …                   one random weather again
 *	SIMULATION_WEATHERS=100000 …           more of them
 */
#include "question.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- never above, never far below -------------------------------------------------------- */

static double minutes_of(const struct world *w)
{
	return (double)(world_result(w)->now_ns - HOUR_NS) / (double)MINUTE_NS;
}

/* Of the limit that binds. */
static double used_of(const struct world *w, const struct plan *plan)
{
	const struct provider *p = world_provider(w);
	double requests = (double)p->n_accepted / (minutes_of(w) * (double)plan->rpm);
	double tokens = plan->tpm == 0 ? 0
				       : (double)p->accepted_tokens /
						 (minutes_of(w) * (double)plan->tpm);
	return requests > tokens ? requests : tokens;
}

static void ask_steady(const char *name, uint64_t rpm, uint64_t tpm,
	uint64_t tokens_max, uint64_t attempts)
{
	struct source s = {
		.outstanding = 400, .tokens_min = 10, .tokens_max = tokens_max};
	struct plan plan = plan_of(&s, 1);
	plan.rpm = plan.provider_rpm = rpm;
	plan.tpm = plan.provider_tpm = tpm;
	plan.most_attempts = attempts;
	plan.until_ns = UINT64_MAX - 1;
	struct world *w = world_new(&plan);
	world_run(w);
	const struct provider *p = world_provider(w);
	double used = used_of(w, &plan);
	double minutes = minutes_of(w);
	judge(name,
		is_whole(w) && p->n_refused == 0 && p->most_requests <= rpm &&
			p->most_tokens <= tpm && used >= 0.98,
		"%llu attempts in %.0f virtual min: %llu refused, most %llu/%llu"
		" requests %llu/%llu tokens in a minute, %.2f %% used",
		(unsigned long long)p->n_arrived, minutes,
		(unsigned long long)p->n_refused, (unsigned long long)p->most_requests,
		(unsigned long long)rpm, (unsigned long long)p->most_tokens,
		(unsigned long long)tpm, 100 * used);
	world_free(w);
	forget(&s, 1);
}

/* ---- fair ---------------------------------------------------------------------------------- */

enum { LIGHT = 20 };

static void ask_heavy_and_light(void)
{
	struct source s[LIGHT + 1];
	for (size_t i = 0; i <= LIGHT; i++)
		s[i] = (struct source){.session = i,
			.outstanding = i < LIGHT ? 1 : 500,
			.tokens_min = 50,
			.tokens_max = 150};
	struct plan plan = plan_of(s, LIGHT);
	plan.until_ns = 2 * HOUR_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	double alone = quantile_s(s, LIGHT, 0.95);
	world_free(w);
	forget(s, LIGHT);
	plan.n_sources = LIGHT + 1;
	w = world_new(&plan);
	world_run(w);
	double beside = quantile_s(s, LIGHT, 0.95);
	world_free(w);
	forget(s, LIGHT + 1);
	/* in shares of what everybody wants more of */
	for (size_t i = 0; i < LIGHT; i++)
		s[i].outstanding = 10;
	w = world_new(&plan);
	world_run(w);
	double index = jain(s, LIGHT + 1);
	judge("500 queued beside 20 light",
		is_whole(w) && beside <= 1.5 * alone && index >= 0.95,
		"light p95 wait %.2f s alone, %.2f s beside (%.2f x), Jain %.4f", alone,
		beside, beside / alone, index);
	world_free(w);
	forget(s, LIGHT + 1);
}

static void ask_many_sessions(void)
{
	static struct source s[501];
	for (size_t i = 0; i < 501; i++)
		s[i] = (struct source){.client = i == 500,
			.session = i,
			.outstanding = i == 500 ? 100 : 1,
			.tokens_min = 50,
			.tokens_max = 150};
	struct plan plan = plan_of(s, 501);
	plan.until_ns = 3 * HOUR_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	uint64_t many = 0;
	for (size_t i = 0; i < 500; i++)
		many += s[i].tokens;
	double part = (double)many / (double)(many + s[500].tokens);
	judge("500 sessions against 1", is_whole(w) && part > 0.49 && part < 0.51,
		"the client with 500 has %.2f %% of the tokens", 100 * part);
	world_free(w);
	forget(s, 501);
}

/* ---- urgent and low ---------------------------------------------------------------------------- */

/* The burst that an idle queue saves up is none of a full one. tests/README.md says why. */
static void ask_urgent(const char *name, double per_minute, uint32_t batch,
	uint64_t burst_ns, uint64_t tpm)
{
	struct source s[4] = {{.class = 3,
				      .per_minute = per_minute,
				      .batch = batch,
				      .tokens_min = 50,
				      .tokens_max = 150},
		{.class = 2, .outstanding = 1500, .tokens_min = 50, .tokens_max = 150},
		{.class = 1, .outstanding = 1500, .tokens_min = 50, .tokens_max = 150},
		{.class = 0, .outstanding = 3000, .tokens_min = 50, .tokens_max = 150}};
	struct plan plan = plan_of(s, 1);
	plan.burst_ns = 0;
	plan.tpm = tpm;
	plan.max_wait_ns = 10 * MINUTE_NS;
	plan.until_ns = 4 * HOUR_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	double idle = quantile_s(s, 1, 0.95), slot = 60.5 / (double)plan.rpm;
	world_free(w);
	forget(s, 4);
	plan.n_sources = 4;
	plan.burst_ns = burst_ns;
	w = world_new(&plan);
	world_run(w);
	double busy = quantile_s(s, 1, 0.95);
	double used = used_of(w, &plan);
	judge(name, is_whole(w) && busy <= 1.2 * idle && used >= 0.98,
		"p95 wait %.3f s on an idle queue, %.3f s (%.2f x, %+.2f slots), %.2f %% used",
		idle, busy, busy / idle, (busy - idle) / slot, 100 * used);
	world_free(w);
	forget(s, 4);
}

static void ask_low(const char *name, uint64_t burst_ns)
{
	struct source s[2] = {
		{.class = 3, .outstanding = 500, .tokens_min = 100, .tokens_max = 100},
		{.class = 0, .outstanding = 1, .tokens_min = 100, .tokens_max = 100}};
	struct plan plan = plan_of(s, 2);
	plan.burst_ns = burst_ns;
	plan.until_ns = 3 * HOUR_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	/* 100 of the same size before it, one place for itself, ten a second; what a
	 * burst sends early the window lacks later */
	double bound = (100 + 2) * 60.5 / 600 + (double)burst_ns / (double)SECOND_NS;
	double longest = quantile_s(&s[1], 1, 1);
	judge(name, is_whole(w) && longest <= bound && s[1].n_done > 500,
		"longest wait %.2f s of %.2f s allowed, %llu done", longest, bound,
		(unsigned long long)s[1].n_done);
	world_free(w);
	forget(s, 2);
}

/* ---- an outage ------------------------------------------------------------------------------------ */

static void ask_outage(
	const char *name, unsigned status, const char *code, bool restarts)
{
	struct weather bad = {HOUR_NS + 2 * MINUTE_NS, HOUR_NS + 20 * MINUTE_NS, 1.0,
		status, code, 0};
	struct source s = {.outstanding = 5000,
		.tokens_min = 50,
		.tokens_max = 150,
		.last_ns = HOUR_NS + 1};
	struct plan plan = plan_of(&s, 1);
	plan.stabilizer.requests_per_minute = plan.rpm;
	plan.weather = &bad;
	plan.n_weather = 1;
	plan.retry.max_retries = 20;
	plan.until_ns = HOUR_NS + 25 * MINUTE_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	uint64_t left_ns = world_key(w)->due_ns - world_result(w)->now_ns;
	enum stabilizer_state state = world_key(w)->state;
	if (restarts) {
		world_restart(w, MINUTE_NS);
		left_ns -= MINUTE_NS;
	}
	bool resumed = world_key(w)->state == state &&
		       (state != STABILIZER_HOLD ||
			       world_key(w)->due_ns - world_result(w)->now_ns -
					       (restarts ? MINUTE_NS : 0) ==
				       left_ns);
	world_go_on_until(w, 200 * HOUR_NS);
	const struct world_result *r = world_result(w);
	double ratio = (double)r->n_attempts / 5000;
	judge(name,
		is_whole(w) && r->n_done == 5000 && r->most_probing <= 1 &&
			ratio <= 1.05 && resumed,
		"%llu of 5000 done, %.3f x the needed, %llu probes, %llu at once, then"
		" %s%s",
		(unsigned long long)r->n_done, ratio, (unsigned long long)r->n_probes,
		(unsigned long long)r->most_probing, stabilizer_state_name(state),
		restarts ? ", resumed after a restart" : "");
	world_free(w);
	forget(&s, 1);
}

/* ---- what was foretold ----------------------------------------------------------------------------- */

static void ask_foretold(const char *name, const uint32_t outstanding[static 3],
	double urgent_per_minute)
{
	struct source s[4];
	for (size_t i = 0; i < 3; i++)
		s[i] = (struct source){.client = i,
			.class = 1,
			.outstanding = outstanding[i],
			.tokens_min = 100,
			.tokens_max = 900};
	s[3] = (struct source){.client = 3,
		.class = 3,
		.per_minute = urgent_per_minute,
		.tokens_min = 100,
		.tokens_max = 900};
	struct plan plan = plan_of(s, urgent_per_minute > 0 ? 4 : 3);
	plan.tpm = 150000;
	plan.tph = 9000000;
	plan.check_positions = true;
	plan.until_ns = 2 * HOUR_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	const struct world_result *r = world_result(w);
	double part = (double)r->n_foretold_well / (double)r->n_foretold;
	judge(name, is_whole(w) && part >= 0.9 && r->n_foretold > 5000,
		"%.1f %% of %llu within max(2 s, 20 %%)", 100 * part,
		(unsigned long long)r->n_foretold);
	world_free(w);
	forget(s, 4);
}

/* Nobody comes once all have asked: then each must start at the rank it was told. */
static void ask_order(void)
{
	static struct source s[24];
	for (size_t i = 0; i < 24; i++)
		s[i] = (struct source){.client = i % 3,
			.session = i % 7,
			.class = (uint32_t)(i % 4),
			.outstanding = 200,
			.tokens_min = 10,
			.tokens_max = i % 5 ? 500 : 5000,
			.last_ns = HOUR_NS + 1};
	struct plan plan = plan_of(s, 24);
	plan.tpm = 900000;
	plan.check_positions = plan.check_order = true;
	plan.until_ns = HOUR_NS + 30 * MINUTE_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	const struct world_result *r = world_result(w);
	judge("positions, and who starts next",
		is_whole(w) && r->n_done == 4800 && r->n_in_order == r->n_done,
		"%llu of %llu start at the rank they were told",
		(unsigned long long)r->n_in_order, (unsigned long long)r->n_done);
	world_free(w);
	forget(s, 24);
}

/* ---- any weather -------------------------------------------------------------------------------------- */

static uint64_t dice;

static uint64_t any(uint64_t n)
{
	dice ^= dice << 13, dice ^= dice >> 7, dice ^= dice << 17;
	return dice % n;
}

enum { SOURCES = 6, WEATHERS = 3 };

static void random_weather(struct weather *w)
{
	static const struct weather kinds[] = {
		{.status = 429, .code = "rate_limit_exceeded"},
		{.status = 429, .code = "slow_down"},
		{.status = 503, .code = "slow_down"}, {.status = 503, .code = ""},
		{.status = 500, .code = ""}, {.status = 0},
		{.status = 429, .code = "insufficient_quota"}};
	*w = kinds[any(sizeof kinds / sizeof kinds[0])];
	w->from_ns = HOUR_NS + any(600) * SECOND_NS;
	w->until_ns = w->from_ns + (1 + any(300)) * SECOND_NS;
	w->probability = (double)(1 + any(10)) / 10;
	w->retry_after_ns = any(2) ? any(20000) * MS_NS : 0;
}

static bool survive(uint64_t seed)
{
	struct weather weather[WEATHERS];
	struct source s[SOURCES] = {0};
	dice = seed * UINT64_C(0x9e3779b97f4a7c15) + 99;
	struct plan plan = plan_of(s, 1 + any(SOURCES));
	for (size_t i = 0; i < plan.n_sources; i++) {
		s[i] = (struct source){.client = any(3),
			.session = any(4),
			.class = (uint32_t)any(4),
			.outstanding = (uint32_t)any(2) * (uint32_t)(1 + any(60)),
			.per_minute = (double)(1 + any(300)),
			.tokens_min = 1 + any(100)};
		s[i].tokens_max = s[i].tokens_min + any(2000);
	}
	plan.rpm = plan.provider_rpm = any(3) ? 30 + any(1000) : 0;
	plan.tpm = plan.provider_tpm = any(3) ? 5000 + any(500000) : 0;
	plan.rph = any(4) ? 0 : 1000 + any(20000);
	plan.max_concurrent = 1 + (uint32_t)any(64);
	plan.ageing = any(64);
	plan.max_wait_ns = (1 + any(600)) * SECOND_NS;
	plan.stabilizer.hold_ns = any(4) ? any(600) * SECOND_NS : 0;
	plan.stabilizer.requests_per_minute = plan.rpm;
	plan.stabilizer.tokens_per_minute = plan.tpm;
	for (size_t i = 0; i < WEATHERS; i++)
		random_weather(&weather[i]);
	plan.weather = weather;
	plan.n_weather = any(WEATHERS + 1);
	plan.check_positions = any(8) == 0;
	plan.seed = seed;
	plan.until_ns = HOUR_NS + 20 * MINUTE_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	const struct world_result *r = world_result(w);
	const struct provider *p = world_provider(w);
	bool is_good = is_whole(w) && p->n_refused == 0 && r->most_probing <= 1;
	if (!is_good)
		printf("\tseed %llu: refused %llu, probing %llu\n",
			(unsigned long long)seed, (unsigned long long)p->n_refused,
			(unsigned long long)r->most_probing);
	world_free(w);
	forget(s, SOURCES);
	return is_good;
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void ask_any_weather(void)
{
	uint64_t n = from_env("SIMULATION_WEATHERS", 60), n_bad = 0;
	for (uint64_t seed = 1; seed <= n; seed++)
		n_bad += !survive(seed);
	judge("any weather", n_bad == 0, "%llu seeds of 20 virtual min, %llu bad",
		(unsigned long long)n, (unsigned long long)n_bad);
}

/* A world is megabytes that are soon the next one's: given back to the system each time,
 * its pages cost more than what happens in it. */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

int main(void)
{
	keep_memory();
	uint64_t seed = from_env("SIMULATION_SEED", 0);
	if (seed > 0)
		return survive(seed) ? EXIT_SUCCESS : EXIT_FAILURE;
	ask_steady("steady, requests bind", 3000, 2000000, 600, 1000000);
	ask_steady("steady, tokens bind", 6000, 1000000, 3000, 200000);
	ask_steady("steady, a day of one a second", 60, 1000000, 600, 85690);
	ask_guesses();
	ask_heavy_and_light();
	ask_many_sessions();
	ask_urgent("URGENT at 10 x overload, batches", 300, 20, 0, 0);
	ask_urgent("URGENT at 10 x, steady", 480, 1, 0, 0);
	ask_urgent("URGENT at 10 x, few", 120, 1, 0, 0);
	ask_urgent("URGENT at 10 x, default burst", 480, 1, 10 * SECOND_NS, 0);
	ask_urgent("URGENT at 10 x, tokens bind", 300, 1, 10 * SECOND_NS, 48000);
	ask_low("LOW below its ageing bound", 0);
	ask_low("LOW, default burst", 10 * SECOND_NS);
	ask_outage("outage: slow_down", 503, "slow_down", false);
	ask_outage("outage: slow_down, restart", 503, "slow_down", true);
	ask_outage("outage: no connection", 0, "", false);
	ask_foretold("waits foretold, equal queues", (const uint32_t[]){80, 80, 80}, 0);
	ask_foretold(
		"waits foretold, unequal queues", (const uint32_t[]){200, 40, 10}, 0);
	ask_foretold(
		"waits foretold beside URGENT", (const uint32_t[]){80, 40, 40}, 100);
	ask_storm();
	ask_order();
	ask_clocks();
	ask_any_weather();
	return judged() ? EXIT_SUCCESS : EXIT_FAILURE;
}
