/* SPDX-License-Identifier: Apache-2.0 */
/* The system call ABIs that a program on this machine can use. */
#ifndef PINFOLD_ARCH_H
#define PINFOLD_ARCH_H

#include <stdint.h>

/* Set in the numbers of x32, which shares AUDIT_ARCH_X86_64 with the native ABI. */
#define X32_BIT 0x40000000u

struct arch {
	const char *name;
	uint32_t scmp; /* SCMP_ARCH_* */
	uint32_t audit; /* seccomp_data.arch */
};

/* The machine's own ABI. */
const struct arch *arch_native(void);
/* NULL where this machine has no such ABI. */
const struct arch *arch_named(const char *name);
const struct arch *arch_of(uint32_t scmp);
/* Calls `each` for every ABI. */
void arch_each(void (*each)(const struct arch *arch));

#endif
