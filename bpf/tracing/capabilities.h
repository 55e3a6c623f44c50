/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * cap_capable      capabilities that were granted (a refused check is not a need), and refusals of
 *                  what the launcher took away. Memory accounting asks for SYS_ADMIN at every
 *                  mapping without meaning it: told apart by security_vm_enough_memory_mm on the stack (the
 *                  hook below it ends in a tail call and leaves no frame).
 * io_uring_create  a ring was made: what passes through it is not seen here, and that is noted.
 */
#define PF_CAP_SYS_ADMIN 21
#define PF_FRAMES 8

/* [start, end) of security_vm_enough_memory_mm, from kallsyms; 0 where it is not known. */
const volatile u64 pf_memory_accounting[2] = {};

static __always_inline bool pf_is_accounting(void *context)
{
	u64 frames[PF_FRAMES] = {};

	if (!pf_memory_accounting[0])
		return false;
	if (bpf_get_stack(context, frames, sizeof(frames), 0) < 0)
		return false;
#pragma unroll
	for (int i = 0; i < PF_FRAMES; i++)
		if (frames[i] >= pf_memory_accounting[0] && frames[i] < pf_memory_accounting[1])
			return true;
	return false;
}

SEC("tp_btf/cap_capable")
int BPF_PROG(pf_capable, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int capability, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_member(task);
	struct pf_capability_event event = {};
	bool denied = result != 0;
	struct pf_slot *slot;

	if (!member)
		return 0;
	slot = pf_slot_at(member->slot);
	if (!slot || capability < 0 || capability > 63)
		return 0;
	/* Capabilities inside a user namespace of the container's own give nothing on this machine. */
	if (BPF_CORE_READ(target, level) > 0)
		return 0;
	if (denied ? !(slot->flags & PF_SLOT_DENIALS) ||
			     !(slot->capabilities_lost & (1ULL << capability)) :
		     !(slot->flags & PF_SLOT_OBSERVE))
		return 0;
	if (capability == PF_CAP_SYS_ADMIN && pf_is_accounting(ctx))
		return 0;
	if (pf_first(&event.header, member->slot,
		     PF_WHAT(denied ? PF_EVENT_DENIAL : PF_EVENT_CAPABILITY, capability | 1 << 23),
		     0, 0, denied ? PF_COUNT_DENIAL : PF_COUNT_CAPABILITY) == PF_REPEATED)
		return 0;
	event.capability = capability;
	event.syscall = (u32)pf_syscall_number((struct pt_regs *)bpf_task_pt_regs(task));
	pf_fill(&event.header, PF_EVENT_CAPABILITY, sizeof(event), slot, member, task,
		denied ? -PF_EPERM : 0);
	if (denied) {
		event.header.flags = PF_FLAG_DENIED;
		pf_send(&pf_security, &event.header, sizeof(event), PF_COUNT_DENIAL);
	} else {
		pf_send(&pf_telemetry, &event.header, sizeof(event), PF_COUNT_CAPABILITY);
	}
	return 0;
}

SEC("tp_btf/io_uring_create")
int BPF_PROG(pf_io_uring, int descriptor, void *ring, u32 sq, u32 cq, u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_member(task);
	struct pf_note_event event = {.note = PF_NOTE_IO_URING};
	struct pf_slot *slot;

	if (!member)
		return 0;
	slot = pf_slot_at(member->slot);
	if (!slot || !(slot->flags & PF_SLOT_OBSERVE))
		return 0;
	if (pf_first(&event.header, member->slot, PF_WHAT(PF_EVENT_NOTE, PF_NOTE_IO_URING), 0, 0,
		     PF_COUNT_NOTE) == PF_REPEATED)
		return 0;
	pf_fill(&event.header, PF_EVENT_NOTE, sizeof(event), slot, member, task, 0);
	pf_send(&pf_telemetry, &event.header, sizeof(event), PF_COUNT_NOTE);
	return 0;
}
