/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "landlock.h"
#include "privileges.h"

static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{"kill_process", SECCOMP_RET_KILL_PROCESS},
	{"kill_thread", SECCOMP_RET_KILL_THREAD},
	{"trap", SECCOMP_RET_TRAP},
	{"errno", SECCOMP_RET_ERRNO},
	{"user_notif", SECCOMP_RET_USER_NOTIF},
	{"trace", SECCOMP_RET_TRACE},
	{"log", SECCOMP_RET_LOG},
	{"allow", SECCOMP_RET_ALLOW},
};

static void print_seccomp_actions(void)
{
	printf("seccomp_actions\t");
	const char *separator = "";

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i].action) != 0)
			continue;
		printf("%s%s", separator, actions[i].name);
		separator = " ";
	}
	printf("\n");
}

/* include/uapi/linux/lsm.h, newer than the headers of Debian 12; names as /sys/kernel/security/lsm has them. */
#define SYS_LSM_LIST_MODULES 461
#define FIRST_MODULE 100
static const char *const modules[] = {"capability", "selinux", "smack",	    "tomoyo",	"apparmor",
				      "yama",	    "loadpin", "safesetid", "lockdown", "bpf",
				      "landlock",   "ima",     "evm",	    "ipe"};

/* Needs no securityfs. Before Linux 6.8 there is no such call, and no line. */
static void print_security_modules(void)
{
	uint64_t ids[64];
	uint32_t size = sizeof(ids);
	long count = syscall(SYS_LSM_LIST_MODULES, ids, &size, 0);

	if (count < 0)
		return;
	printf("security_modules\t");
	for (long i = 0; i < count; i++) {
		uint64_t at = ids[i] - FIRST_MODULE;

		printf("%s", i == 0 ? "" : " ");
		if (at < sizeof(modules) / sizeof(modules[0]))
			printf("%s", modules[at]);
		else
			printf("%" PRIu64, ids[i]);
	}
	printf("\n");
}

/* A call through the other ABI, in a child because a kernel without it may send a signal. */
static bool abi_answers(const struct arch *arch)
{
	if (arch == arch_native())
		return true;
	fflush(stdout);
	pid_t child = fork();

	if (child == 0) {
#if defined(__x86_64__)
		long answer;

		if (arch->scmp == SCMP_ARCH_X32)
			answer = syscall(SYS_getpid | X32_BIT);
		else
			__asm__ volatile("int $0x80"
					 : "=a"(answer)
					 : "0"(20)
					 : "memory", "r8", "r9", "r10", "r11");
		_exit(answer == getpid() ? 0 : 1);
#else
		_exit(personality(PER_LINUX32) == -1);
#endif
	}
	int status;

	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void print_name(const struct arch *arch)
{
	printf("%s%s", arch == arch_native() ? "" : " ", arch->name);
}

static void print_name_if_answers(const struct arch *arch)
{
	if (abi_answers(arch))
		print_name(arch);
}

int probe(void)
{
	const struct landlock_rights all = {~0ull, ~0ull, ~0ull};
	struct landlock_rights known = landlock_known(&all);

	printf("landlock_abi\t%d\n", landlock_abi());
	printf("landlock_fs\t%" PRIu64 "\n", known.fs);
	printf("landlock_net\t%" PRIu64 "\n", known.net);
	printf("landlock_scoped\t%" PRIu64 "\n", known.scoped);

	uint32_t allow = SECCOMP_RET_ALLOW;
	bool filters = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &allow) == 0;

	printf("seccomp\t%s\n", filters ? "yes" : "no");
	print_seccomp_actions();
	printf("seccomp_archs\t");
	arch_each(print_name);
	printf("\nkernel_abis\t");
	arch_each(print_name_if_answers);
	printf("\ncaps_permitted\t%016" PRIx64 "\n", capabilities_get().permitted);
	printf("caps_bounding\t%016" PRIx64 "\n", capabilities_bounding());
	print_security_modules();
	printf("no_new_privs\t%s\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0 ? "yes" : "no");
	return fflush(stdout) == 0 ? 0 : 1;
}
