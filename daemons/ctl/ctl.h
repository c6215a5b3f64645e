/*
 * atlasctl: what every command gets, and the commands. It reads the segment and the
 * ledger by itself, so that it answers while the daemons hang, and asks the master
 * through the control socket for what changes something. It never writes to either.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/attr.h"
#include "base/err.h"

enum ctl_exit {
	CTL_DONE,
	CTL_REFUSED, /* said why on stderr; status: degraded */
	CTL_USAGE,
	CTL_NOT_RUNNING
};

enum { CTL_PATH_BYTES = 280, CTL_ARGS_MAX = 32 };

struct ctl {
	const char *config_path;
	const char *socket_arg; /* -s, or NULL */
	bool is_json;
	/* The command's own words behind its name. */
	char *arg[CTL_ARGS_MAX];
	int n_args;
	/* From target_find(). */
	char socket[CTL_PATH_BYTES], segment[CTL_PATH_BYTES], data_dir[CTL_PATH_BYTES];
};

/* One function a row of the table in commands.c. */
enum ctl_exit ctl_status(struct ctl *c);
enum ctl_exit ctl_top(struct ctl *c);
enum ctl_exit ctl_limits(struct ctl *c);
enum ctl_exit ctl_queue(struct ctl *c);
enum ctl_exit ctl_tokens_create(struct ctl *c);
enum ctl_exit ctl_tokens_list(struct ctl *c);
enum ctl_exit ctl_tokens_revoke(struct ctl *c);
enum ctl_exit ctl_tokens_update(struct ctl *c);
enum ctl_exit ctl_cancel(struct ctl *c);
enum ctl_exit ctl_reset_limits(struct ctl *c);
enum ctl_exit ctl_reload(struct ctl *c);
enum ctl_exit ctl_stop(struct ctl *c);
enum ctl_exit ctl_why(struct ctl *c);
enum ctl_exit ctl_usage(struct ctl *c);
enum ctl_exit ctl_cost(struct ctl *c);
enum ctl_exit ctl_sessions(struct ctl *c);
enum ctl_exit ctl_session(struct ctl *c);
enum ctl_exit ctl_requests(struct ctl *c);
enum ctl_exit ctl_export(struct ctl *c);
enum ctl_exit ctl_alerts(struct ctl *c);
enum ctl_exit ctl_reconcile(struct ctl *c);
enum ctl_exit ctl_whatif(struct ctl *c);
enum ctl_exit ctl_verify(struct ctl *c);
enum ctl_exit ctl_prices(struct ctl *c);
enum ctl_exit ctl_log_level(struct ctl *c);
enum ctl_exit ctl_workers(struct ctl *c);
enum ctl_exit ctl_drain(struct ctl *c);
enum ctl_exit ctl_reopen(struct ctl *c);
enum ctl_exit ctl_resume(struct ctl *c);
enum ctl_exit ctl_completion(struct ctl *c);

/* Say why not on stderr, as JSON on stdout with --json; returns status. */
enum ctl_exit ctl_fail(const struct ctl *c, enum ctl_exit status, const char *fmt, ...)
	ATTR_PRINTF(3, 4);

#endif
