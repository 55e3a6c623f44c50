/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PINFOLD_RESOLVE_H
#define PINFOLD_RESOLVE_H

/* The path to hand to execve for `program`, found as execvp finds it (PATH is searched when there
 * is no slash), but without its retry through a shell. Allocated. Fails at step `resolve`: exit
 * status 127 when nothing is there, 126 when something is that cannot be executed. */
char *resolve_program(const char *program);

/* The canonical path, for the status line. Allocated. Fails at step `resolve`. */
char *canonical_path(const char *path);

#endif
