/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a plan, as one BPF program.
 *
 * libseccomp generates the tests; what it cannot say is composed around its programs:
 *
 * - It takes numbers of the machine's own ABI and translates them by name for others. That loses
 *   numbers that its tables do not hold yet, adds socketcall and ipc beside the direct calls of
 *   x86, and compares only half of each argument of x32. All programs are therefore generated as
 *   native ones, and the instructions that name the ABI are replaced.
 * - An unconditional rule silently displaces the conditional ones of the same call. Rules go into
 *   layers, one program each, of one action and at most one rule per call; a program that decides
 *   nothing continues with the next layer. This is how the most restrictive rule wins, whatever
 *   the order in the plan.
 *
 * The kernel intersects the result with the filters that were inherited. */
#ifndef PINFOLD_FILTER_H
#define PINFOLD_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "plan.h"

struct program {
	struct sock_filter instructions[BPF_MAXINSNS];
	unsigned short length;
};

/* One call of the native ABI that is let through when its first `arg_count` arguments are exactly
 * these. */
struct exemption {
	uint32_t nr;
	unsigned int arg_count;
	uint64_t args[3];
};

/* Whether the plan by itself lets every native call of that number through. */
bool filter_always_allows(const struct seccomp_plan *plan, uint32_t nr);

/* Fails at step `seccomp` when the program would exceed the kernel's 4096 instructions. */
void filter_build(const struct seccomp_plan *plan, const struct exemption *exemptions,
		  size_t exemption_count, struct program *program);

/* Needs no_new_privs. Fails at step `seccomp`; makes no other system call. */
void filter_load(const struct program *program);

#endif
