/*
 * atlasd's main(): options, the configuration, the keys, and then the master's life. It
 * forks nothing and serves nobody itself.
 */
#include "atlasd/check.h"
#include "atlasd/master.h"
#include "base/version.h"
#include "process/title.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/atlas/atlas.conf"

static struct master self;

struct options {
	const char *config_path;
	bool is_check; /* -t */
	bool is_help, is_version;
};

static const char usage[] =
	"usage: atlasd [-c FILE] [-t] [--help] [--version]\n"
	"  -c FILE  the configuration (default " DEFAULT_CONFIG ")\n"
	"  -t       check it and exit: 0 it is fine, 1 it is not, each fault named\n"
	"Runs in the foreground. TERM and QUIT finish what runs and stop, INT stops at\n"
	"once, HUP reads the configuration again. atlasctl talks to it.\n"
	"Exit codes: 0 stopped, 1 configuration, 2 usage, 3 could not start or go on.\n";

static bool parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longer[] = {{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'}, {0}};
	int option;
	*o = (struct options){.config_path = DEFAULT_CONFIG};
	while ((option = getopt_long(argc, argv, "c:thV", longer, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->config_path = optarg;
			break;
		case 't':
			o->is_check = true;
			break;
		case 'h':
			o->is_help = true;
			break;
		case 'V':
			o->is_version = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

/* They ask for something that can wait, but by default would end us: until the master reads
 * them. What asks us to stop does so, for nothing is made before that. */
static void hold_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* A descriptor we open must never be 0, 1 or 2 by accident. */
static void fill_stdio(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool load(struct master *m, struct err *e)
{
	return keypage_open(&m->keys, e) &&
	       config_load(&m->config, m->config_path, e) && tlspage_open(&m->tls, e) &&
	       config_load_tls(&m->config, m->config_path, m->tls.draft, e) &&
	       config_load_key(&m->config, m->config_path, m->keys.ring, e);
}

static void print_fault(void *arg, const struct err *e)
{
	(void)arg;
	fprintf(stderr, "atlasd: %s\n", e->text);
}

/* The file can be read; could Atlas start with it? */
static int report_check(const struct master *m)
{
	config_log_shadowed(&m->config);
	if (check_start(&m->config, m->config_path, print_fault, NULL) > 0)
		return MASTER_EXIT_CONFIG;
	printf("atlasd: %s is fine\n", m->config_path);
	return MASTER_EXIT_OK;
}

/* With -t all that is wrong with the file is told, else what came first. */
static int refuse(const struct master *m, bool is_check, const struct err *e)
{
	if (!is_check || config_check(m->config_path, keypage_is_from_env(&m->keys),
				 print_fault, NULL) == 0)
		print_fault(NULL, e);
	return MASTER_EXIT_CONFIG;
}

static void warn_without_key(const struct master *m)
{
	if (m->keys.ring->n == 0)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"no API key: set OPENAI_API_KEY or [openai] "
			"api_key_file\"");
}

int main(int argc, char **argv)
{
	struct options o;
	struct err e = {0};
	hold_signals();
	(void)umask(077);
	fill_stdio();
	if (!parse_options(argc, argv, &o)) {
		fputs(usage, stderr);
		return MASTER_EXIT_USAGE;
	}
	if (o.is_help) {
		fputs(usage, stdout);
		return MASTER_EXIT_OK;
	}
	if (o.is_version) {
		printf("atlasd %s\n", ATLAS_VERSION);
		return MASTER_EXIT_OK;
	}
	self.config_path = strdup(o.config_path); /* argv becomes the title */
	must(self.config_path != NULL);
	title_init(argc, argv);
	log_init("master", LOG_INFO);
	if (!load(&self, &e))
		return refuse(&self, o.is_check, &e);
	log_set_level((enum log_level)self.config.settings.log_level);
	log_set_format((enum log_format)self.config.settings.log_format);
	warn_without_key(&self);
	if (o.is_check)
		return report_check(&self);
	config_log_shadowed(&self.config);
	return master_run(&self);
}
