/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What every program of the engine uses: identity, counters, scratch buffers, sending. */
#ifndef PINFOLD_ENGINE_H
#define PINFOLD_ENGINE_H

#define PF_EPERM 1
#define PF_ESRCH 3
#define PF_EIO 5
#define PF_ENXIO 6
#define PF_ENOEXEC 8
#define PF_EACCES 13
#define PF_EBUSY 16
#define PF_ENODEV 19
#define PF_EISDIR 21
#define PF_ETXTBSY 26
#define PF_ENOTEMPTY 39
#define PF_EOVERFLOW 75
#define PF_ELIBBAD 80

/* Set before load by user space: of struct pf_secret. */
const volatile u64 pf_hash_key[2] = {0x9e3779b97f4a7c15ULL, 0xc2b2ae3d27d4eb4fULL};

/* Set before load by user space: which engine these programs belong to, and the inode number of the host's
 * mount namespace (0: not known). */
const volatile u32 pf_engine_id = 1;
const volatile u32 pf_host_mounts = 0;

/* Whether this engine counts and sends; while two versions are attached, one of them does. */
static __always_inline bool pf_speaks(void)
{
	u32 zero = 0;
	struct pf_engine *engine = bpf_map_lookup_elem(&pf_engine, &zero);

	return engine && engine->active == pf_engine_id;
}

static __always_inline struct pf_counters *pf_counters(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&pf_counts, &zero);
}

#define PF_COUNT(field)                                        \
	do {                                                   \
		struct pf_counters *counters_ = pf_counters(); \
		if (counters_)                                 \
			counters_->field++;                    \
	} while (0)

/* A helper that fails is counted by place, never ignored. */
static __noinline int pf_failed(s32 error, u32 line)
{
	struct pf_failure_key key = {.error = error, .line = line, .file = "tracing"};
	u64 one = 1, *count = bpf_map_lookup_elem(&pf_failures, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&pf_failures, &key, &one, BPF_ANY);
	return 0;
}

#define PF_FAILED(error) pf_failed((s32)(error), __LINE__)

/* What is known of a task. Most tasks have no storage of any program: seen without a call. */
static __always_inline struct pf_task *pf_task_of(struct task_struct *task)
{
	return task->bpf_storage ? bpf_task_storage_get(&pf_tasks, task, 0, 0) : 0;
}

static __always_inline struct pf_task *pf_member(struct task_struct *task)
{
	struct pf_task *entry = pf_task_of(task);

	if (!entry || entry->state != PF_TASK_MEMBER)
		return 0;
	return entry;
}

static __always_inline struct pf_slot *pf_slot_at(u32 slot)
{
	return bpf_map_lookup_elem(&pf_slots, &slot);
}

static __always_inline struct pf_root *pf_root_of(u32 slot)
{
	return bpf_map_lookup_elem(&pf_roots, &slot);
}

/* A runtime's init prepares the container from the host's mounts: not the container yet. */
static __always_inline bool pf_still_outside(struct task_struct *task, const struct pf_slot *slot)
{
	return (slot->flags & PF_SLOT_CONTAINER) && pf_host_mounts &&
	       BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum) == pf_host_mounts;
}

/* The root that paths of the slot begin at is that of its first task. */
static __always_inline void pf_take_root(struct task_struct *task, u32 slot)
{
	struct pf_root *root = pf_root_of(slot);

	if (!root || root->known)
		return;
	root->mount = (u64)BPF_CORE_READ(task, fs, root.mnt);
	root->dentry = (u64)BPF_CORE_READ(task, fs, root.dentry);
	root->known = 1;
}

static __always_inline u64 pf_cgroup_id(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline u32 pf_slot_of_cgroup(u64 id)
{
	u32 *slot = bpf_map_lookup_elem(&pf_cgroups, &id);

	return slot ? *slot : 0;
}

/* ABI of the syscall that the task is in. */
static __always_inline u32 pf_abi_of(struct task_struct *task, u64 number)
{
#if defined(__TARGET_ARCH_x86)
	if (task->thread_info.status & 2) /* TS_COMPAT */
		return PF_ABI_COMPAT;
	if (number & 0x40000000) /* __X32_SYSCALL_BIT */
		return PF_ABI_X32;
#elif defined(__TARGET_ARCH_arm64)
	if (task->thread_info.flags & (1UL << 22)) /* TIF_32BIT */
		return PF_ABI_COMPAT;
#endif
	return PF_ABI_NATIVE;
}

#if defined(__TARGET_ARCH_x86)
static __always_inline s64 pf_syscall_number(struct pt_regs *regs)
{
	return (s64)regs->orig_ax;
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline s64 pf_syscall_number(struct pt_regs *regs)
{
	return regs->syscallno;
}
#endif

/* Argument n of a syscall, valid at entry and at exit; 32-bit arguments are zero-extended. */
static __always_inline u64 pf_argument(struct pt_regs *regs, u32 abi, u32 n)
{
#if defined(__TARGET_ARCH_x86)
	if (abi == PF_ABI_COMPAT) {
		switch (n) {
		case 0:
			return (u32)regs->bx;
		case 1:
			return (u32)regs->cx;
		case 2:
			return (u32)regs->dx;
		case 3:
			return (u32)regs->si;
		case 4:
			return (u32)regs->di;
		default:
			return (u32)regs->bp;
		}
	}
	switch (n) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	switch (n) {
	case 0:
		return regs->orig_x0;
	case 1:
		return regs->regs[1];
	case 2:
		return regs->regs[2];
	case 3:
		return regs->regs[3];
	case 4:
		return regs->regs[4];
	default:
		return regs->regs[5];
	}
#endif
}

static __always_inline struct pf_scratch *pf_scratch_at(u32 index)
{
	return bpf_map_lookup_elem(&pf_scratch_pool, &index);
}

/* Claims a scratch buffer: its index, or -1 when all are taken. */
static __always_inline s32 pf_scratch_claim(void)
{
	u32 start = bpf_get_smp_processor_id();

	for (u32 attempt = 0; attempt < 8; attempt++) {
		u32 index = (start + attempt * 9) % PF_SCRATCH_BUFFERS;
		u64 *taken = bpf_map_lookup_elem(&pf_scratch_taken, &index);

		if (taken && !*taken && __sync_val_compare_and_swap(taken, 0, 1) == 0)
			return (s32)index;
	}
	return -1;
}

static __always_inline void pf_scratch_release(u32 index)
{
	u64 *taken = bpf_map_lookup_elem(&pf_scratch_taken, &index);

	if (taken)
		__sync_val_compare_and_swap(taken, 1, 0);
}

static __always_inline u64 pf_mix(u64 hash, u64 word, u64 key)
{
	hash = (hash ^ word) * (key | 1);
	return hash ^ (hash >> 29);
}

struct pf_hash_context {
	u32 scratch;
	u32 from;
};

static long pf_hash_step(u32 i, void *data)
{
	struct pf_hash_context *context = data;
	struct pf_scratch *scratch = pf_scratch_at(context->scratch);
	u32 offset = context->from + i * 8;
	u64 word;

	if (!scratch || offset >= PF_DATA)
		return 1;
	__builtin_memcpy(&word, &scratch->data[offset & (PF_DATA - 1)], sizeof(word));
	scratch->hash[0] = pf_mix(scratch->hash[0], word, pf_hash_key[0]);
	scratch->hash[1] = pf_mix(scratch->hash[1], word, pf_hash_key[1]);
	return 0;
}

/* Keyed hash in two lanes of data[from, offset) into scratch->hash. */
static __always_inline void pf_hash(u32 index, struct pf_scratch *scratch, u32 from)
{
	struct pf_hash_context context = {.scratch = index, .from = from};
	u32 end = scratch->offset & (2 * PF_DATA - 1);
	u32 words;

	if (end > PF_DATA)
		end = PF_DATA;
	words = end > from ? (end - from + 7) / 8 : 0;
	/* The last word is read whole: what follows the text must not differ. */
	__builtin_memset(&scratch->data[end], 0, 8);
	scratch->hash[0] = pf_hash_key[1] ^ (end - from);
	scratch->hash[1] = pf_hash_key[0] + (end - from);
	bpf_loop(words, pf_hash_step, &context, 0);
}

static __always_inline void pf_fill(struct pf_event *event, u32 type, u32 size,
				    const struct pf_slot *slot, const struct pf_task *member,
				    struct task_struct *task, s32 error)
{
	event->version = PF_EVENT_VERSION;
	event->type = type;
	event->size = size;
	event->flags = 0;
	event->cpu = bpf_get_smp_processor_id();
	event->key.slot = member->slot;
	event->time = bpf_ktime_get_ns();
	event->cgroup_id = slot->cgroup_id;
	event->generation = slot->generation;
	event->rule = 0;
	event->tgid = task->tgid;
	event->tid = task->pid;
	event->uid = (u32)bpf_get_current_uid_gid();
	event->error = error;
	event->exe = member->exe;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

enum pf_news {
	PF_REPEATED = 0,
	PF_NEW = 1,
};

/*
 * Counts an occurrence. PF_NEW: first of its kind in this slot (or the table is full and nobody can
 * tell): send it. The key goes into the event.
 */
static __always_inline enum pf_news pf_first(struct pf_event *event, u32 slot, u32 what, u64 hash0,
					     u64 hash1, u32 class)
{
	struct pf_seen_key key = {.slot = slot, .what = what, .hash = {hash0, hash1}};
	struct pf_seen *seen = bpf_map_lookup_elem(&pf_seen, &key), fresh = {.count = 1};
	u64 now = bpf_ktime_get_ns();
	long error;

	PF_COUNT(produced[class]);
	if (seen) {
		__sync_fetch_and_add(&seen->count, 1);
		seen->last = now;
		PF_COUNT(deduplicated[class]);
		return PF_REPEATED;
	}
	event->key = key;
	fresh.first = fresh.last = now;
	error = bpf_map_update_elem(&pf_seen, &key, &fresh, BPF_NOEXIST);
	if (error == -17) { /* EEXIST: another CPU was first and sends it */
		seen = bpf_map_lookup_elem(&pf_seen, &key);
		if (seen)
			__sync_fetch_and_add(&seen->count, 1);
		PF_COUNT(deduplicated[class]);
		return PF_REPEATED;
	}
	if (error)
		PF_COUNT(seen_full);
	return PF_NEW;
}

/*
 * Sends an event and gives it its sequence number; a full ring is counted and changes nothing else.
 * The number is taken also for what is lost, so a gap shows where.
 */
static __always_inline void pf_send(void *ring, struct pf_event *event, u32 size, u32 class)
{
	struct pf_counters *counters = pf_counters();

	if (!counters)
		return;
	event->sequence = ++counters->sequence;
	if (bpf_ringbuf_output(ring, event, size, 0))
		counters->lost[class]++;
}

#define PF_WHAT(type, detail) ((u32)(type) << 24 | ((u32)(detail) & 0xffffff))

#endif
