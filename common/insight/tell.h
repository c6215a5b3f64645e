/*
 * What the ledger holds, as JSON: the one writer behind the endpoints, the export and
 * atlasctl, so that a figure is called and rounded alike wherever it stands.
 */
#ifndef INSIGHT_TELL_H
#define INSIGHT_TELL_H

#include "store/groups.h"
#include "store/row.h"
#include "store/survey.h"
#include "text/jsonw.h"

/* Members of an open object. */
void tell_u64(struct jsonw *w, struct str key, uint64_t v);
void tell_usd(struct jsonw *w, struct str key, uint64_t nanousd);
void tell_text(struct jsonw *w, struct str key, const char *text);
/* null where is_there is false. */
void tell_u64_or_null(struct jsonw *w, struct str key, bool is_there, uint64_t n);
void tell_time(struct jsonw *w, struct str key, uint64_t wall_ms); /* 0 = null */

/* a / b with six places, to the nearest, and 0 and 1 only where it is just that; 0 when
 * there is nothing to divide by. */
void tell_ratio(struct jsonw *w, struct str key, uint64_t a, uint64_t b);

/* The totals, as members of an open object, and as an object. */
void tell_totals_members(struct jsonw *w, const struct totals *t);
void tell_totals(struct jsonw *w, const struct totals *t);

/* A client's id, or a price version, as it is written everywhere: 16 hex digits. */
enum { TELL_CLIENT_BYTES = 17 };
void tell_client_id(uint64_t id, char out[static TELL_CLIENT_BYTES]);

/* What an attempt's cost rests on, and the cost, as members. */
void tell_price(struct jsonw *w, const struct row *r);

/* Rates in dollars per million tokens, as an object; null where there are none. */
void tell_rates(struct jsonw *w, struct str key, const struct rates *r);

/* One attempt, as an object. client: its name, NULL = not known. */
void tell_row(struct jsonw *w, const struct row *r, const char *client);

/*
 * Long lists are told some at a time, so that whoever serves others too can do so in
 * between: each call tells the next ones, and true says that those were the last.
 *
 *	struct tell_place place = {0};
 *	while (!tell_series(w, v, &place.at))
 *		;
 */
struct tell_place {
	uint32_t part; /* of a report that has several */
	uint32_t at;   /* in a list */
};

/* The points of a survey's series, as an array, those without anything left out. */
bool tell_series(struct jsonw *w, const struct survey *v, uint32_t *at);

/* A client as lists name it: several that had one name after another are told apart. */
struct tell_client {
	const char *name; /* NULL = nobody knows it, nor whether it is revoked */
	bool is_revoked;
};
typedef struct tell_client tell_client_fn(const void *arg, uint64_t id);

/* A list by name, as an array of objects: `key` with the name, then the totals. What is
 * behind the list stands last, its name "other"; it alone has `names`, how many it is. */
struct tell_list {
	struct str key;
	tell_client_fn
		*client; /* the names are clients' ids; NULL = they are as they are */
	const void *arg;
};

/* The name in an entry: `key`, and of a client `client_id` and `revoked`. */
void tell_group_name(struct jsonw *w, const struct group *g, const struct tell_list *l);

bool tell_groups(struct jsonw *w, const struct groups *g, const struct tell_list *l,
	uint32_t *at);

/* Strands by name, as an array of objects: `key` with the name, and the points, those
 * without anything left out. All others stand last, as in a list. g: the groups that the
 * strands were chosen from. */
bool tell_strands(struct jsonw *w, const struct strands *t, const struct groups *g,
	const struct tell_list *l, uint32_t *at);

#endif
