/* GET /tools: what may be called in a chat; POST /tools/NAME/sample: one call of it. */
#include "base/clock.h"
#include "front/answer.h"
#include "front/chat_events.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "front/tools.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = TOOLS_MAX * 4096 };

void tools_handle(struct conn *c)
{
	struct jsonw w;
	jsonw_init(&w, LIST_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("tools"));
	tools_tell(&w, tools_of(c));
	jsonw_end_object(&w);
	monitoring_answer(c, &w);
	jsonw_fini(&w);
}

/* ---- a sample ------------------------------------------------------------------------- */

struct sample {
	uint32_t tool;
	uint64_t begun_ns;
};

static void on_result(struct conn *c, void *arg, struct str result)
{
	struct sample *s = arg;
	struct evbuffer *told = evbuffer_new();
	must(told != NULL);
	chat_tell_tool(told, &(struct chat_tool_told){.name = tools_name(s->tool),
				     .args = tools_sample(s->tool),
				     .result = result,
				     .took_ns = clock_mono_ns() - s->begun_ns});
	size_t n = evbuffer_get_length(told);
	const char *p = (const char *)evbuffer_pullup(told, -1);
	answer_json(c, 200, (struct str){p, n});
	evbuffer_free(told);
	free(s);
}

static void on_left(struct front *f, void *arg)
{
	(void)f;
	free(arg);
}

void tool_sample_handle(struct conn *c)
{
	struct str name = router_tail(c);
	uint32_t tool = tools_named(name) & tools_of(c);
	if (tool == 0) {
		answer_error(c, APIERR_NOT_FOUND);
		return;
	}
	struct sample *s = malloc(sizeof *s);
	must(s != NULL);
	*s = (struct sample){tool, clock_mono_ns()};
	tools_run(c, &(struct tool_ask){.name = name,
			     .args = tools_sample(tool),
			     .mask = tool,
			     .done = on_result,
			     .left = on_left,
			     .arg = s});
}
