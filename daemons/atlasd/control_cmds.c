/* What atlasctl can ask of the master. */
#include "atlasd/control_parts.h"

#include "atlasd/master.h"
#include "base/clock.h"
#include "base/num.h"
#include "text/scan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_LIMIT_NS (3 * NS_PER_S)

/* step is NULL for a command that always answers when it is begun. */
struct control_command {
	const char *name;
	enum log_level level; /* at which its use is logged */
	bool (*begin)(struct master *m, struct control_call *call);
	bool (*step)(struct master *m, struct control_call *call);
};

/* ---- answers -------------------------------------------------------------------------- */

void control_put_text(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	jsonw_string(w, (struct str){text, strlen(text)});
}

void control_put_u64(struct jsonw *w, struct str key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

void control_begin_answer(struct jsonw *w)
{
	jsonw_begin_object(w);
	jsonw_key(w, STR("ok"));
	jsonw_bool(w, true);
}

static void begin_refusal(struct jsonw *w, const char *text)
{
	jsonw_begin_object(w);
	jsonw_key(w, STR("ok"));
	jsonw_bool(w, false);
	control_put_text(w, STR("error"), text);
}

void control_refuse(struct jsonw *w, const char *text)
{
	begin_refusal(w, text);
	jsonw_end_object(w);
}

bool control_refuse_call(struct control_call *call, const char *text)
{
	control_refuse(&call->answer, text);
	return true;
}

/* ---- status --------------------------------------------------------------------------- */

static const char *const phase_names[] = {
	[MASTER_RUNNING] = "running",
	[MASTER_RESETTING] = "resetting",
	[MASTER_STOPPING] = "stopping",
	[MASTER_GONE] = "gone",
};

static void put_listen(struct jsonw *w, const struct settings_list *addresses)
{
	jsonw_key(w, STR("listen"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < addresses->n; i++)
		jsonw_string(w,
			(struct str){addresses->entry[i], strlen(addresses->entry[i])});
	jsonw_end_array(w);
}

static const char *first_fault(const struct reload *r)
{
	return r->refusal.n > 0 ? r->refusal.fault[0].text : "";
}

static bool begin_status(struct master *m, struct control_call *call)
{
	struct jsonw *w = &call->answer;
	control_begin_answer(w);
	control_put_u64(w, STR("pid"), (uint64_t)getpid());
	control_put_text(w, STR("phase"), phase_names[m->phase]);
	control_put_text(w, STR("config"), m->config_path);
	put_listen(w, &m->listener.addresses);
	control_put_u64(w, STR("started_ms"), m->started_ms);
	control_put_u64(w, STR("segment_resets"), m->n_resets);
	control_put_u64(w, STR("reload_ms"), m->reload.finished_ms);
	control_put_text(w, STR("reload_error"), first_fault(&m->reload));
	control_put_u64(w, STR("reload_faults"), m->reload.refusal.n);
	jsonw_end_object(w);
	return true;
}

/* ---- reload and stop ----------------------------------------------------------------- */

static bool begin_reload(struct master *m, struct control_call *call)
{
	call->reload = reload_ask(m);
	call->until_ns = 0; /* begins when the check is over */
	return false;
}

static bool has_adopted(const struct master *m, const struct seat *seat)
{
	return proc_epoch(segment_proc(&m->segment, seat->slot)) >= m->reload.epoch;
}

static bool have_all_adopted(const struct master *m)
{
	const struct supervisor *s = &m->supervisor;
	for (uint32_t i = 0; i < s->n; i++)
		if (s->seat[i].restart.state == RESTART_READY &&
			!has_adopted(m, &s->seat[i]))
			return false;
	return true;
}

static void put_processes(
	struct master *m, struct jsonw *w, struct str key, bool is_adopted)
{
	const struct supervisor *s = &m->supervisor;
	jsonw_key(w, key);
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < s->n; i++) {
		char name[SEAT_NAME_BYTES];
		const struct seat *seat = &s->seat[i];
		if (!restart_is_alive(&seat->restart) ||
			has_adopted(m, seat) != is_adopted)
			continue;
		supervisor_name(seat, name);
		jsonw_string(w, (struct str){name, strlen(name)});
	}
	jsonw_end_array(w);
}

static void put_settings(struct jsonw *w, struct str key, const bool chosen[SETTING_N])
{
	jsonw_key(w, key);
	jsonw_begin_array(w);
	for (enum setting_id id = 0; id < SETTING_N; id++) {
		char name[CONTROL_TEXT_BYTES];
		const struct setting *st = settings_get(id);
		if (!chosen[id])
			continue;
		snprintf(name, sizeof name, "[%s] %s", st->section, st->key);
		jsonw_string(w, (struct str){name, strlen(name)});
	}
	jsonw_end_array(w);
}

static void put_value(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	if (text[0] == '\0')
		jsonw_null(w);
	else
		jsonw_string(w, (struct str){text, strlen(text)});
}

/* What is another one, and that is all that is said of it, is null -> null. */
static void put_changes(struct jsonw *w, const struct reload *r)
{
	/* however odd the bytes of a path, each is \u00XX at most */
	static_assert(RELOAD_CHANGES * (6 * sizeof(struct difference) + 64) + 4096 <=
			      CONTROL_ANSWER_BYTES,
		"the answer has room");
	uint32_t n = MIN(r->n_changes, (uint32_t)RELOAD_CHANGES);
	jsonw_key(w, STR("changed"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < n; i++) {
		jsonw_begin_object(w);
		control_put_text(w, STR("setting"), r->change[i].name);
		put_value(w, STR("old"), r->change[i].old);
		put_value(w, STR("new"), r->change[i].now);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	control_put_u64(w, STR("more_changed"), r->n_changes - n);
}

static bool answer_reload(struct master *m, struct jsonw *w)
{
	control_begin_answer(w);
	control_put_u64(w, STR("epoch"), m->reload.epoch);
	put_processes(m, w, STR("adopted"), true);
	put_processes(m, w, STR("not_adopted"), false);
	put_changes(w, &m->reload);
	put_settings(w, STR("needs_restart"), m->reload.needs_restart);
	put_settings(w, STR("shadowed_by_environment"), m->reload.is_shadowed);
	control_put_text(w, STR("old_key"), m->reload.old_key);
	control_put_text(w, STR("new_key"), m->reload.new_key);
	jsonw_end_object(w);
	return true;
}

/* The error is the first of the faults, for whoever asks for one sentence. */
static bool refuse_reload(const struct reload *r, struct jsonw *w)
{
	/* however odd the bytes of a path, each is \u00XX at most */
	static_assert((RELOAD_FAULTS + 1) * 6 * sizeof(struct err) + 256 <=
			      CONTROL_ANSWER_BYTES,
		"the answer has room");
	uint32_t n = MIN(r->refusal.n, (uint32_t)RELOAD_FAULTS);
	begin_refusal(w, first_fault(r));
	jsonw_key(w, STR("faults"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < n; i++) {
		const char *text = r->refusal.fault[i].text;
		jsonw_string(w, (struct str){text, strlen(text)});
	}
	jsonw_end_array(w);
	control_put_u64(w, STR("more"), r->refusal.n - n);
	jsonw_end_object(w);
	return true;
}

static bool step_reload(struct master *m, struct control_call *call)
{
	if (m->reload.n_finished < call->reload)
		return false; /* bounded by the check's own limit */
	if (m->reload.refusal.n > 0)
		return refuse_reload(&m->reload, &call->answer);
	if (call->until_ns == 0)
		call->until_ns = m->now_ns + WAIT_LIMIT_NS;
	if (!have_all_adopted(m) && m->now_ns < call->until_ns)
		return false;
	return answer_reload(m, &call->answer);
}

/* In force until a reload brings what the file says. */
static bool begin_log_level(struct master *m, struct control_call *call)
{
	enum log_level level, old = (enum log_level)m->config.settings.log_level;
	struct str name = {call->name, strlen(call->name)};
	if (!log_level_parse(name, &level))
		return control_refuse_call(
			call, "a log level is error, warn, info or debug");
	m->config.settings.log_level = level;
	log_set_level(level);
	reload_publish(m);
	control_begin_answer(&call->answer);
	control_put_text(&call->answer, STR("old"), log_level_name(old));
	control_put_text(&call->answer, STR("new"), log_level_name(level));
	control_put_u64(&call->answer, STR("epoch"), m->reload.epoch);
	jsonw_end_object(&call->answer);
	return true;
}

static bool begin_stop(struct master *m, struct control_call *call)
{
	control_begin_answer(&call->answer);
	control_put_u64(&call->answer, STR("drain_timeout_ms"),
		m->config.settings.drain_timeout_ns / NS_PER_MS);
	jsonw_end_object(&call->answer);
	ending_stop(m, false);
	return true;
}

/* ---- what runs, and whether more may ---------------------------------------------------- */

static bool answer_change(struct control_call *call, const char *old, const char *new)
{
	control_begin_answer(&call->answer);
	control_put_text(&call->answer, STR("old"), old);
	control_put_text(&call->answer, STR("new"), new);
	jsonw_end_object(&call->answer);
	return true;
}

static const char *intake_name(bool is_held)
{
	return is_held ? "draining" : "running";
}

static bool set_intake(struct master *m, struct control_call *call, bool is_held)
{
	const char *old = intake_name(m->is_held);
	master_hold(m, is_held);
	return answer_change(call, old, intake_name(is_held));
}

static bool begin_drain(struct master *m, struct control_call *call)
{
	return set_intake(m, call, true);
}

static bool begin_resume(struct master *m, struct control_call *call)
{
	return set_intake(m, call, false);
}

static bool begin_workers(struct master *m, struct control_call *call)
{
	uint64_t old = m->config.settings.workers, n;
	uint64_t most = m->segment.n_channels - 2; /* cf. segment.c */
	struct str name = {call->name, strlen(call->name)};
	char text[96], before[24], now[24];
	if (!num_parse_u64(name, &n) || n < 1 || n > most) {
		snprintf(text, sizeof text,
			"workers are a number from 1 to %llu ([server] max_workers)",
			(unsigned long long)most);
		return control_refuse_call(call, text);
	}
	m->config.settings.workers = n;
	supervisor_set_fronts(&m->supervisor, (uint32_t)n);
	reload_publish(m);
	snprintf(before, sizeof before, "%llu", (unsigned long long)old);
	snprintf(now, sizeof now, "%llu", (unsigned long long)n);
	return answer_change(call, before, now);
}

static bool begin_reopen(struct master *m, struct control_call *call)
{
	const char *file = m->config.settings.log_file;
	struct err e = {0};
	if (file[0] == '\0')
		return control_refuse_call(
			call, "Atlas logs to stderr: [server] log_file is empty");
	if (!master_reopen_log(m, &e))
		return control_refuse_call(call, e.text);
	control_begin_answer(&call->answer);
	control_put_text(&call->answer, STR("log_file"), file);
	jsonw_end_object(&call->answer);
	return true;
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct control_command commands[] = {
	{"status", LOG_DEBUG, begin_status, NULL},
	{"tokens-create", LOG_INFO, control_begin_tokens_create,
		control_step_tokens_create},
	{"tokens-revoke", LOG_INFO, control_begin_tokens_revoke,
		control_step_tokens_revoke},
	{"tokens-update", LOG_INFO, control_begin_tokens_update,
		control_step_tokens_update},
	{"cancel", LOG_INFO, control_begin_cancel, control_step_cancel},
	{"reset-limits", LOG_INFO, control_begin_reset, control_step_reset},
	{"reload", LOG_INFO, begin_reload, step_reload},
	{"log-level", LOG_INFO, begin_log_level, NULL},
	{"workers", LOG_INFO, begin_workers, NULL},
	{"drain", LOG_INFO, begin_drain, NULL},
	{"resume", LOG_INFO, begin_resume, NULL},
	{"reopen", LOG_INFO, begin_reopen, NULL},
	{"stop", LOG_INFO, begin_stop, NULL},
};

static const struct control_command *find_command(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Where the value of a key goes; each is a text. NULL = a limit, or nothing we know. */
static char *place_of(struct control_call *call, char *command, struct scan_token *key)
{
	if (scan_is(key, STR("command")))
		return command;
	if (scan_is(key, STR("role")))
		return call->role;
	if (scan_is(key, STR("name")))
		return call->name;
	if (scan_is(key, STR("id")))
		return call->id;
	if (scan_is(key, STR("session")))
		return call->session;
	return NULL;
}

static bool take_text(
	struct scan *s, struct scan_token *t, char *to, size_t size, struct err *e)
{
	struct str text;
	if (scan_next(s, t) != SCAN_STRING || !scan_text(t, to, size - 1, &text) ||
		memchr(to, '\0', text.n) != NULL)
		return err_set(
			e, "every value is a text of at most %zu bytes", size - 1);
	to[text.n] = '\0';
	return true;
}

static bool take_member(struct scan *s, struct scan_token *key,
	struct control_call *call, char *command, struct err *e)
{
	struct scan_token t;
	enum client_limit which;
	char limit[CLIENT_MODELS_BYTES];
	char *to = place_of(call, command, key);
	if (to == NULL && client_limit_find(key->raw, &which))
		return take_text(s, &t, limit, sizeof limit, e) &&
		       control_take_limit(&call->change, which,
			       (struct str){limit, strlen(limit)}, e);
	if (to == NULL || to[0] != '\0')
		return err_set(e, "a key is unknown or given twice");
	return take_text(s, &t, to, CONTROL_TEXT_BYTES, e);
}

static bool parse_object(
	struct str line, struct control_call *call, char *command, struct err *e)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, line, 1);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN)
		return err_set(e, "a command is one JSON object");
	while (scan_next(&s, &t) == SCAN_KEY)
		if (!take_member(&s, &t, call, command, e))
			return false;
	return (t.type == SCAN_OBJECT_END && scan_next(&s, &t) == SCAN_END) ||
	       err_set(e, "a command is one JSON object");
}

bool control_parse(struct str line, struct control_call *call, struct err *e)
{
	char command[CONTROL_TEXT_BYTES] = "";
	*call = (struct control_call){0};
	if (!parse_object(line, call, command, e))
		return false;
	call->command = find_command(command);
	return call->command != NULL || err_set(e, "the command is unknown");
}

bool control_begin(struct master *m, struct control_call *call)
{
	log_event(
		call->command->level, EVENT_CONTROL, "command=%s", call->command->name);
	if (call->command->step != NULL && m->phase != MASTER_RUNNING)
		return control_refuse_call(
			call, "not now: the service is stopping or resetting");
	return call->command->begin(m, call);
}

bool control_step(struct master *m, struct control_call *call)
{
	return call->command->step(m, call);
}
