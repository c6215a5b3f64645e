/*
 * Requests: whatever the bytes and the API, they are refused with a reason, a sentence
 * and valid JSON, or accepted; then the body with its edit is accepted too, a stream asks
 * for usage in it, nothing else differs, and no further edit is wanted.
 */
#include "text/request_view.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_json(struct str text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	return t.type == SCAN_END;
}

static void check_refusal(struct str body, const struct apierr *e)
{
	char out[APIERR_BODY_BYTES];
	must(e->message[0] != '\0' && apierr_row(e->reason)->status == 400);
	must(e->reason != APIERR_INVALID_JSON || !is_json(body));
	size_t n = apierr_write(e, out, sizeof out);
	must(n > 0 && is_json((struct str){out, n}));
}

static void check_text(const char *s, size_t cap)
{
	size_t n = strnlen(s, cap);
	must(n < cap);
	for (size_t i = 0; i < n; i++)
		must((uint8_t)s[i] >= 0x20 && s[i] != 0x7f);
}

static void check_view(struct str body, const struct request_view *v)
{
	must(is_json(body));
	check_text(v->model, sizeof v->model);
	check_text(v->session, sizeof v->session);
	check_text(v->tier, sizeof v->tier);
	must(v->n_choices > 0);
	/* "[1,2]" are two tokens of four characters */
	must(v->n_prompt_chars <= 2 * body.n && v->n_schema_bytes <= body.n);
	must(v->has_max_tokens || v->max_tokens == 0);
	must(v->is_stream || !v->wants_usage);
	bool is_edited = v->edit.n_delete > 0 || v->edit.insert.n > 0;
	must(is_edited == (v->is_stream && !v->wants_usage));
}

static void check_edited(
	struct str body, const struct request_view *v, request_viewer *parse)
{
	struct request_view w;
	struct apierr e;
	struct str edited = {NULL, edit_size(body, &v->edit)};
	char *bytes = malloc(edited.n);
	must(bytes != NULL);
	edit_apply(body, &v->edit, bytes);
	edited.p = bytes;
	must(parse(edited, &w, &e));
	check_view(edited, &w);
	must(w.wants_usage == w.is_stream);
	must(strcmp(w.model, v->model) == 0 && strcmp(w.session, v->session) == 0);
	must(strcmp(w.tier, v->tier) == 0 && w.is_stream == v->is_stream);
	must(w.has_max_tokens == v->has_max_tokens && w.max_tokens == v->max_tokens);
	must(w.n_choices == v->n_choices && w.n_items == v->n_items);
	must(w.n_prompt_chars == v->n_prompt_chars || parse == request_view_relayed);
	must(w.has_unseen_prompt == v->has_unseen_prompt);
	must(w.n_schema_bytes == v->n_schema_bytes);
	free(bytes);
}

static void check(struct str body, request_viewer *parse)
{
	struct request_view v;
	struct apierr e;
	memset(&e, 0xa5, sizeof e);
	if (!parse(body, &v, &e)) {
		check_refusal(body, &e);
		return;
	}
	check_view(body, &v);
	check_edited(body, &v, parse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static request_viewer *const all[] = {request_view_chat, request_view_responses,
		request_view_completions, request_view_embeddings,
		request_view_relayed};
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		check((struct str){(const char *)data, size}, all[i]);
	return 0;
}
