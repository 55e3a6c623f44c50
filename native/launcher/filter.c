/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "status.h"

/* What a layer answers when none of its rules matched; no plan can ask for it. */
#define UNDECIDED SCMP_ACT_TRACE(0x5046)

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP_EQ(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)
#define JUMP_GE(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, k, jt, jf)
#define JUMP(by) BPF_JUMP(BPF_JMP | BPF_JA, by, 0, 0)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)

#define AT_NR offsetof(struct seccomp_data, nr)
#define AT_ARCH offsetof(struct seccomp_data, arch)
#define AT_ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n))
/* The machines of arch.c are little-endian: the low word comes first. */
#define AT_HIGH(n) (AT_ARG(n) + 4)

static void refuse(int err, const char *what)
{
	fail(EXIT_OWN_FAILURE, "seccomp", err, "%s", what);
}

static void emit(struct program *program, struct sock_filter instruction)
{
	if (program->length == BPF_MAXINSNS)
		refuse(E2BIG, "the filter needs more instructions than the kernel takes");
	program->instructions[program->length++] = instruction;
}

/* ---- layers ---- */

static scmp_filter_ctx new_layer(void)
{
	scmp_filter_ctx layer = seccomp_init(UNDECIDED);

	if (layer == NULL)
		refuse(ENOMEM, "seccomp_init");
	int err = seccomp_attr_set(layer, SCMP_FLTATR_ACT_BADARCH, UNDECIDED);

	if (err != 0)
		refuse(-err, "preparing libseccomp");
	return layer;
}

static void add_rule(scmp_filter_ctx layer, const struct call_rule *rule)
{
	int err = seccomp_rule_add_exact_array(layer, rule->action, (int)rule->nr, rule->arg_count,
					       rule->args);

	if (err != 0)
		fail(EXIT_OWN_FAILURE, "seccomp", -err, "libseccomp refuses the rule for call %u",
		     rule->nr);
}

/* Makes libseccomp's native program one for `arch`. It begins with the test of the architecture,
 * and on x86_64 goes on with one that refuses the numbers of x32. */
static void retarget(struct sock_filter *program, unsigned short count, const struct arch *arch)
{
	if (count < 4 || program[0].code != (BPF_LD | BPF_W | BPF_ABS) || program[0].k != AT_ARCH ||
	    program[1].code != (BPF_JMP | BPF_JEQ | BPF_K) || program[1].k != arch_native()->audit)
		refuse(EPROTO, "libseccomp's program does not begin with the architecture");
	program[1].k = arch->audit;
	if (arch->scmp != SCMP_ARCH_X32)
		return;
	if (program[3].code != (BPF_JMP | BPF_JGE | BPF_K) || program[3].k != X32_BIT)
		refuse(EPROTO, "libseccomp's program does not test for x32");
	program[3] = (struct sock_filter)JUMP(program[3].jf);
}

/* libseccomp's program for `layer`, with every UNDECIDED replaced by a jump behind its end. */
static void append_layer(struct program *program, scmp_filter_ctx layer, const struct arch *arch)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0)
		refuse(errno, "memfd_create");
	int err = seccomp_export_bpf(layer, fd);

	if (err != 0)
		refuse(-err, "libseccomp cannot generate the filter");
	off_t size = lseek(fd, 0, SEEK_CUR);
	size_t room = (size_t)(BPF_MAXINSNS - program->length) * sizeof(struct sock_filter);
	struct sock_filter *first = &program->instructions[program->length];

	if (size < 0 || (size_t)size > room)
		refuse(E2BIG, "the filter needs more instructions than the kernel takes");
	if (pread(fd, first, (size_t)size, 0) != size)
		refuse(EIO, "reading the filter");
	close(fd);
	unsigned short count = (unsigned short)((size_t)size / sizeof(struct sock_filter));

	retarget(first, count, arch);
	for (unsigned short i = 0; i < count; i++)
		if (first[i].code == (BPF_RET | BPF_K) && first[i].k == UNDECIDED)
			first[i] = (struct sock_filter)JUMP(count - i - 1u);
	program->length += count;
}

/* ---- the rules of one architecture ---- */

static unsigned int strictness(uint32_t act)
{
	return act == SCMP_ACT_KILL_PROCESS ? 0 : act == SCMP_ACT_ALLOW ? 2 : 1;
}

/* A rule and the place where it was, to keep the plan's order among equals. */
struct ranked {
	const struct call_rule *rule;
	size_t action_rank; /* first appearance of the same action */
};

/* By action, then by call, unconditional rules first. */
static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	unsigned int strict_a = strictness(a->rule->action), strict_b = strictness(b->rule->action);

	if (strict_a != strict_b)
		return strict_a < strict_b ? -1 : 1;
	if (a->action_rank != b->action_rank)
		return a->action_rank < b->action_rank ? -1 : 1;
	if (a->rule->nr != b->rule->nr)
		return a->rule->nr < b->rule->nr ? -1 : 1;
	if ((a->rule->arg_count == 0) != (b->rule->arg_count == 0))
		return a->rule->arg_count == 0 ? -1 : 1;
	return a->rule < b->rule ? -1 : 1;
}

/* Allocates the rules of `arch` in the order of their layers. */
static struct ranked *rank_rules(const struct seccomp_plan *plan, uint32_t arch, size_t *count)
{
	struct ranked *ranked = calloc(plan->rule_count + 1, sizeof(*ranked));
	size_t n = 0;

	if (ranked == NULL)
		refuse(ENOMEM, "sorting the rules");
	for (size_t i = 0; i < plan->rule_count; i++) {
		const struct call_rule *rule = &plan->rules[i];
		size_t rank = 0;

		if (rule->arch != arch)
			continue;
		while (rank < n && ranked[rank].rule->action != rule->action)
			rank++;
		ranked[n] = (struct ranked){rule, rank < n ? ranked[rank].action_rank : n};
		n++;
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	*count = n;
	return ranked;
}

/* One action: as many layers as the call with the most rules has. `group` is sorted by call. */
static void append_action(struct program *program, const struct arch *arch,
			  const struct ranked *group, size_t count)
{
	bool more = true;

	for (size_t depth = 0; more; depth++) {
		scmp_filter_ctx layer = new_layer();
		size_t same = 0, added = 0;

		more = false;
		for (size_t i = 0; i < count; i++) {
			same = i > 0 && group[i].rule->nr == group[i - 1].rule->nr ? same + 1 : 0;
			bool settled = same > 0 && group[i - same].rule->arg_count == 0;

			if (settled || same < depth)
				continue;
			if (same > depth) {
				more = true;
				continue;
			}
			add_rule(layer, group[i].rule);
			added++;
		}
		if (added > 0)
			append_layer(program, layer, arch);
		seccomp_release(layer);
	}
}

static void append_arch(struct program *program, const struct seccomp_plan *plan,
			const struct arch *arch)
{
	size_t count, end;
	struct ranked *ranked = rank_rules(plan, arch->scmp, &count);

	for (size_t start = 0; start < count; start = end) {
		for (end = start; end < count; end++)
			if (ranked[end].rule->action != ranked[start].rule->action)
				break;
		append_action(program, arch, ranked + start, end - start);
	}
	free(ranked);
	emit(program, (struct sock_filter)RETURN(plan->default_action));
}

/* ---- the whole ---- */

static void append_exemption(struct program *program, const struct exemption *exemption)
{
	unsigned int left = 4 * exemption->arg_count + 1;

	emit(program, (struct sock_filter)LOAD(AT_NR));
	emit(program, (struct sock_filter)JUMP_EQ(exemption->nr, 0, (unsigned char)left));
	for (unsigned int i = 0; i < exemption->arg_count; i++) {
		uint32_t low = (uint32_t)exemption->args[i];
		uint32_t high = (uint32_t)(exemption->args[i] >> 32);

		emit(program, (struct sock_filter)LOAD(AT_ARG(i)));
		left -= 2;
		emit(program, (struct sock_filter)JUMP_EQ(low, 0, (unsigned char)left));
		emit(program, (struct sock_filter)LOAD(AT_HIGH(i)));
		left -= 2;
		emit(program, (struct sock_filter)JUMP_EQ(high, 0, (unsigned char)left));
	}
	emit(program, (struct sock_filter)RETURN(SCMP_ACT_ALLOW));
}

/* Tests for `arch`; returns where the jump to its rules is. */
static unsigned short append_dispatch(struct program *program, const struct arch *arch)
{
	bool x32 = arch->scmp == SCMP_ARCH_X32;
	unsigned short jump;

	if (arch->audit != arch_native()->audit || arch_named("x32") == NULL) {
		emit(program, (struct sock_filter)JUMP_EQ(arch->audit, 0, 1));
		jump = program->length;
		emit(program, (struct sock_filter)JUMP(0));
		return jump;
	}
	emit(program, (struct sock_filter)JUMP_EQ(arch->audit, 0, 4));
	emit(program, (struct sock_filter)LOAD(AT_NR));
	emit(program, (struct sock_filter)JUMP_GE(X32_BIT, x32 ? 0 : 1, x32 ? 1 : 0));
	jump = program->length;
	emit(program, (struct sock_filter)JUMP(0));
	emit(program, (struct sock_filter)LOAD(AT_ARCH));
	return jump;
}

static uint32_t unlisted_action(const struct seccomp_plan *plan)
{
	/* With `allow` any denied call could be made through another ABI. */
	return plan->default_action == SCMP_ACT_ALLOW ? SCMP_ACT_KILL_PROCESS :
							plan->default_action;
}

static void append_exemptions(struct program *program, const struct exemption *exemptions,
			      size_t count)
{
	for (size_t i = 0; i < count; i++)
		append_exemption(program, &exemptions[i]);
}

void filter_build(const struct seccomp_plan *plan, const struct exemption *exemptions,
		  size_t exemption_count, struct program *program)
{
	unsigned short jumps[MAX_ARCHES + 1];
	const struct arch *blocks[MAX_ARCHES + 1];
	size_t count = 0;

	/* The launcher itself is native, even if the plan is for another ABI alone. */
	blocks[count++] = arch_native();
	for (size_t i = 0; i < plan->arch_count; i++)
		if (plan->arches[i] != arch_native()->scmp)
			blocks[count++] = arch_of(plan->arches[i]);

	program->length = 0;
	emit(program, (struct sock_filter)LOAD(AT_ARCH));
	for (size_t i = 0; i < count; i++)
		jumps[i] = append_dispatch(program, blocks[i]);
	emit(program, (struct sock_filter)RETURN(unlisted_action(plan)));
	for (size_t i = 0; i < count; i++) {
		bool listed = i > 0;

		program->instructions[jumps[i]].k = program->length - jumps[i] - 1u;
		if (i == 0)
			append_exemptions(program, exemptions, exemption_count);
		for (size_t j = 0; j < plan->arch_count; j++)
			listed |= plan->arches[j] == blocks[i]->scmp;
		if (listed)
			append_arch(program, plan, blocks[i]);
		else
			emit(program, (struct sock_filter)RETURN(unlisted_action(plan)));
	}
}

bool filter_always_allows(const struct seccomp_plan *plan, uint32_t nr)
{
	bool listed = false, allowed = plan->default_action == SCMP_ACT_ALLOW;

	for (size_t i = 0; i < plan->arch_count; i++)
		listed |= plan->arches[i] == arch_native()->scmp;
	for (size_t i = 0; i < plan->rule_count; i++) {
		const struct call_rule *rule = &plan->rules[i];

		if (rule->arch != arch_native()->scmp || rule->nr != nr)
			continue;
		if (rule->action != SCMP_ACT_ALLOW)
			return false;
		allowed |= rule->arg_count == 0;
	}
	return listed && allowed;
}

void filter_load(const struct program *program)
{
	struct sock_fprog loaded = {
		.len = program->length,
		.filter = (struct sock_filter *)program->instructions,
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded) != 0)
		refuse(errno, "loading the filter");
}
