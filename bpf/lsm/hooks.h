/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * bprm_check_security   execution, by the file object: of a script and of its interpreter, each in its turn.
 *                       An entering task is judged as the member that it is about to become.
 * file_open             the only way to obtain a descriptor for a path, judged with the mode that the caller
 *                       asked for, as the recorder names it at sys_exit (tracing/files.h).
 * task_alloc            children inherit, and
 * bprm_committed_creds  an exec arms, whatever becomes of the tracing programs that do both everywhere: where
 *                       tracepoints can be preempted the kernel skips a program that is running on that CPU.
 *                       LSM hooks are never skipped.
 * Gaps: executable mappings, changes of names and attributes, and descriptors that were opened before
 * arming or received are not judged. A file that an open made is there, empty, when its Create is refused.
 */
SEC("lsm/bprm_check_security")
int BPF_PROG(pf_bprm_check, struct linux_binprm *binprm, int earlier)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_identity who;
	u32 flags;

	if (earlier)
		return earlier;
	who = pf_identify(task, true);
	if (!who.slot)
		return 0;
	struct pf_slot *slot = pf_slot_at(who.slot);
	if (!slot || !slot->policy)
		return 0;
	if (who.state == PF_TASK_ENTERING) {
		if (pf_still_outside(task, slot))
			return 0;
		pf_take_root(task, who.slot);
	}
	struct file *file = BPF_CORE_READ(binprm, file);
	flags = pf_file_flags(file, BPF_CORE_READ(file, f_path.mnt));
	if (flags & PF_PATH_NAMELESS)
		flags |= PF_PATH_FILELESS;
	struct pf_judgement judgement = {
		.task = task,
		.member = who.entry,
		.slot = slot,
		.number = who.slot,
		.asked = flags & PF_PATH_DELETED ? PF_ASK_DELETED_EXEC : PF_ASK_EXEC,
		.file = file,
	};
	return pf_judge(&judgement, flags);
}

/* What the caller asked for, as bits of pf_access. Without branches, which the verifier would all follow. */
static __always_inline u32 pf_opened_for(u32 mode, u32 flags)
{
	u32 created = !!(mode & PF_FMODE_CREATED);
	u32 truncated = !created & !!(flags & PF_O_TRUNC);

	return (mode & (PF_READ | PF_WRITE)) | truncated * PF_WRITE | created * PF_CREATE;
}

SEC("lsm/file_open")
int BPF_PROG(pf_file_open, struct file *file, int earlier)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_identity who;
	u32 flags, mode, access;

	if (earlier)
		return earlier;
	who = pf_identify(task, false);
	if (who.state != PF_TASK_MEMBER)
		return 0;
	struct pf_slot *slot = pf_slot_at(who.slot);
	if (!slot || !slot->policy)
		return 0;
	mode = BPF_CORE_READ(file, f_mode);
	flags = BPF_CORE_READ(file, f_flags);
	access = pf_opened_for(mode, flags);
	if (!access || mode & PF_FMODE_INTERNAL || flags & PF_FLAG_EXEC)
		return 0;
	flags = pf_file_flags(file, BPF_CORE_READ(file, f_path.mnt));
	if (pf_unnamed(flags))
		return 0;
	struct pf_judgement judgement = {
		.task = task,
		.member = who.entry,
		.slot = slot,
		.number = who.slot,
		.asked = access << PF_ASK_ACCESS_SHIFT,
		.file = file,
	};
	return pf_judge(&judgement, flags);
}

SEC("lsm/task_alloc")
int BPF_PROG(pf_task_alloc, struct task_struct *task, u64 clone_flags, int earlier)
{
	struct pf_task *parent = pf_task_of(bpf_get_current_task_btf());

	if (!earlier && parent)
		pf_enrol(task, parent->slot, parent->state, parent->exe);
	return earlier;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(pf_bprm_committed, struct linux_binprm *binprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *entry = pf_task_of(task);
	struct pf_slot *slot;

	if (!entry || entry->state != PF_TASK_ENTERING)
		return 0;
	slot = pf_slot_at(entry->slot);
	if (!slot || pf_still_outside(task, slot))
		return 0;
	pf_arm(task, entry);
	entry->arrived = 1;
	return 0;
}
