/*
 * The settings in force: a plain struct of values made from conf/settings.def, without
 * a pointer, so that it can be copied whole into a page that all processes read. The
 * master and atlasctl load it; the others only ever see a copy. No secret is in it:
 * keys live in conf/keys.h.
 *
 *	struct settings s;
 *	struct settings_report r;
 *	struct err e = {0};
 *	if (!settings_load(&s, "/etc/atlas/atlas.conf", environ, &r, &e))
 *		fprintf(stderr, "atlasd: %s\n", e.text);
 *
 * The environment goes over the file, the file over the defaults. An empty environment
 * variable counts as unset, as in OpenAI's SDKs.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include "base/attr.h"
#include "base/err.h"

#include <assert.h>

enum {
	SETTINGS_TEXT_BYTES = 256, /* the longest text and its NUL */
	SETTINGS_HOOK_BYTES = 512, /* room for a key in the query */
	SETTINGS_LIST_MAX = 8,     /* a ninth entry is an error */
	SETTINGS_ENTRY_BYTES = 128,
};

struct settings_list {
	uint32_t n;
	char entry[SETTINGS_LIST_MAX][SETTINGS_ENTRY_BYTES];
};

/* The CHOICE settings; log_level holds an enum log_level. */
enum settings_unknown { SETTINGS_UNKNOWN_FAIL, SETTINGS_UNKNOWN_RETRY };
enum settings_count { SETTINGS_COUNT_FORMULA, SETTINGS_COUNT_PREDICTED };
enum settings_refund { SETTINGS_REFUND_NONE, SETTINGS_REFUND_UNUSED };
enum settings_durability { SETTINGS_DURABILITY_GROUP, SETTINGS_DURABILITY_STRICT };

#define SETTINGS_COUNT(field)     uint64_t field;
#define SETTINGS_DURATION(field)  uint64_t field;
#define SETTINGS_MINUTES(field)   uint64_t field;
#define SETTINGS_SIZE(field)      uint64_t field;
#define SETTINGS_CPUS(field)      uint64_t field;
#define SETTINGS_USD(field)       uint64_t field;
#define SETTINGS_CHOICE(field)    uint32_t field;
#define SETTINGS_BOOL(field)      bool field;
#define SETTINGS_NAME(field)      char field[SETTINGS_TEXT_BYTES];
#define SETTINGS_PATH(field)      char field[SETTINGS_TEXT_BYTES];
#define SETTINGS_URL(field)       char field[SETTINGS_TEXT_BYTES];
#define SETTINGS_HOOK(field)      char field[SETTINGS_HOOK_BYTES];
#define SETTINGS_MODELS(field)    char field[SETTINGS_TEXT_BYTES];
#define SETTINGS_ADDRESSES(field) struct settings_list field;
#define SETTINGS_HOSTS(field)     struct settings_list field;
#define SETTINGS_RELAYS(field)    struct settings_list field;
#define SETTINGS_PHRASES(field)   struct settings_list field;

/* Limits of one model's own: conf/model_section.h. */
enum settings_limit {
	SETTINGS_REQUESTS_MINUTE,
	SETTINGS_REQUESTS_HOUR,
	SETTINGS_TOKENS_MINUTE,
	SETTINGS_TOKENS_HOUR,
	SETTINGS_LIMITS
};

enum { SETTINGS_MODELS_MAX = 8, SETTINGS_MODEL_BYTES = 40 };

struct settings_model {
	char name[SETTINGS_MODEL_BYTES];
	uint64_t given; /* bits by enum settings_limit: what its section has set */
	uint64_t limit[SETTINGS_LIMITS]; /* 0 = none */
};

struct settings_models {
	uint64_t n;
	struct settings_model of[SETTINGS_MODELS_MAX];
};

/* Tools that models may call: conf/tool_section.h. */
enum settings_role { SETTINGS_ROLE_CHAT, SETTINGS_ROLE_MONITOR, SETTINGS_ROLE_ADMIN };

enum { SETTINGS_TOOLS_MAX = 16, SETTINGS_TOOL_BYTES = 48 };

struct settings_tool {
	char name[SETTINGS_TOOL_BYTES];
	char url[SETTINGS_TEXT_BYTES];
	char description[512];
	char parameters[2048]; /* JSON schema of an object */
	char sample[512];      /* a JSON object */
	uint64_t timeout_ns, max_bytes;
	uint64_t given; /* bits: what its section has set */
	uint32_t role;  /* enum settings_role */
	uint32_t line;  /* where it begins */
};

struct settings_tools {
	uint64_t n;
	struct settings_tool of[SETTINGS_TOOLS_MAX];
};

#define SETTING(section, key, type, field, ...) SETTINGS_##type(field)
struct settings {
#include "conf/settings.def"
	struct settings_models models; /* all are LIVE */
	struct settings_tools tools;   /* the same */
};
#undef SETTING
static_assert(sizeof(struct settings) % 8 == 0, "copied in words");

#define SETTING(section, key, ...) SETTING_##section##_##key,
enum setting_id {
#include "conf/settings.def"
	SETTING_N
};
#undef SETTING

enum setting_type {
	SETTING_COUNT,
	SETTING_DURATION,
	SETTING_MINUTES,
	SETTING_SIZE,
	SETTING_CPUS,
	SETTING_USD,
	SETTING_CHOICE,
	SETTING_BOOL,
	SETTING_NAME,
	SETTING_PATH,
	SETTING_URL,
	SETTING_HOOK,
	SETTING_MODELS,
	SETTING_ADDRESSES,
	SETTING_HOSTS,
	SETTING_RELAYS,
	SETTING_PHRASES,
	SETTING_TYPES
};

enum setting_reload { SETTING_LIVE, SETTING_RESTART };

/* One row of settings.def. */
struct setting {
	const char *section, *key;
	enum setting_type type;
	size_t offset, size; /* of its field in struct settings */
	const char *initial, *min, *max;
	enum setting_reload reload;
	const char *env; /* or NULL */
	const char *doc;
};

enum settings_source { SETTINGS_FROM_DEFAULT, SETTINGS_FROM_FILE, SETTINGS_FROM_ENV };

/* Where each value came from. One that is FROM_ENV and has a line shadows that line. */
struct settings_report {
	enum settings_source source[SETTING_N];
	unsigned line[SETTING_N]; /* where the file sets it first; 0 = nowhere */
};

/* What is parsed when the file's text is at hand; path only names it in errors. */
struct settings_input {
	const char *path;
	struct str text;
	char *const *env; /* "NAME=value", NULL at the end */
};

void settings_defaults(struct settings *s);

/* Read and check everything. On an error s is untouched and e says PATH:LINE: what, or
 * names the environment variable. */
bool settings_load(struct settings *s, const char *path, char *const env[],
	struct settings_report *r, struct err *e) ATTR_UNUSED_RESULT;
bool settings_parse(struct settings *s, const struct settings_input *in,
	struct settings_report *r, struct err *e) ATTR_UNUSED_RESULT;

/* What no single value shows, once more: of settings of which some are not the file's that
 * r tells of, because a reload keeps those that are in force. */
bool settings_check_mixture(const struct settings *s, const struct settings_report *r,
	const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Every fault of the file, line by line, and of the environment, told to fn; what a fault
 * in a section's name makes of its settings is not. Returns how many; 0 =
 * settings_load() takes it. At most SETTINGS_FAULTS_MAX are told. */
enum { SETTINGS_FAULTS_MAX = 100 };
typedef void settings_fault_fn(void *arg, const struct err *e);
unsigned settings_check(
	const char *path, char *const env[], settings_fault_fn *fn, void *arg);

/* For whoever must find a running Atlas by a file that settings_load() refuses: what can
 * be read of it, the rest by default. False = the file cannot be read, or what is wrong is
 * the run_dir. */
bool settings_salvage(
	struct settings *s, const char *path, char *const env[]) ATTR_UNUSED_RESULT;

const struct setting *settings_get(enum setting_id id);

/* The next setting at or after *at whose value differs, NULL after the last. Moves *at
 * behind it: start with 0 and call until NULL. */
const struct setting *settings_diff(
	const struct settings *a, const struct settings *b, unsigned *at);

#endif
