/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who belongs to which slot.
 * cgroup_mkdir         a new cgroup inherits its parent's slot.
 * cgroup_rmdir         and gives the entry back.
 * cgroup_attach_task   a task that reaches a slot from outside is entering; the slot sticks.
 * task_newtask         children inherit; CLONE_INTO_CGROUP is an arrival too.
 * sched_process_exec   arming: the exec of an entering task makes it a member (see exec.h).
 * iter/task            adopts what ran before the slot existed.
 * Gap: a task moved by its own threads between two hooks is judged by the slot it had.
 */

/* Adoption by process instead of by cgroup (`--pid N`): written before the iterator is read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct pf_adoption);
} pf_adoption SEC(".maps");

static __always_inline bool pf_default_hierarchy(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
}

static __always_inline u32 pf_slot_flags(u32 number)
{
	struct pf_slot *slot = pf_slot_at(number);

	return slot ? slot->flags : 0;
}

static __always_inline bool pf_in_use(u32 number)
{
	struct pf_slot *slot = pf_slot_at(number);

	return slot && slot->cgroup_id;
}

static __always_inline struct pf_task *pf_enrol(struct task_struct *task, u32 slot, u32 state,
						u64 exe)
{
	struct pf_task *entry =
		bpf_task_storage_get(&pf_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 zero = 0, yes = 1;

	if (!entry) {
		PF_COUNT(no_storage);
		bpf_map_update_elem(&pf_unseen, &zero, &yes, BPF_ANY);
		return 0;
	}
	/* Once a member, always one, wherever it is moved: as long as there is something to be a member of. */
	if (entry->state != PF_TASK_MEMBER || !pf_in_use(entry->slot)) {
		entry->slot = slot;
		entry->exe = exe;
		entry->state = state;
	}
	return entry;
}

/* An entering task becomes a member. */
static __always_inline void pf_arm(struct task_struct *task, struct pf_task *entry)
{
	pf_take_root(task, entry->slot);
	entry->state = PF_TASK_MEMBER;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(pf_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	u64 id, parent_id;
	u32 slot;

	if (!pf_default_hierarchy(cgroup))
		return 0;
	parent_id = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	slot = pf_slot_of_cgroup(parent_id);
	if (!slot)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	long error = bpf_map_update_elem(&pf_cgroups, &id, &slot, BPF_ANY);
	if (error)
		PF_FAILED(error);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(pf_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	u64 id;

	if (!pf_default_hierarchy(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	bpf_map_delete_elem(&pf_cgroups, &id); /* ENOENT: not ours */
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(pf_cgroup_attach, struct cgroup *cgroup, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	u32 slot;

	if (!pf_default_hierarchy(cgroup))
		return 0;
	slot = pf_slot_of_cgroup(BPF_CORE_READ(cgroup, kn, id));
	if (slot)
		pf_enrol(task, slot, PF_TASK_ENTERING, 0);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(pf_task_newtask, struct task_struct *task, u64 clone_flags)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct pf_task *entry = pf_task_of(parent);
	u64 cgroup_id;
	bool member;
	u32 slot;

	if (entry) {
		pf_enrol(task, entry->slot, entry->state, entry->exe);
		return 0;
	}
	cgroup_id = pf_cgroup_id(task);
	slot = pf_slot_of_cgroup(cgroup_id);
	if (!slot)
		return 0;
	/* Same cgroup as an unknown parent: born while the slot is being adopted, its start was not seen. In a
	 * container it may as well be the runtime's: adoption makes it a member, or its exec. */
	member = cgroup_id == pf_cgroup_id(parent) && !(pf_slot_flags(slot) & PF_SLOT_CONTAINER);
	pf_enrol(task, slot, member ? PF_TASK_MEMBER : PF_TASK_ENTERING, 0);
	return 0;
}

SEC("iter/task")
int pf_adopt(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task, *ancestor;
	struct pf_adoption *adoption;
	u32 slot = 0, zero = 0;
	struct pf_slot *entry;

	adoption = bpf_map_lookup_elem(&pf_adoption, &zero);
	if (!task || !adoption || (u32)task->tgid == adoption->self)
		return 0;
	if (!adoption->tgid) {
		slot = pf_slot_of_cgroup(pf_cgroup_id(task));
		if (adoption->slot && slot != adoption->slot)
			return 0; /* another's runtime may be at work there */
	} else {
		ancestor = task;
		for (int depth = 0; depth < 32; depth++) {
			u32 tgid = BPF_CORE_READ(ancestor, tgid);

			if (tgid == adoption->tgid) {
				slot = adoption->slot;
				break;
			}
			if (tgid <= 1)
				break;
			ancestor = BPF_CORE_READ(ancestor, real_parent);
		}
	}
	if (!slot)
		return 0;
	pf_enrol(task, slot, PF_TASK_MEMBER, 0);
	/* A container's first process comes first, and sees the container's root. */
	entry = pf_slot_at(slot);
	if (entry && (entry->flags & PF_SLOT_CONTAINER) && !pf_still_outside(task, entry))
		pf_take_root(task, slot);
	return 0;
}
