/* What the files of tools share: tools.c has Atlas's own, tools_list.c tells of all. */
#ifndef FRONT_TOOLS_PARTS_H
#define FRONT_TOOLS_PARTS_H

#include "conf/tool_section.h"
#include "front/router.h"
#include "front/tools.h"
#include "store/survey.h"

typedef void tool_writer(struct jsonw *w, struct conn *c, const struct survey *v);

struct tool {
	struct str name, parameters, sample, description;
	enum route_role role;
	uint32_t parts;
	tool_writer *write; /* NULL = a tool of the configuration */
};

extern const struct tool tools_own[OWN_TOOLS];

/* The bits of Atlas's own; those of the configuration are above. */
#define TOOLS_OWN_MASK ((1u << OWN_TOOLS) - 1)

#endif
