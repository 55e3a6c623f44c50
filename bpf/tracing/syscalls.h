/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sys_enter   one bit per (slot, ABI, number). Attached only while something records or audits
 *             syscalls: it taxes every syscall of the machine.
 * Gap: what seccomp refuses never gets here; it is seen at sys_exit as a denial.
 */
static __always_inline void pf_mark_syscall(struct task_struct *task, struct pf_task *member,
					    struct pf_slot *slot, u32 abi, u32 number)
{
	struct pf_syscalls *bits = bpf_map_lookup_elem(&pf_syscall_bits, &member->slot);
	u32 word = (number >> 6) & (PF_SYSCALL_WORDS - 1);
	u64 bit = 1ULL << (number & 63), *where;

	if (!bits || abi >= PF_ABIS || number >= PF_SYSCALL_WORDS * 64)
		return;
	where = &bits->bits[abi][word];
	if (*where & bit)
		return;
	if (__sync_fetch_and_or(where, bit) & bit)
		return;
	PF_COUNT(produced[PF_COUNT_SYSCALL]);
	struct pf_syscall_event event = {.abi = abi, .syscall = number};
	pf_fill(&event.header, PF_EVENT_SYSCALL, sizeof(event), slot, member, task, 0);
	pf_send(&pf_telemetry, &event.header, sizeof(event), PF_COUNT_SYSCALL);
}

/*
 * Since 6.13 these tracepoints can be preempted, and the kernel skips a program that is running on that CPU:
 * a member's call goes unseen when it preempts somebody else's. Both ends of a call tell each other: an entry
 * that was skipped is made up for at the return, a return that was skipped is counted at the next entry. What
 * is left is a call of which both were skipped.
 */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Counts the recordings of this object: what a task was in when an earlier one ended says nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} pf_epoch SEC(".maps");

static __always_inline void pf_hold(void)
{
	if (&bpf_preempt_disable)
		bpf_preempt_disable();
}

static __always_inline void pf_let_go(void)
{
	if (&bpf_preempt_enable)
		bpf_preempt_enable();
}

#define PF_CALL_EPOCH 0xffff0000U
#define PF_CALL_EXEC 1 /* an exec changed the ABI on its way: nothing to be made up for */

static __always_inline u32 pf_call_of(u32 abi, u32 number)
{
	u32 zero = 0, *epoch = bpf_map_lookup_elem(&pf_epoch, &zero);

	return ((epoch ? *epoch : 0) << 16) | abi << 12 | ((number & 0x3ff) + 2);
}

/* Before the next call of a member: whether it ever came back from the last. */
static __always_inline void pf_entered(struct pf_task *member, u32 call)
{
	u32 last = member->call;

	member->call = call;
	if (last && (last & PF_CALL_EPOCH) == (call & PF_CALL_EPOCH)) {
		const struct pf_sysop *op = pf_sysop_of(last >> 12 & 3, (last & 0xfff) - 2);

		if (op && op->kind != PF_OP_NONE)
			PF_COUNT(lost[PF_COUNT_FILE]);
	}
}

static __always_inline void pf_enter(struct task_struct *task, struct pf_task *member, long number)
{
	struct pf_slot *slot = pf_slot_at(member->slot);
	u32 abi;

	if (!slot || !(slot->flags & PF_SLOT_SYSCALLS))
		return;
	abi = pf_abi_of(task, number);
	number &= ~0x40000000L;
	pf_mark_syscall(task, member, slot, abi, (u32)number);
	pf_entered(member, pf_call_of(abi, (u32)number));
}

SEC("tp_btf/sys_enter")
int BPF_PROG(pf_sys_enter, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_member(task);

	if (!member)
		return 0;
	pf_hold();
	pf_enter(task, member, number);
	pf_let_go();
	return 0;
}
