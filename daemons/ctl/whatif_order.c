/* The order of starting, where it changes. */
#include "ctl/whatif_order.h"

#include "ctl/show.h"

#include <inttypes.h>
#include <stdio.h>

enum { PLACE_BYTES = 16 };

static const char *place(uint32_t n, char out[static PLACE_BYTES])
{
	if (n == 0)
		return "refused";
	snprintf(out, PLACE_BYTES, "%" PRIu32, n);
	return out;
}

static void print_mover(const struct whatif_mover *m)
{
	char id[EXCHANGE_ID_TEXT_BYTES], was[PLACE_BYTES], is[PLACE_BYTES];
	exchange_id_format(m->id, id);
	printf("%-36s  %-16s %-8s %9s %9s\n", id, m->client != NULL ? m->client : "-",
		exchange_priority_name(m->class), place(m->was, was), place(m->is, is));
}

void whatif_order_print(const struct whatif_order *o)
{
	if (o->n_all == 0)
		return;
	printf("%" PRIu32 " change place in the order of all%s\n\n", o->n_all,
		o->n < o->n_all ? ", the first and the last of them" : "");
	printf("%-36s  %-16s %-8s %9s %9s\n", "ID", "CLIENT", "PRIORITY", "WAS",
		"WOULD BE");
	for (uint32_t i = 0; i < o->n; i++) {
		if (o->n < o->n_all && i == WHATIF_MOVERS / 2)
			printf("...\n");
		print_mover(&o->mover[i]);
	}
}

/* null = refused */
static void tell_place(struct jsonw *w, struct str key, uint32_t n)
{
	jsonw_key(w, key);
	if (n == 0)
		jsonw_null(w);
	else
		jsonw_u64(w, n);
}

void whatif_order_tell(struct jsonw *w, const struct whatif_order *o)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	show_json_u64(w, STR("change_place"), o->n_all);
	jsonw_key(w, STR("order"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < o->n; i++) {
		const struct whatif_mover *m = &o->mover[i];
		exchange_id_format(m->id, id);
		jsonw_begin_object(w);
		show_json_text(w, STR("id"), id);
		show_json_text(w, STR("client"), m->client != NULL ? m->client : "");
		show_json_text(w, STR("priority"), exchange_priority_name(m->class));
		tell_place(w, STR("was"), m->was);
		tell_place(w, STR("would_be"), m->is);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}
