/*
 * Reservations that are guesses, far above what comes of them: requests without max_tokens.
 * What they do not use must be there for the next ones at once.
 */
#include "question.h"

/* Those under way hold their whole guess: they are the part that cannot be used. */
static void ask_guessed(void)
{
	struct source s = {.outstanding = 400,
		.tokens_min = 100,
		.tokens_max = 600,
		.guess = 1200,
		.guess_every = 1};
	struct plan plan = plan_of(&s, 1);
	plan.rpm = 0;
	plan.tpm = plan.provider_tpm = 1000000;
	plan.most_attempts = 100000;
	plan.until_ns = UINT64_MAX - 1;
	struct world *w = world_new(&plan);
	world_run(w);
	const struct provider *p = world_provider(w);
	double minutes =
		(double)(world_result(w)->now_ns - HOUR_NS) / (double)MINUTE_NS;
	double used = (double)p->accepted_tokens / (minutes * (double)plan.tpm);
	double seconds = (double)(plan.service_min_ns + plan.service_max_ns) / 2e9;
	double held = (1200.0 / 350 - 1) * seconds / 60;
	judge("guesses of 3.4 x the truth",
		is_whole(w) && p->n_refused == 0 && p->most_tokens <= plan.tpm &&
			used >= 0.98 - held,
		"most %llu/%llu tokens in a minute, %.2f %% used, %.2f %% held by guesses",
		(unsigned long long)p->most_tokens, (unsigned long long)plan.tpm,
		100 * used, 100 * held);
	world_free(w);
	forget(&s, 1);
}

/* A chat and an embedding in turn, of the default limits: the one costs nearly nothing, the
 * other reserves what its model can write. A crowd at the start makes the first wait. */
static void ask_unlike(void)
{
	struct source s[2] = {{.outstanding = 1,
				      .tokens_min = 20,
				      .tokens_max = 200,
				      .guess = 16384,
				      .guess_every = 2},
		{.client = 1,
			.outstanding = 20,
			.tokens_min = 20,
			.tokens_max = 200,
			.last_ns = HOUR_NS + 1}};
	struct plan plan = plan_of(s, 2);
	plan.rpm = 60;
	plan.rph = 3000;
	plan.tpm = 150000;
	plan.tph = 1000000;
	plan.service_max_ns = 300 * MS_NS;
	plan.until_ns = HOUR_NS + 40 * MINUTE_NS;
	struct world *w = world_new(&plan);
	world_run(w);
	double p95 = quantile_s(&s[0], 1, 0.95);
	double used = (double)s[0].n_done / (40 * 60);
	judge("unlike requests in turn", is_whole(w) && p95 <= 1.01 && used >= 0.98,
		"p95 wait %.2f s at a request a second, %.1f %% used", p95, 100 * used);
	world_free(w);
	forget(s, 2);
}

void ask_guesses(void)
{
	ask_guessed();
	ask_unlike();
}
