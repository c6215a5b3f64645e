/* atlasctl tokens list: from the ledger, which answers with nothing running too; limits in
 * force and their use from the segment, where there is one. */
#include "base/clock.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/token_tell.h"
#include "store/query.h"
#include "text/jsonw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct listing {
	bool is_json, has_segment;
	struct jsonw w;
	uint64_t n;
	struct segment segment;
	struct settings settings;
	struct token_teller teller;
};

static void print_limits(const struct listing *l, const struct token *t)
{
	struct token_told told;
	char allowed[CLIENT_MODELS_BYTES], used[CLIENT_MODELS_BYTES];
	if (t->revoked_ms != 0)
		return;
	token_told(&l->teller, t, &told);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		enum client_limit which = (enum client_limit)i;
		if (!token_told_is_limit(&told, which))
			continue;
		printf("    %-20s %s", client_limit_name(which),
			client_limit_format(&told.limits, which, allowed));
		if (token_told_has_use(&told, which))
			printf(", %s used", token_told_use(&told, which, used));
		printf("\n");
	}
}

static bool on_token(void *arg, const struct token *t)
{
	struct listing *l = arg;
	char created[SHOW_TIME_BYTES], revoked[SHOW_TIME_BYTES];
	if (l->is_json) {
		token_tell(&l->teller, t, &l->w);
		return true;
	}
	if (l->n++ == 0)
		printf("%-16s  %-8s %-24s  %-24s  %s\n", "ID", "ROLE", "CREATED",
			"REVOKED", "NAME");
	printf("%016" PRIx64 "  %-8s %-24s  %-24s  %s\n", t->id,
		client_role_name((enum client_role)t->role),
		show_time(t->created_ms, created), show_time(t->revoked_ms, revoked),
		t->name);
	print_limits(l, t);
	return true;
}
static enum ctl_exit walk_tokens(
	const struct ctl *c, struct store *s, struct listing *l)
{
	struct query_place at = query_start();
	struct err e = {0};
	enum query_verdict v;
	do
		v = query_tokens(s, &at, on_token, l, &e);
	while (v == QUERY_MORE);
	if (v == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	show_damaged(at.n_bad);
	return CTL_DONE;
}

/* Without one the limits are told as they were said. */
static void look_into_segment(const struct ctl *c, struct listing *l)
{
	l->has_segment = segment_open(&l->segment, c->segment, NULL);
	bool has_settings =
		l->has_segment &&
		page_read(l->segment.settings, &l->settings, sizeof l->settings) != 0;
	l->teller = (struct token_teller){
		.clients = l->has_segment ? &l->segment.clients : NULL,
		.settings = has_settings ? &l->settings : NULL,
		.now_ns = clock_mono_ns(),
		.now_ms = clock_wall_ms()};
}

enum ctl_exit ctl_tokens_list(struct ctl *c)
{
	static struct listing l; /* too large for a stack */
	struct store *s;
	l.is_json = c->is_json;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	look_into_segment(c, &l);
	jsonw_init(&l.w, SHOW_JSON_BYTES);
	jsonw_begin_array(&l.w);
	status = walk_tokens(c, s, &l);
	jsonw_end_array(&l.w);
	if (status == CTL_DONE && c->is_json)
		show_json(&l.w);
	jsonw_fini(&l.w);
	store_close(s);
	if (l.has_segment)
		segment_close(&l.segment);
	return status;
}
