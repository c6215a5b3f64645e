/*
 * What cannot be undone is asked for once more: on a terminal by a question, elsewhere by
 * --yes, so that no script stands still.
 */
#ifndef CTL_CONFIRM_H
#define CTL_CONFIRM_H

#include "ctl/ctl.h"

/* DONE = it is meant. warning: sentences that say what will be lost, with the question;
 * is_sure: --yes was given. REFUSED (said) otherwise: nothing is to be changed then. */
enum ctl_exit confirm(const struct ctl *c, bool is_sure, const char *warning);

#endif
