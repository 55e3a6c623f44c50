/* SPDX-License-Identifier: Apache-2.0 */
/* What still has to be possible once the filter is loaded: the execve itself, and to say why it
 * failed. Where the plan does not allow these calls anyway, the filter lets them through with
 * exactly the launcher's own arguments.
 *
 * The arguments lie at an address where the started program cannot put anything: page zero, which
 * only CAP_SYS_RAWIO may map while vm.mmap_min_addr is not 0. The same call by the program then
 * fails with EFAULT. Residual risk: where the launcher could not map page zero (it lacks that
 * capability, or the path is longer than fits), or the plan keeps CAP_SYS_RAWIO, a program that
 * knows this source and may call mmap can place its own path there and make an execve that its
 * filter does not list. Landlock, capabilities and the filter itself hold across it. */
#ifndef PINFOLD_LAST_CALL_H
#define PINFOLD_LAST_CALL_H

#include "filter.h"

enum { MAX_EXEMPTIONS = 3 };

struct last_call {
	char *path; /* for execve */
	char *error; /* for the error line */
	size_t error_size;
	char **argv;
};

/* Maps the place and copies `path` there. Fails at step `exec`. */
struct last_call last_call_prepare(const char *path, char **argv);

/* The exemptions that `plan` needs; returns how many. */
size_t last_call_exemptions(const struct last_call *call, const struct seccomp_plan *plan,
			    struct exemption out[MAX_EXEMPTIONS]);

/* Execs with the inherited environment. If that fails: the error line at step `exec`, and the exit
 * status 126, also where ENOENT means that the interpreter is missing. */
_Noreturn void last_call_exec(const struct last_call *call);

#endif
