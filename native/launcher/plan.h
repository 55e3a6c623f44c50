/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: what to apply before the exec, as text, one directive a line, fields separated by
 * tabs, strings percent-encoded, numbers decimal unless said otherwise:
 *
 *   no_new_privs
 *   capabilities_keep   HEXMASK
 *   landlock_handled    FS NET SCOPED
 *   landlock_best_effort               leave out the bits that this kernel does not know
 *   landlock_path       RIGHTS PATH
 *   landlock_port       RIGHTS PORT
 *   seccomp_default     ACTION         allow, errno:N or kill
 *   seccomp_arch        ARCH           x86_64, x86, x32, aarch64 or arm
 *   seccomp_rule        ARCH NR ACTION [ARG:OP:VALUE[:VALUE2],…]
 *   end                                always the last line: without it the plan was cut off
 *
 * OP is eq, ne, lt, le, gt, ge (unsigned, 64 bits) or maskeq ((arg & VALUE) == VALUE2). All
 * comparisons of a rule must hold, at most one per argument. Of the rules that match a call the
 * most restrictive decides (kill, then errno, then allow; between errnos the one that the plan names
 * first for that architecture); if none matches, the default. Architectures that are not listed get
 * the default, or are killed where the default is allow. */
#ifndef PINFOLD_PLAN_H
#define PINFOLD_PLAN_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct path_rule {
	uint64_t rights;
	char *path;
};

struct port_rule {
	uint64_t rights;
	uint64_t port;
};

struct landlock_plan {
	bool present;
	bool best_effort;
	uint64_t fs, net, scoped;
	struct path_rule *paths;
	size_t path_count;
	struct port_rule *ports;
	size_t port_count;
};

enum { MAX_ARCHES = 3, SYSCALL_ARGS = 6 };

struct call_rule {
	uint32_t arch; /* SCMP_ARCH_* */
	uint32_t nr;
	uint32_t action; /* SCMP_ACT_*, which is the kernel's SECCOMP_RET_* */
	unsigned int arg_count;
	struct scmp_arg_cmp args[SYSCALL_ARGS];
};

struct seccomp_plan {
	bool present;
	uint32_t default_action;
	uint32_t arches[MAX_ARCHES];
	size_t arch_count;
	struct call_rule *rules;
	size_t rule_count;
};

struct plan {
	bool no_new_privs;
	bool limit_capabilities;
	uint64_t keep_capabilities;
	struct landlock_plan landlock;
	struct seccomp_plan seccomp;
};

/* Reads to the end of `fd` and checks everything that can be checked without the kernel. Fails at
 * step `plan`; nothing has been changed then. */
void plan_read(int fd, struct plan *plan);

#endif
