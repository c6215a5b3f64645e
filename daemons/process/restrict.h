/*
 * What every process of Atlas gives up, whoever it runs as: core dumps, being looked into
 * by a debugger, gaining privileges by running a program; and a child whatever
 * capabilities the master has to listen on low ports.
 */
#ifndef PROCESS_RESTRICT_H
#define PROCESS_RESTRICT_H

#include "base/attr.h"

/* Master and children. */
void restrict_process(void);

/* Children: no capability is left, unless they are root's own. False with errno. */
bool restrict_capabilities(void) ATTR_UNUSED_RESULT;

#endif
