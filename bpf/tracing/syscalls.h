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

SEC("tp_btf/sys_enter")
int BPF_PROG(pf_sys_enter, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_member(task);
	struct pf_slot *slot;
	u32 abi;

	if (!member)
		return 0;
	slot = pf_slot_at(member->slot);
	if (!slot || !(slot->flags & PF_SLOT_SYSCALLS))
		return 0;
	abi = pf_abi_of(task, number);
	pf_mark_syscall(task, member, slot, abi, (u32)number & ~0x40000000U);
	return 0;
}
