/*
 * GET /openapi.json: the description of every endpoint, etc/openapi.json as it was when
 * this was built. It is part of the program, so no installation can have another one's;
 * tests/stories/openapi.test.mjs holds it against routes.def and against the answers.
 */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"

__asm__(".pushsection .rodata\n"
	"openapi_begin:\n"
	".incbin \"etc/openapi.json\"\n"
	"openapi_end:\n"
	".popsection\n");
extern const char openapi_begin[] __attribute__((visibility("hidden")));
extern const char openapi_end[] __attribute__((visibility("hidden")));

void openapi_handle(struct conn *c)
{
	struct apierr e;
	/* cppcheck-suppress comparePointers ; one object to the assembler */
	size_t n = (size_t)(openapi_end - openapi_begin);
	if (monitoring_read(c, NULL, 0, &e))
		answer_json(c, 200, (struct str){openapi_begin, n});
	else
		answer_apierr(c, &e);
}
