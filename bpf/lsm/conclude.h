/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is asked of an object, the verdict of each group of rules, and what follows from it. A path in doubt
 * is judged by the rules' own answers for that, and so is an object that no buffer was free for.
 */
#ifndef PINFOLD_CONCLUDE_H
#define PINFOLD_CONCLUDE_H

#define PF_DOUBTS (PF_PATH_TRUNCATED | PF_PATH_FOREIGN_ROOT | PF_PATH_RACED | PF_PATH_UNREADABLE)

struct pf_judgement {
	struct task_struct *task;
	struct pf_task *member; /* 0: it has no storage; the slot is that of its cgroup */
	struct pf_slot *slot;
	u32 number; /* of the slot */
	u32 asked; /* bits of questions */
	struct file *file;
	struct pf_scratch *scratch; /* 0: none was free */
	u32 index;
	u32 generation;
	u32 flags; /* of the path */
};

/* Whose rules hold for the task: its slot's, or the state that says none do. */
struct pf_identity {
	struct pf_task *entry;
	u32 slot;
	u32 state;
};

/*
 * A task whose storage could not be had is known by its cgroup: on 6.1 storage is refused to whoever
 * preempts another user of it. Costs an outsider one load, and one more once that has happened.
 */
static __always_inline struct pf_identity pf_identify(struct task_struct *task, bool thorough)
{
	struct pf_identity who = {.entry = pf_task_of(task)};
	u32 zero = 0, *unseen;

	if (!who.entry && !task->bpf_storage && !thorough) {
		unseen = bpf_map_lookup_elem(&pf_unseen, &zero);
		if (!unseen || !*unseen)
			return who;
	}
	if (!who.entry) {
		who.slot = pf_slot_of_cgroup(pf_cgroup_id(task));
		if (!who.slot)
			return who;
		who.state = thorough ? PF_TASK_ENTERING : PF_TASK_MEMBER;
		who.entry = pf_enrol(task, who.slot, who.state, 0);
	}
	if (who.entry) {
		who.slot = who.entry->slot;
		who.state = who.entry->state;
	}
	return who;
}

/* The rule of the most restrictive decision among what was asked. */
static __always_inline u32 pf_deciding(const struct pf_policy_accept *accept, u32 asked)
{
#pragma unroll
	for (u32 i = 0; i < PF_QUESTIONS; i++)
		if (asked >> (accept->order >> 4 * i & 15) & 1)
			return accept->decision[i];
	return 0;
}

static __always_inline u32 pf_access_of(u32 questions)
{
	return (questions & (PF_ASK_EXEC | PF_ASK_DELETED_EXEC) ? PF_EXECUTE : 0) |
	       (questions >> PF_ASK_ACCESS_SHIFT & (PF_EXECUTE - 1));
}

/* First of its kind (rule, object, refused access) in this generation: sent; a repeat is counted. */
static __always_inline void pf_report_refusal(struct pf_judgement *judgement, u32 group,
					      u32 refused, u32 rule)
{
	struct pf_scratch *scratch = judgement->scratch;
	struct pf_task unknown = {.slot = judgement->number};
	struct file *file = judgement->file;
	struct pf_file_event *event;
	struct inode *inode;
	u32 size;

	if (!pf_speaks())
		return;
	if (!scratch) {
		PF_COUNT(produced[PF_COUNT_REFUSAL]);
		PF_COUNT(lost[PF_COUNT_REFUSAL]);
		return;
	}
	event = &scratch->event.file;
	event->access = pf_access_of(judgement->asked);
	event->access2 = pf_access_of(refused);
	inode = BPF_CORE_READ(file, f_inode);
	event->mode = BPF_CORE_READ(inode, i_mode);
	event->inode = BPF_CORE_READ(inode, i_ino);
	event->device = BPF_CORE_READ(inode, i_sb, s_dev);
	pf_hash(judgement->index, scratch, 0);
	scratch->hash[0] ^= (u64)rule << 32 | judgement->generation;
	if (judgement->flags & PF_DOUBTS)
		scratch->hash[1] ^= event->inode << 16 ^ event->device;
	if (pf_first(&event->header, judgement->number,
		     PF_WHAT(PF_EVENT_REFUSAL, refused | group << PF_QUESTIONS), scratch->hash[0],
		     scratch->hash[1], PF_COUNT_REFUSAL) == PF_REPEATED)
		return;
	size = sizeof(*event) + (scratch->offset & (PF_DATA - 1)); /* one walk takes half of it */
	pf_fill(&event->header, PF_EVENT_REFUSAL, size, judgement->slot,
		judgement->member ? judgement->member : &unknown, judgement->task,
		group == PF_GROUP_ENFORCE ? -PF_EACCES : 0);
	event->header.flags = group == PF_GROUP_ENFORCE ? PF_FLAG_DENIED : PF_FLAG_WOULD_DENY;
	event->header.generation = judgement->generation;
	event->header.rule = rule;
	pf_send(&pf_security, &event->header, size, PF_COUNT_REFUSAL);
}

/*
 * The one place where a verdict becomes a return value and an event: a group's rules refuse or only say
 * so. Nothing that goes wrong with the event changes the return value.
 */
static __always_inline s32 pf_conclude(struct pf_judgement *judgement, u32 group,
				       const struct pf_policy_accept *accept)
{
	u32 refused = judgement->asked & ~(u32)accept->allowed;

	if (!refused)
		return 0;
	pf_report_refusal(judgement, group, refused, pf_deciding(accept, judgement->asked));
	return group == PF_GROUP_ENFORCE ? -PF_EACCES : 0;
}

static __always_inline void pf_describe(struct pf_judgement *judgement, u32 file_flags)
{
	struct pf_scratch *scratch = judgement->scratch;
	struct pf_path *path = &scratch->event.file.path[0];
	struct file *file = judgement->file;

	__builtin_memset(&scratch->event.file, 0, sizeof(scratch->event.file));
	pf_begin(scratch, judgement->number);
	pf_walk_as(judgement->index, scratch, BPF_CORE_READ(file, f_path.mnt),
		   BPF_CORE_READ(file, f_path.dentry), true, path);
	path->flags |= file_flags;
	judgement->flags = path->flags;
}

/* The record that answers for the object in one group; 0 where the group is absent. */
static __always_inline const struct pf_policy_accept *
pf_accept_of(void *policy, u32 group, const struct pf_judgement *judgement)
{
	union pf_policy_record *record = pf_record(policy, 1 + group);
	u32 accept;

	if (!record || !record->group.present)
		return 0;
	if (judgement->flags & PF_PATH_FILELESS) {
		accept = record->group.fileless;
	} else if (judgement->flags & PF_DOUBTS || !judgement->scratch) {
		accept = record->group.doubtful;
	} else {
		record = pf_record(policy, judgement->scratch->state[group] & ~PF_STATE_FINAL);
		if (!record)
			return 0;
		accept = record->state.accept;
	}
	record = pf_record(policy, accept);
	return record ? &record->accept : 0;
}

/* A pipe, a socket, an anonymous inode, a layer below an overlay: no path that a rule could name. */
static __always_inline bool pf_unnamed(u32 flags)
{
	return (flags & PF_PATH_NAMELESS) && !(flags & PF_PATH_FILELESS);
}

#define PF_ASKS_EXEC (PF_ASK_EXEC | PF_ASK_DELETED_EXEC)

/* `file_flags`: what the inode says of the path (pf_file_flags). */
static __always_inline s32 pf_judge(struct pf_judgement *judgement, u32 file_flags)
{
	void *policy = bpf_map_lookup_elem(&pf_policies, &judgement->slot->policy);
	union pf_policy_record *head = policy ? pf_record(policy, 0) : 0;
	const struct pf_policy_accept *accept;
	s32 index, result = 0;

	if (!head) {
		PF_FAILED(-2); /* user space never names a policy that is not there */
		return 0;
	}
	judgement->generation = head->head.generation;
	judgement->flags = file_flags;
	index = pf_scratch_claim();
	judgement->scratch = index < 0 ? 0 : pf_scratch_at(index);
	judgement->index = index;
	if (judgement->scratch) {
		pf_describe(judgement, file_flags);
		if (pf_unnamed(judgement->flags) && !(judgement->asked & PF_ASKS_EXEC)) {
			pf_scratch_release(index);
			return 0;
		}
		if (!judgement->member)
			judgement->flags |= PF_PATH_UNREADABLE;
		if (!(judgement->flags & (PF_DOUBTS | PF_PATH_FILELESS)))
			pf_track_path(policy, &head->head, index, judgement->scratch);
	} else {
		PF_COUNT(no_scratch);
	}
	accept = pf_accept_of(policy, PF_GROUP_ENFORCE, judgement);
	if (accept)
		result = pf_conclude(judgement, PF_GROUP_ENFORCE, accept);
	accept = pf_accept_of(policy, PF_GROUP_AUDIT, judgement);
	if (accept)
		pf_conclude(judgement, PF_GROUP_AUDIT, accept);
	if (judgement->scratch)
		pf_scratch_release(index);
	return result;
}

#endif
