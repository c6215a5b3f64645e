/*
 * Names of models and sessions are whatever a client or an upstream sent. On a terminal,
 * what would steer it or turn the direction of a line is written out, as \u009b; JSON
 * reads that as the same text. What goes to a file or a pipe is as it was written.
 */
#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H

/* From here on, all of stdout; once, before anything is printed. */
void terminal_guard(void);

/* Of stdout; 24 and 80 where it is not known. */
void terminal_size(int *rows, int *columns);

#endif
