/*
 * atlasctl top: the service on a screen, once a second, from the segment alone: it goes on
 * while every daemon hangs, and waits for the next when one has gone. q, or Ctrl-C, ends it.
 * Where the output is no terminal it is drawn once.
 */
#include "ctl/show.h"
#include "ctl/status.h"
#include "ctl/target.h"
#include "ctl/terminal.h"
#include "ctl/top_view.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PERIOD_MS = 1000, PLAIN_COLUMNS = 132 };

static volatile sig_atomic_t is_over;

/* A resize needs no more than that poll() returns. */
static void on_signal(int signal)
{
	if (signal != SIGWINCH)
		is_over = 1;
}

static void catch_signals(void)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	struct sigaction a = {.sa_handler = on_signal};
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		(void)sigaction(all[i], &a, NULL);
}

/* ---- the terminal ------------------------------------------------------------------------ */

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(STDOUT_FILENO, p, n);
		if (put <= 0)
			return;
		p += put;
		n -= (size_t)put;
	}
}

static void write_text(const char *text)
{
	write_all(text, strlen(text));
}

/* Keys one by one and unseen, on a screen that leaves the shell's as it was. */
static void enter(struct termios *before)
{
	struct termios t;
	if (tcgetattr(STDIN_FILENO, before) == 0) {
		t = *before;
		t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &t);
	}
	write_text("\033[?1049h\033[?25l");
}

static void leave(const struct termios *before)
{
	write_text("\033[?25h\033[?1049l");
	(void)tcsetattr(STDIN_FILENO, TCSANOW, before);
}

/* Until the next second, a key or a resize. */
static void wait_a_while(void)
{
	char key;
	struct pollfd p = {STDIN_FILENO, POLLIN, 0};
	if (poll(&p, 1, PERIOD_MS) <= 0)
		return;
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
		is_over = 1;
}

/* ---- the segment ------------------------------------------------------------------------- */

/* The file has gone, or another is in its place. */
static bool is_left(const struct segment *s)
{
	struct stat st;
	return fstat(s->map.fd, &st) != 0 || st.st_nlink == 0;
}

/* Go over to the next one, if there is one: it starts to count anew. */
static void follow(const struct ctl *c, struct top *t, struct segment *s)
{
	struct segment next;
	if (is_left(s) && segment_open(&next, c->segment, NULL)) {
		segment_close(s);
		*s = next;
		t->n_samples = 0;
	}
	t->is_gone = is_left(s) || target_is_left(c);
}

/* ---- the command --------------------------------------------------------------------------- */

static void run(const struct ctl *c, struct top *t, struct segment *s)
{
	static struct screen screen;
	struct termios before = {0};
	int rows, columns;
	catch_signals();
	enter(&before);
	while (!is_over) {
		follow(c, t, s);
		top_take(t, s);
		terminal_size(&rows, &columns);
		screen_begin(&screen, rows, columns);
		top_draw(t, &screen);
		write_all(screen.text, screen.n);
		wait_a_while();
	}
	leave(&before);
}

static enum ctl_exit print_once(
	const struct ctl *c, struct top *t, const struct segment *s)
{
	static struct screen screen;
	t->is_gone = target_is_left(c);
	top_take(t, s);
	if (c->is_json) {
		report_ask(&t->report, c);
		status_print_json(&t->report);
	} else {
		screen_begin(&screen, 0, PLAIN_COLUMNS);
		top_draw(t, &screen);
		write_all(screen.text, screen.n);
	}
	return t->is_gone ? CTL_NOT_RUNNING : CTL_DONE;
}

enum ctl_exit ctl_top(struct ctl *c)
{
	static struct top t; /* too large for a stack */
	struct segment s;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	if (!c->is_json && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO))
		run(c, &t, &s);
	else
		status = print_once(c, &t, &s);
	top_fini(&t);
	segment_close(&s);
	return status;
}
