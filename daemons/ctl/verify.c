/*
 * atlasctl verify: is the ledger what was written? In a process of its own, because a file
 * whose inner structure is damaged can end whoever reads it.
 */
#include "ctl/show.h"
#include "ctl/target.h"
#include "store/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_report(const struct verify_report *r)
{
	char n[8][SHOW_COUNT_BYTES];
	printf("%s (%" PRIu64 " open, %" PRIu64 " pruned before them), %s, %s, %s, %s, "
	       "%s of %s, %s\n",
		show_count(r->n_rows, "row", n[0]), r->n_open, r->n_pruned,
		show_count(r->n_links, "link", n[1]),
		show_count(r->n_points, "point", n[2]),
		show_count(r->n_sessions, "session", n[3]),
		show_count(r->n_clients, "client token", n[4]),
		show_count(r->n_turns, "turn", n[5]),
		show_count(r->n_chats, "chat", n[6]),
		show_count(r->n_rates, "price", n[7]));
	for (uint64_t i = 0; i < MIN(r->n_faults, (uint64_t)VERIFY_FAULTS); i++)
		printf("  %s\n", r->fault[i]);
	if (r->n_faults == 0)
		printf("all of it is as it was written, and all sums agree\n");
	else
		printf("%s\n", show_count(r->n_faults, "fault", n[0]));
}

static void json_report(const struct verify_report *r)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("ok"));
	jsonw_bool(&w, r->n_faults == 0);
	show_json_u64(&w, STR("rows"), r->n_rows);
	show_json_u64(&w, STR("open_rows"), r->n_open);
	show_json_u64(&w, STR("pruned_rows"), r->n_pruned);
	show_json_u64(&w, STR("links"), r->n_links);
	show_json_u64(&w, STR("points"), r->n_points);
	show_json_u64(&w, STR("sessions"), r->n_sessions);
	show_json_u64(&w, STR("client_tokens"), r->n_clients);
	show_json_u64(&w, STR("chats"), r->n_chats);
	show_json_u64(&w, STR("chat_turns"), r->n_turns);
	show_json_u64(&w, STR("rates"), r->n_rates);
	show_json_u64(&w, STR("faults"), r->n_faults);
	jsonw_key(&w, STR("first_faults"));
	jsonw_begin_array(&w);
	for (uint64_t i = 0; i < MIN(r->n_faults, (uint64_t)VERIFY_FAULTS); i++)
		jsonw_string(&w, (struct str){r->fault[i], strlen(r->fault[i])});
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

/* In the child: DONE = the report is whole, whatever it says. */
static enum ctl_exit verify(const struct ctl *c, struct verify_report *r)
{
	struct store *s;
	struct err e = {0};
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	bool is_read = verify_ledger(s, r, &e);
	store_close(s);
	return is_read ? CTL_DONE : ctl_fail(c, CTL_REFUSED, "%s", e.text);
}

static enum ctl_exit verify_apart(const struct ctl *c, struct verify_report *r)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	if (child < 0)
		return ctl_fail(c, CTL_REFUSED, "cannot start a process for it");
	if (child == 0) {
		enum ctl_exit ended = verify(c, r);
		fflush(NULL);
		_exit((int)ended);
	}
	must(waitpid(child, &status, 0) == child);
	if (WIFEXITED(status))
		return (enum ctl_exit)WEXITSTATUS(status);
	return ctl_fail(c, CTL_REFUSED,
		"the ledger's file is damaged in its inner structure: reading it ended "
		"with signal %d",
		WTERMSIG(status));
}

enum ctl_exit ctl_verify(struct ctl *c)
{
	struct verify_report *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(r != MAP_FAILED);
	enum ctl_exit status = verify_apart(c, r);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		json_report(r);
	else
		print_report(r);
	return r->n_faults == 0 ? CTL_DONE : CTL_REFUSED;
}
