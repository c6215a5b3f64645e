/* Check in a child, apply whole. */
#include "atlasd/reload.h"

#include "atlasd/master.h"
#include "base/clock.h"
#include "conf/value.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_LIMIT_NS (5 * NS_PER_S)

/* What the checker leaves behind. */
struct candidate {
	struct config config;
	struct tls_pair tls; /* wiped before the memory is given back */
	struct reload_refusal refusal;
};

/* ---- the checker ------------------------------------------------------------- */

static void keep_fault(void *refusal, const struct err *e)
{
	struct reload_refusal *r = refusal;
	if (r->n < RELOAD_FAULTS)
		r->fault[r->n] = *e;
	r->n++;
}

/* The key itself stays out of shared memory: the master reads its one line again. */
static bool load(struct candidate *c, const char *path, bool is_key_from_env)
{
	struct err e = {0};
	if (config_load(&c->config, path, &e) &&
		config_check_key(&c->config, path, is_key_from_env, &e) &&
		config_load_tls(&c->config, path, &c->tls, &e))
		return true;
	if (config_check(path, is_key_from_env, keep_fault, &c->refusal) == 0)
		keep_fault(&c->refusal, &e); /* it is good by now, but was not taken */
	return false;
}

/* In the child: it must not outlive its purpose, nor a master that dies meanwhile. */
static void check(const struct master *m, bool is_key_from_env)
{
	struct candidate *c = m->reload.candidate;
	struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)close(m->lifeline[1]);
	bool is_good = load(c, m->config_path, is_key_from_env);
	_exit(is_good ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void fork_checker(struct master *m)
{
	struct reload *r = &m->reload;
	bool is_key_from_env = keypage_is_from_env(&m->keys); /* wiped in the child */
	(void)fflush(NULL);
	r->pid = fork();
	if (r->pid == 0)
		check(m, is_key_from_env);
	if (r->pid < 0)
		return;
	r->pidfd = pidfd_open(r->pid, 0);
	must(r->pidfd >= 0);
	/* only the checker has it besides us, whoever is forked meanwhile */
	must(madvise(r->candidate, sizeof *r->candidate, MADV_DONTFORK) == 0);
}

static void drop_candidate(struct reload *r)
{
	explicit_bzero(&r->candidate->tls, sizeof r->candidate->tls);
	munmap(r->candidate, sizeof *r->candidate);
	r->candidate = NULL;
}

/* ---- refusing and applying ------------------------------------------------------ */

static void finish(struct master *m)
{
	m->reload.n_finished = m->reload.n_begun;
	m->reload.finished_ms = m->now_ms;
}

static void log_fault(const struct err *e)
{
	char quoted[LOG_QUOTE_BYTES];
	log_event(LOG_ERROR, EVENT_CONFIG_REJECTED, "text=%s",
		log_quote((struct str){e->text, strlen(e->text)}, quoted));
}

static void refuse_for(struct master *m, const struct reload_refusal *why)
{
	m->reload.refusal = *why;
	for (uint32_t i = 0; i < MIN(why->n, (uint32_t)RELOAD_FAULTS); i++)
		log_fault(&why->fault[i]);
	if (why->n > RELOAD_FAULTS)
		log_event(LOG_ERROR, EVENT_CONFIG_REJECTED, "more=%u",
			why->n - RELOAD_FAULTS);
	master_note(m, EVENT_CONFIG_REJECTED, m->reload.epoch);
	finish(m);
}

static void refuse(struct master *m, const char *sentence)
{
	struct reload_refusal why = {.n = 1};
	err_set(&why.fault[0], "%s", sentence);
	refuse_for(m, &why);
}

/* The running value stays. */
static void keep(
	struct settings *new, const struct settings *old, const struct setting *st)
{
	memcpy((char *)new + st->offset, (const char *)old + st->offset, st->size);
}

static bool can_change(
	const struct master *m, const struct setting *st, const struct settings *new)
{
	/* The segment has room for so many fronts and no more. */
	if (st == settings_get(SETTING_server_workers))
		return new->workers + 2 <= m->segment.n_channels;
	return st->reload == SETTING_LIVE;
}

static bool refuse_mixture(const struct config *new, const struct setting *kept,
	const char *why, struct err *e)
{
	char value[VALUE_BYTES];
	value_format(&new->settings, kept, value);
	return err_set(e, "[%s] %s stays %.40s until a restart, and with that %s",
		kept->section, kept->key, value, why);
}

/* The file was checked as a whole, but what is kept and the rest of it may go together
 * less well. Then it is refused, and the setting named whose keeping has brought that. */
static bool keep_what_cannot_change(struct master *m, struct config *new, struct err *e)
{
	const struct settings *old = &m->config.settings;
	const struct setting *st, *culprit = NULL;
	struct err why = {0};
	unsigned at = 0;
	memset(m->reload.needs_restart, 0, sizeof m->reload.needs_restart);
	while ((st = settings_diff(old, &new->settings, &at)) != NULL) {
		if (can_change(m, st, &new->settings))
			continue;
		keep(&new->settings, old, st);
		m->reload.needs_restart[at - 1] = true;
		log_event(LOG_WARN, EVENT_CONFIG_NEEDS_RESTART, "key=%s.%s",
			st->section, st->key);
		why = (struct err){0};
		if (settings_check_mixture(
			    &new->settings, &new->report, m->config_path, &why))
			culprit = NULL;
		else if (culprit == NULL)
			culprit = st;
	}
	return culprit == NULL || refuse_mixture(new, culprit, why.text, e);
}

static const char *key_id(const struct keyring *ring)
{
	return ring->n > 0 ? ring->key[0].id : "none";
}

/* Dispatch has the keys before the settings that go with them, and is the last that can
 * say no. */
static bool pass_keys(struct master *m, const struct keyring *before, struct err *e)
{
	struct reload *r = &m->reload;
	bool is_same = memcmp(before, m->keys.ring, sizeof *before) == 0;
	if (!is_same && !supervisor_send_keys(&m->supervisor, &m->keys)) {
		err_sys(e, "dispatch has not taken the last key yet; try again");
		return false;
	}
	snprintf(r->old_key, sizeof r->old_key, "%s", is_same ? "" : key_id(before));
	snprintf(r->new_key, sizeof r->new_key, "%s",
		is_same ? "" : key_id(m->keys.ring));
	if (!is_same)
		log_event(LOG_INFO, EVENT_KEY_REPLACED, "old=%s new=%s", r->old_key,
			r->new_key);
	return true;
}

static bool take_key(struct master *m, const struct config *new, struct err *e)
{
	struct keyring before = *m->keys.ring;
	bool done = config_load_key(new, m->config_path, m->keys.ring, e) &&
		    pass_keys(m, &before, e);
	if (!done)
		*m->keys.ring = before;
	explicit_bzero(&before, sizeof before);
	return done;
}

void reload_publish(struct master *m)
{
	struct fact_reload fact;
	struct reload *r = &m->reload;
	page_publish(
		m->segment.catalogue, &m->config.catalogue, sizeof m->config.catalogue);
	r->epoch = page_publish(
		m->segment.settings, &m->config.settings, sizeof m->config.settings);
	proc_set_epoch(segment_proc(&m->segment, SLOT_MASTER), r->epoch);
	fact_begin(&fact.head, FACT_RELOAD, sizeof fact, m->now_ms);
	fact.epoch = r->epoch;
	if (!master_tell_record(m, &fact.head))
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"no room for the reload's fact: record is behind\"");
	master_ring_all(m);
	log_event(LOG_INFO, EVENT_RELOADED, "epoch=%llu", (unsigned long long)r->epoch);
	master_note(m, EVENT_RELOADED, r->epoch);
}

/* Does the environment hide what the file says of it? */
static bool is_hidden(
	const struct master *m, const struct config *new, enum setting_id id)
{
	if (id == SETTING_openai_api_key_file)
		return keypage_is_from_env(&m->keys) && new->report.line[id] != 0;
	return config_is_shadowed(new, id);
}

static void log_change(const struct difference *d)
{
	char name[LOG_QUOTE_BYTES], old[LOG_QUOTE_BYTES], now[LOG_QUOTE_BYTES];
	log_quote((struct str){d->name, strlen(d->name)}, name);
	if (d->now[0] == '\0')
		log_event(LOG_INFO, EVENT_SETTING_CHANGED, "setting=%s", name);
	else
		log_event(LOG_INFO, EVENT_SETTING_CHANGED, "setting=%s old=%s new=%s",
			name, log_quote((struct str){d->old, strlen(d->old)}, old),
			log_quote((struct str){d->now, strlen(d->now)}, now));
}

static void note_change(void *reload, const struct difference *d)
{
	struct reload *r = reload;
	if (r->n_changes < RELOAD_CHANGES)
		r->change[r->n_changes] = *d;
	r->n_changes++;
	log_change(d);
}

/* Against what is in force until now. */
static void note_changes(struct master *m, const struct config *new)
{
	const struct config *old = &m->config;
	m->reload.n_changes = 0;
	(void)differences_tell(&old->settings, &new->settings, note_change, &m->reload);
	if (memcmp(&old->catalogue, &new->catalogue, sizeof old->catalogue) != 0)
		note_change(
			&m->reload, &(struct difference){.name = "model catalogue"});
}

static void apply(struct master *m, struct config *new, const struct tls_pair *tls)
{
	struct reload *r = &m->reload;
	struct err e = {0};
	struct listener fresh;
	if (!keep_what_cannot_change(m, new, &e) ||
		!listener_prepare(&m->listener, &fresh, &new->settings.listen, &e)) {
		refuse(m, e.text);
		return;
	}
	if (!take_key(m, new, &e)) {
		listener_discard(&m->listener, &fresh);
		refuse(m, e.text);
		return;
	}
	listener_replace(&m->listener, &fresh);
	supervisor_send_listeners(&m->supervisor, &m->listener);
	config_log_shadowed(new);
	for (enum setting_id id = 0; id < SETTING_N; id++)
		r->is_shadowed[id] = is_hidden(m, new, id);
	note_changes(m, new);
	m->config = *new;
	if (tlspage_replace(&m->tls, tls, m->now_ms))
		note_change(r, &(struct difference){.name = "TLS certificate or key"});
	log_set_level((enum log_level)m->config.settings.log_level);
	log_set_format((enum log_format)m->config.settings.log_format);
	supervisor_set_fronts(&m->supervisor, (uint32_t)m->config.settings.workers);
	r->refusal.n = 0;
	reload_publish(m);
	finish(m);
}

/* ---- the steps ---------------------------------------------------------------- */

uint64_t reload_ask(struct master *m)
{
	return ++m->reload.n_asked;
}

static void begin(struct master *m)
{
	struct reload *r = &m->reload;
	r->n_begun = r->n_asked;
	r->candidate = mmap(NULL, sizeof *r->candidate, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->candidate == MAP_FAILED) {
		r->candidate = NULL;
		refuse(m, "no memory to check the configuration");
		return;
	}
	(void)madvise(r->candidate, sizeof *r->candidate, MADV_DONTDUMP);
	r->kill_at_ns = m->now_ns + CHECK_LIMIT_NS;
	fork_checker(m);
	if (r->pid > 0)
		return;
	drop_candidate(r);
	refuse(m, "no process to check the configuration");
}

static void take_result(struct master *m)
{
	struct reload *r = &m->reload;
	siginfo_t info = {0};
	if (waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED | WNOHANG) != 0 ||
		info.si_pid == 0)
		return;
	close(r->pidfd);
	struct reload_refusal *refusal = &r->candidate->refusal;
	for (size_t i = 0; i < RELOAD_FAULTS; i++)
		refusal->fault[i].text[sizeof refusal->fault[i].text - 1] = '\0';
	if (info.si_code == CLD_EXITED && info.si_status == EXIT_SUCCESS)
		apply(m, &r->candidate->config, &r->candidate->tls);
	else if (info.si_code == CLD_EXITED && refusal->n > 0)
		refuse_for(m, refusal);
	else
		refuse(m, "reading the configuration crashed or took too long");
	drop_candidate(r);
}

void reload_turn(struct master *m)
{
	struct reload *r = &m->reload;
	if (r->candidate != NULL && r->has_ended) {
		r->has_ended = false;
		take_result(m);
	}
	if (r->candidate != NULL && m->now_ns >= r->kill_at_ns) {
		(void)pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
		r->kill_at_ns = UINT64_MAX;
	}
	if (r->candidate == NULL && r->n_begun != r->n_asked)
		begin(m);
}

uint64_t reload_due_ns(const struct reload *r)
{
	if (r->candidate == NULL)
		return r->n_begun != r->n_asked ? 0 : UINT64_MAX;
	return r->kill_at_ns;
}

void reload_cancel(struct reload *r)
{
	if (r->candidate == NULL)
		return;
	(void)pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
	(void)waitid(P_PIDFD, (id_t)r->pidfd, &(siginfo_t){0}, WEXITED);
	close(r->pidfd);
	drop_candidate(r);
}
