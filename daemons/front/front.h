/*
 * A front, the process that decides whether: what its files share. It owns its clients'
 * connections and its channel's requests; it never sees an upstream key and never writes
 * the ledger.
 *
 *	listen.c   sockets of the heritage → connections
 *	wire.c     TCP, or TLS with what tls.c has made of certificate and key
 *	conn*.c    bytes ↔ requests and answers, deadlines, departures
 *	routes.def every path, its methods and its role; router.c finds the handler
 *	auth.c     who asks, and may they
 *	admin_tokens.c  client tokens over HTTP; admin_body.c reads what is wanted
 *	admit.c    what the client's limits say; admit_refuse.c says no
 *	ask.c      a checked request → an exchange for dispatch
 *	relay.c    an exchange's reply → the client
 *	ordering.c  orders to dispatch, and their answers; cancel_route.c gives some
 *	body_memory.c  what bodies may take, over all fronts
 *	answer.c   JSON answers and errors
 *	page_files.c   the web page in memory; page_route.c answers with it
 *	chat_*.c   chats: what was said goes along, what is said is kept
 *	tools*.c   what a model may call in a chat; chat_loop.c does what it calls
 *	tool_calls.c  calls of tools of the configuration
 *	walk.c     questions to the ledger, a slice a turn; monitoring*.c ask them
 *	live_route.c    what dashboards hear once a second
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "conf/models.h"
#include "front/admit.h"
#include "front/chat_api.h"
#include "front/chat_window.h"
#include "front/conn.h"
#include "front/warm.h"
#include "ipc/arena.h"
#include "process/process.h"
#include "segment/facts.h"
#include "store/store.h"

struct chat_keep;
struct closed;
struct listeners;
struct ordering;
struct live;
struct page_files;
struct tls;
struct tool_batch;
struct token_ask;
struct walk;

/* Who waits for an exchange: the other way round from conn->ask. */
struct asker {
	struct conn *conn;               /* NULL = the client has left */
	const struct relay_sink *orphan; /* … and this waits for the end; NULL = none */
	void *orphan_arg;
	struct tool_batch *tools; /* it is a call of a tool, see tool_calls.h */
	uint64_t body_offset, pipe_offset; /* 0 = none */
	uint64_t body_bytes;               /* of the extent at body_offset */
	uint32_t generation;
	struct admitted admitted; /* from its client's limits */
};

struct front {
	struct process process;
	struct channel channel;
	struct arena *arena;
	uint32_t *free_slots; /* a stack, lowest on top at the start */
	uint32_t n_free;
	uint32_t n_slots;     /* of the channel's, that it uses */
	struct asker *askers; /* [slot] */
	struct admit *admit;
	uint64_t news_lost; /* the newest count we have scanned for */
	uint64_t shortest_wait_ms, shortest_wait_until_ns; /* see relay.h */
	struct conns conns;
	uint64_t body_bytes; /* see body_memory.h */
	struct listeners *listeners;
	struct tls *tls; /* with what the next connections speak */
	struct models *models;
	uint64_t catalogue_epoch;
	struct store *store;   /* opened at the first monitoring request */
	bool is_replaced;      /* another file stands there by now, see walk.h */
	struct closed *closed; /* what surveys need not add up again */
	struct warm warm;
	struct walk *walks;
	struct event *walk_look;      /* at how far record is, while one waits for it */
	struct token_ask *token_asks; /* see admin_tokens.h */
	struct ordering *orderings[ORDERS_MAX]; /* see ordering.h */
	struct page_files *page;                /* NULL = no web page is installed */
	struct walk *holder; /* the one that holds the store, or NULL */
	struct live *lives;  /* who listens, see live.h */
	uint32_t n_lives;
	uint64_t next_live_ns;
	struct facts facts;      /* this front's lane */
	uint32_t n_orphans;      /* askers that have one */
	struct chat_keep *keeps; /* what record has to write, see chat_keep.h */
	struct chat_lacks lacks; /* whom the upstream has no Responses API for */
	struct chat_windows windows;
	uint64_t next_sweep_ns;
	bool ring_dispatch; /* at the end of the turn */
	char date[32];      /* of second date_s */
	uint64_t date_s;
};

/* Has the master been told that nothing new may begin? */
bool front_is_held(const struct front *f);

/* "Tue, 24 Nov 2026 00:00:00 GMT", made once a second. */
struct str front_date(struct front *f);

#endif
