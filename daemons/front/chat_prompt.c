/* Requests upstream, from their parts. */
#include "front/chat_prompt.h"

#include "base/str.h"
#include "front/tools.h"
#include "text/responses.h"

void chat_prompt_free(struct chat_prompt *p)
{
	struct str *parts[] = {
		&p->model, &p->system, &p->before, &p->temperature, &p->max_tokens};
	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		str_free(parts[i]);
	*p = (struct chat_prompt){.tools = 0};
}

static void member_json(struct jsonw *w, struct str key, struct str json)
{
	if (json.n == 0)
		return;
	jsonw_key(w, key);
	jsonw_json(w, json);
}

static void put_end(struct jsonw *w, const struct front *f, const struct chat_prompt *p,
	enum exchange_api api, bool is_last)
{
	member_json(w, STR("temperature"), p->temperature);
	if (p->tools != 0) {
		jsonw_key(w, STR("tools"));
		tools_write(w, f, p->tools, api);
	}
	if (p->tools != 0 && is_last) {
		jsonw_key(w, STR("tool_choice"));
		jsonw_string(w, STR("none"));
	}
}

static bool put_chat(struct jsonw *w, const struct chat_prompt *p, struct str turn)
{
	jsonw_key(w, STR("messages"));
	jsonw_begin_array(w);
	if (p->system.n > 0) {
		jsonw_begin_object(w);
		jsonw_key(w, STR("role"));
		jsonw_string(w, STR("system"));
		member_json(w, STR("content"), p->system);
		jsonw_end_object(w);
	}
	jsonw_members(w, p->before);
	jsonw_members(w, turn);
	jsonw_end_array(w);
	member_json(w, STR("max_completion_tokens"), p->max_tokens);
	return true;
}

/* Atlas has the history: nothing is to be stored there. */
static bool put_responses(struct jsonw *w, const struct chat_prompt *p, struct str turn)
{
	jsonw_key(w, STR("store"));
	jsonw_bool(w, false);
	member_json(w, STR("instructions"), p->system);
	jsonw_key(w, STR("input"));
	jsonw_begin_array(w);
	bool is_fine = responses_input(w, p->before) && responses_input(w, turn);
	jsonw_end_array(w);
	member_json(w, STR("max_output_tokens"), p->max_tokens);
	return is_fine;
}

struct str chat_prompt_body(const struct front *f, const struct chat_prompt *p,
	enum exchange_api api, struct str turn, bool is_last)
{
	struct jsonw w;
	struct str json, body = {NULL, 0};
	jsonw_init(&w, CHAT_PROMPT_BYTES);
	jsonw_begin_object(&w);
	member_json(&w, STR("model"), p->model);
	jsonw_key(&w, STR("stream"));
	jsonw_bool(&w, true);
	bool is_fine = api == API_RESPONSES ? put_responses(&w, p, turn)
					    : put_chat(&w, p, turn);
	put_end(&w, f, p, api, is_last);
	jsonw_end_object(&w);
	if (is_fine && jsonw_done(&w, &json))
		body = str_copy(json);
	jsonw_fini(&w);
	return body;
}
