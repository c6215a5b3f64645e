/* Process titles by writing over argv's and the environment's own memory. */
#include "process/title.h"

#include "base/attr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct {
	char *start;
	size_t room;
} self;

static char *end_of_strings(int argc, char **argv)
{
	char *end = argv[0];
	for (int i = 0; i < argc; i++)
		if (argv[i] == end)
			end += strlen(argv[i]) + 1;
	for (char **e = environ; *e != NULL; e++)
		if (*e == end)
			end += strlen(*e) + 1;
	return end;
}

static void copy_environment(void)
{
	size_t n = 0;
	while (environ[n] != NULL)
		n++;
	char **copy = calloc(n + 1, sizeof *copy);
	must(copy != NULL);
	for (size_t i = 0; i < n; i++) {
		copy[i] = strdup(environ[i]);
		must(copy[i] != NULL);
		/* a key must not stay behind in the old place */
		explicit_bzero(environ[i], strlen(environ[i]));
	}
	environ = copy;
}

void title_init(int argc, char **argv)
{
	if (argc < 1)
		return;
	char *end = end_of_strings(argc, argv);
	self.start = argv[0];
	self.room = (size_t)(end - argv[0]);
	copy_environment();
}

void title_set(const char *title)
{
	prctl(PR_SET_NAME, title, 0, 0, 0);
	if (self.room < 2)
		return;
	memset(self.start, 0, self.room);
	snprintf(self.start, self.room, "%s", title);
}
