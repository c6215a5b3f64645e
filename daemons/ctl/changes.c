/* atlasctl reload, log-level, workers, drain, resume, reopen, stop: the master does it, here is said what came of it. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/client.h"
#include "ctl/show.h"
#include "text/jsonw.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 100, KEY_TEXT_BYTES = 16 };

/* The whole stop takes the drain time and what each role may overrun it. */
#define STOP_SLACK_NS (20 * NS_PER_S)

static size_t length_of(const struct client_answer *a, const char *key)
{
	struct doc_at root = doc_root(a->doc), list;
	return doc_find(&root, key, &list) ? doc_length(&list) : 0;
}

/* "front 1, front 2" of a list in the answer. */
static void print_list(
	const struct client_answer *a, const char *key, const char *before)
{
	struct doc_at root = doc_root(a->doc), list, item;
	struct str text;
	if (length_of(a, key) == 0 || !doc_find(&root, key, &list))
		return;
	printf("%s", before);
	const char *comma = " ";
	for (bool on = doc_first(&list, &item); on; on = doc_next(&item)) {
		if (doc_string(&item, &text, NULL))
			printf("%s" STR_FMT, comma, STR_ARG(text));
		comma = ", ";
	}
	printf("\n");
}

/* Keys are called by the beginning of their hash. */
static void print_keys(const struct client_answer *a)
{
	char old[KEY_TEXT_BYTES], now[KEY_TEXT_BYTES];
	client_text(a, "old_key", old, sizeof old);
	client_text(a, "new_key", now, sizeof now);
	if (now[0] != '\0')
		printf("upstream key %s -> %s\n", old, now);
}

/* Of what is secret or long it is only said that it is another one. */
static void print_setting(const struct doc_at *at)
{
	struct str name = client_member(at, "setting"), old = client_member(at, "old"),
		   now = client_member(at, "new");
	if (now.n == 0)
		printf("  " STR_FMT " changed\n", STR_ARG(name));
	else
		printf("  " STR_FMT " " STR_FMT " -> " STR_FMT "\n", STR_ARG(name),
			STR_ARG(old), STR_ARG(now));
}

static void print_settings(const struct client_answer *a)
{
	struct doc_at root = doc_root(a->doc), list, item;
	uint64_t n_more = client_u64(a, "more_changed");
	char key[KEY_TEXT_BYTES];
	if (doc_find(&root, "changed", &list))
		for (bool on = doc_first(&list, &item); on; on = doc_next(&item))
			print_setting(&item);
	if (n_more > 0)
		printf("  and %llu more, see the log\n", (unsigned long long)n_more);
	if (length_of(a, "changed") + length_of(a, "needs_restart") == 0 &&
		client_text(a, "new_key", key, sizeof key)[0] == '\0')
		printf("nothing changed\n");
}

static void print_reload(const struct client_answer *a)
{
	printf("the configuration is in force as epoch %llu\n",
		(unsigned long long)client_u64(a, "epoch"));
	print_settings(a);
	print_list(a, "adopted", "adopted by:");
	print_list(a, "not_adopted", "not yet adopted by:");
	print_list(a, "needs_restart", "changed, but only a restart applies it:");
	print_list(a, "shadowed_by_environment",
		"hidden by an environment variable of atlasd:");
	print_keys(a);
}

enum ctl_exit ctl_reload(struct ctl *c)
{
	struct client_answer a;
	enum ctl_exit status = client_demand(c, STR("{\"command\":\"reload\"}"), &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		print_reload(&a);
	client_free(&a);
	return CTL_DONE;
}

/* One command, perhaps with a word: what has changed is said as "WHAT old -> new". */
static enum ctl_exit change(struct ctl *c, const char *command, const char *word,
	const char *what, const char *remark)
{
	struct client_answer a;
	char request[256], old[24], now[24];
	struct jsonw w;
	struct str line;
	jsonw_init_fixed(&w, request, sizeof request);
	jsonw_begin_object(&w);
	show_json_text(&w, STR("command"), command);
	if (word != NULL)
		show_json_text(&w, STR("name"), word);
	jsonw_end_object(&w);
	if (!jsonw_done(&w, &line))
		return ctl_fail(c, CTL_REFUSED, "%s is too long a word", command);
	enum ctl_exit status = client_demand(c, line, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		printf("%s %s -> %s%s\n", what, client_text(&a, "old", old, sizeof old),
			client_text(&a, "new", now, sizeof now), remark);
	client_free(&a);
	return CTL_DONE;
}

enum ctl_exit ctl_log_level(struct ctl *c)
{
	return change(
		c, "log-level", c->arg[0], "log level", ", until the next reload");
}

enum ctl_exit ctl_workers(struct ctl *c)
{
	uint64_t n;
	struct str word = {c->arg[0], strlen(c->arg[0])};
	if (!num_parse_u64(word, &n) || n < 1)
		return ctl_fail(c, CTL_USAGE,
			"workers takes a number from 1 on, not \"%s\"", c->arg[0]);
	return change(c, "workers", c->arg[0], "workers", ", until the next reload");
}

enum ctl_exit ctl_drain(struct ctl *c)
{
	return change(c, "drain", NULL, "the service was",
		": new requests get 503 until `atlasctl resume`");
}

enum ctl_exit ctl_resume(struct ctl *c)
{
	return change(c, "resume", NULL, "the service was", "");
}

enum ctl_exit ctl_reopen(struct ctl *c)
{
	struct client_answer a;
	char file[CTL_PATH_BYTES];
	enum ctl_exit status = client_demand(c, STR("{\"command\":\"reopen\"}"), &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		printf("%s is opened again by every process\n",
			client_text(&a, "log_file", file, sizeof file));
	client_free(&a);
	return CTL_DONE;
}

/* The socket is the last but one thing that a stop removes. */
static bool wait_until_gone(const char *socket, uint64_t limit_ns)
{
	uint64_t until_ns = clock_mono_ns() + limit_ns;
	while (client_is_listening(socket)) {
		if (clock_mono_ns() >= until_ns)
			return false;
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return true;
}

enum ctl_exit ctl_stop(struct ctl *c)
{
	struct client_answer a;
	char span[SHOW_SPAN_BYTES];
	enum ctl_exit status = client_demand(c, STR("{\"command\":\"stop\"}"), &a);
	if (status != CTL_DONE)
		return status;
	uint64_t drain_ns = client_u64(&a, "drain_timeout_ms") * NS_PER_MS;
	client_free(&a);
	if (!c->is_json)
		printf("stopping; what runs has %s to finish\n",
			show_span(drain_ns, span));
	(void)fflush(stdout);
	if (!wait_until_gone(c->socket, drain_ns + STOP_SLACK_NS))
		return ctl_fail(c, CTL_REFUSED, "it still runs; see its log");
	printf(c->is_json ? "{\"ok\":true,\"state\":\"stopped\"}\n"
			  : "running -> stopped\n");
	return CTL_DONE;
}
