/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

/* The native one comes first. */
static const struct arch arches[] = {
#if defined(__x86_64__)
	{"x86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64},
	{"x86", SCMP_ARCH_X86, AUDIT_ARCH_I386},
	{"x32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64},
#elif defined(__aarch64__)
	{"aarch64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64},
	{"arm", SCMP_ARCH_ARM, AUDIT_ARCH_ARM},
#else
#error "no table of system call ABIs for this machine"
#endif
};

enum { ARCHES = sizeof(arches) / sizeof(arches[0]) };

const struct arch *arch_native(void)
{
	return &arches[0];
}

const struct arch *arch_named(const char *name)
{
	for (size_t i = 0; i < ARCHES; i++)
		if (strcmp(arches[i].name, name) == 0)
			return &arches[i];
	return NULL;
}

const struct arch *arch_of(uint32_t scmp)
{
	for (size_t i = 0; i < ARCHES; i++)
		if (arches[i].scmp == scmp)
			return &arches[i];
	return NULL;
}

void arch_each(void (*each)(const struct arch *arch))
{
	for (size_t i = 0; i < ARCHES; i++)
		each(&arches[i]);
}
