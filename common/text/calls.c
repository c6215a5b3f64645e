/* Tool calls in pieces. */
#include "text/calls.h"

#include "text/delta.h"
#include "text/scan.h"

#include <string.h>

/* What one piece says. */
struct piece {
	int64_t index;
	struct str id, name, args; /* p NULL = not said */
};

static void keep_string(const struct scan_token *v, struct str *to)
{
	if (v->type == SCAN_STRING)
		*to = v->raw;
}

static bool read_function(struct scan *s, const struct scan_token *v, struct piece *p)
{
	struct scan_token key, value;
	if (v->type != SCAN_OBJECT_BEGIN)
		return scan_skip(s, v);
	while (scan_next(s, &key) == SCAN_KEY) {
		if (scan_next(s, &value) <= SCAN_ERROR)
			return false;
		if (scan_is(&key, STR("name")))
			keep_string(&value, &p->name);
		else if (scan_is(&key, STR("arguments")))
			keep_string(&value, &p->args);
		if (!scan_skip(s, &value))
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}

static bool read_piece(struct scan *s, struct piece *p)
{
	struct scan_token key, v;
	while (scan_next(s, &key) == SCAN_KEY) {
		if (scan_next(s, &v) <= SCAN_ERROR)
			return false;
		if (scan_is(&key, STR("function"))) {
			if (!read_function(s, &v, p))
				return false;
			continue;
		}
		if (scan_is(&key, STR("index")) && v.type == SCAN_NUMBER &&
			!scan_int64(&v, &p->index))
			return false;
		if (scan_is(&key, STR("id")))
			keep_string(&v, &p->id);
		if (!scan_skip(s, &v))
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}

static void copy_word(char to[static CALL_WORD_BYTES], struct str word)
{
	if (word.p == NULL || word.n == 0 || word.n >= CALL_WORD_BYTES)
		return; /* whole words only: no escape is halved */
	memcpy(to, word.p, word.n);
	to[word.n] = '\0';
}

static void take(struct calls *c, const struct piece *p)
{
	if (p->index < 0 || p->index >= CALLS_MAX || p->index > c->n)
		return;
	struct call *call = &c->call[p->index];
	if (p->index == c->n) {
		call->id[0] = call->name[0] = '\0';
		call->n_args = 0;
		call->is_cut = false;
		c->n++;
	}
	copy_word(call->id, p->id);
	copy_word(call->name, p->name);
	if (call->is_cut || p->args.n > CALL_ARGS_BYTES - call->n_args) {
		call->is_cut = true; /* and whole pieces */
		return;
	}
	if (p->args.n > 0)
		memcpy(call->args + call->n_args, p->args.p, p->args.n);
	call->n_args += (uint32_t)p->args.n;
}

void calls_take(struct calls *c, struct str chunk)
{
	struct scan s;
	struct scan_token t;
	if (!delta_find(chunk, STR("tool_calls"), &s, &t) || t.type != SCAN_ARRAY_BEGIN)
		return;
	while (scan_next(&s, &t) == SCAN_OBJECT_BEGIN) {
		struct piece p = {.index = 0};
		if (!read_piece(&s, &p))
			return;
		take(c, &p);
	}
}

void calls_add(struct calls *c, struct str id, struct str name, struct str args)
{
	take(c, &(struct piece){.index = c->n, .id = id, .name = name, .args = args});
}
