/*
 * The control socket, run_dir/control: how atlasctl asks the master for a change. Only
 * the same user and root get in, by file mode 0600 in a 0700 directory and by the
 * kernel's word on who the peer is. Run by the master, never waiting for a peer.
 *
 *	{"command":"tokens-create","role":"chat","name":"app"}\n
 *	{"ok":true,"name":"app",…}\n     or     {"ok":false,"error":"…"}\n
 *
 *	FREE ─accept─► READING ─whole line─► WAITING ─answer─► WRITING ─all out─► READING
 *	                                       its command's turn, then its result
 *
 * Commands run one after the other, so that no two of them see the same free name. Full:
 * with CONTROL_CONNS connections the next waits in the kernel; a longer line than
 * CONTROL_LINE_BYTES, and 5 s without a step, end a connection.
 */
#ifndef ATLASD_CONTROL_H
#define ATLASD_CONTROL_H

#include "atlasd/control_cmds.h"

enum { CONTROL_CONNS = 16, CONTROL_LINE_BYTES = 8192, CONTROL_ANSWER_BYTES = 32768 };

enum control_state { CONTROL_FREE, CONTROL_READING, CONTROL_WAITING, CONTROL_WRITING };

struct control_conn {
	enum control_state state;
	int fd;
	bool is_ready; /* poll(2) says so */
	bool has_call; /* WAITING: its command is under way */
	uint64_t deadline_ns;
	size_t n_in, n_out, n_sent;
	struct control_call call;
	char in[CONTROL_LINE_BYTES];
	char out[CONTROL_ANSWER_BYTES];
};

struct control {
	int listen_fd;         /* -1 = not open */
	bool is_ready;         /* poll(2) says so */
	uint64_t accept_at_ns; /* after accept(2) has failed: not before; else 0 */
	struct control_conn conn[CONTROL_CONNS];
};

/* Listen at path, made under the name fresh and renamed: nobody can connect before its
 * mode and its queue are what they shall be. */
bool control_open(struct control *c, const char *path, const char *fresh,
	struct err *e) ATTR_UNUSED_RESULT;
void control_close(struct control *c);

/* Once a turn: accept, read, run what can run, write. */
void control_turn(struct master *m);

/* Shall the listening socket be polled now? */
bool control_is_accepting(const struct control *c);

/* What poll(2) shall wait for on a connection; 0 = nothing. */
short control_events(const struct control_conn *conn);

/* When control_turn() has something to do without any descriptor; UINT64_MAX never. */
uint64_t control_due_ns(const struct control *c);

/* Does a command wait for record or for other processes? */
bool control_is_waiting(const struct control *c);

#endif
