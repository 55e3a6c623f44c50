/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sched_process_exec   the program that really runs, from the object; arms entering tasks. For a
 *                      script the kernel holds only the interpreter by then: the script itself
 *                      comes as the caller's string, beside the directory it is relative to.
 */
struct pf_vma_context {
	u64 file;
};

static long pf_vma_file(struct task_struct *task, struct vm_area_struct *vma, void *data)
{
	struct pf_vma_context *context = data;

	context->file = (u64)BPF_CORE_READ(vma, vm_file);
	return 0;
}

static __always_inline void pf_append_kernel_string(struct pf_scratch *scratch, const char *text,
						    struct pf_path *path)
{
	u32 offset = scratch->offset & (PF_DATA - 1);
	long length = bpf_probe_read_kernel_str(&scratch->data[offset], 4096, text);

	if (length <= 0 || length > 4096) {
		path->flags |= PF_PATH_UNREADABLE;
		return;
	}
	path->flags |= PF_PATH_PRESENT | PF_PATH_ARGUMENT;
	path->argument = length - 1;
	scratch->offset = offset + (length - 1);
}

/* Kernel strings that differ: `filename` and `interp` do exactly for scripts and binfmt_misc. */
static __always_inline bool pf_is_script(struct linux_binprm *binprm)
{
	return BPF_CORE_READ(binprm, filename) != BPF_CORE_READ(binprm, interp);
}

static __always_inline void pf_exec_paths(u32 index, struct pf_scratch *scratch,
					  struct task_struct *task, struct linux_binprm *binprm,
					  struct pf_exec_event *event)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct file *file = BPF_CORE_READ(binprm, file);
	struct pf_vma_context loaded = {};
	long error;

	pf_walk_file(index, scratch, file, &event->path[0]);
	pf_hash(index, scratch, 0);
	event->exe = scratch->hash[0];
#if defined(__TARGET_ARCH_x86)
	error = bpf_find_vma(task, regs->ip, pf_vma_file, &loaded, 0);
#else
	error = bpf_find_vma(task, regs->pc, pf_vma_file, &loaded, 0);
#endif
	if (error)
		PF_FAILED(error);
	else if (loaded.file && !pf_same_file((struct file *)loaded.file, file) &&
		 scratch->offset < PF_DATA / 2)
		pf_walk_file(index, scratch, (struct file *)loaded.file, &event->path[1]);
	if (pf_is_script(binprm) && scratch->offset < PF_DATA / 2) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		pf_walk(index, scratch, BPF_CORE_READ(fs, pwd.mnt), BPF_CORE_READ(fs, pwd.dentry),
			&event->path[2]);
		event->path[2].flags |= PF_PATH_FOLLOW;
		if (scratch->offset < PF_DATA / 2)
			pf_append_kernel_string(scratch, BPF_CORE_READ(binprm, filename),
						&event->path[2]);
		pf_walk_changed_root(index, scratch, task, &event->root);
	}
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(pf_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	struct pf_task *entry = pf_task_of(task);
	struct pf_scratch *scratch;
	struct pf_exec_event *event;
	struct pf_slot *slot;
	struct pt_regs *regs;
	bool first = false;
	s32 index;
	u32 size, argv = 0;

	if (!entry) {
		/* It came before its cgroup had a slot: the runtime's init, when its container is named. */
		u32 number = pf_slot_of_cgroup(pf_cgroup_id(task));

		entry = number && pf_slot_flags(number) & PF_SLOT_CONTAINER ?
				pf_enrol(task, number, PF_TASK_ENTERING, 0) :
				0;
	}
	if (!entry)
		return 0;
	slot = pf_slot_at(entry->slot);
	if (!slot)
		return 0;
	entry->call = PF_CALL_EXEC;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (entry->state == PF_TASK_ENTERING || entry->arrived) {
		if (pf_still_outside(task, slot))
			return 0;
		first = true;
		pf_arm(task, entry);
		entry->arrived = 0;
		/* The exec that arms is the program's own first syscall; sys_enter saw it too early. For
		 * a program of another ABI the kernel has set that ABI's state by now: not its exec. */
		if ((slot->flags & PF_SLOT_SYSCALLS) &&
		    pf_abi_of(task, pf_syscall_number(regs)) == PF_ABI_NATIVE)
			pf_mark_syscall(task, entry, slot, PF_ABI_NATIVE,
					(u32)pf_syscall_number(regs) & 0x3ff);
	}
	index = pf_scratch_claim();
	scratch = index < 0 ? 0 : pf_scratch_at(index);
	if (!scratch) {
		PF_COUNT(no_scratch);
		PF_COUNT(lost[PF_COUNT_EXEC]);
		return 0;
	}
	event = &scratch->event.exec;
	__builtin_memset(event, 0, sizeof(*event));
	pf_begin(scratch, entry->slot);
	pf_exec_paths(index, scratch, task, binprm, event);
	entry->exe = event->exe;
	if (!(slot->flags & (PF_SLOT_OBSERVE | PF_SLOT_DENIALS)) || !pf_speaks())
		goto out;
	pf_hash(index, scratch, 0);
	if (pf_first(&event->header, entry->slot, PF_WHAT(PF_EVENT_EXEC, first), scratch->hash[0],
		     scratch->hash[1], PF_COUNT_EXEC) == PF_REPEATED)
		goto out;
	u32 offset = scratch->offset & (PF_DATA - 1);
	u64 from = BPF_CORE_READ(task, mm, arg_start), to = BPF_CORE_READ(task, mm, arg_end);
	if (to > from) {
		argv = to - from > PF_ARGV ? PF_ARGV : to - from;
		argv &= 2 * PF_ARGV - 1;
		if (bpf_probe_read_user(&scratch->data[offset], argv, (void *)from))
			argv = 0;
		scratch->offset = offset + argv;
	}
	size = sizeof(*event) + scratch->offset;
	size = size > sizeof(*event) + PF_DATA ? sizeof(*event) + PF_DATA : size;
	pf_fill(&event->header, PF_EVENT_EXEC, size, slot, entry, task, 0);
	event->argv = argv;
	event->first = first;
	event->abi = pf_abi_of(task, pf_syscall_number(regs));
	pf_send(&pf_telemetry, &event->header, size, PF_COUNT_EXEC);
out:
	pf_scratch_release(index);
	return 0;
}
