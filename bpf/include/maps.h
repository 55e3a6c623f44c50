/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The maps of the tracing engine. Sizes that user space may lower or raise before load are said so. */
#ifndef PINFOLD_MAPS_H
#define PINFOLD_MAPS_H

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pf_task);
} pf_tasks SEC(".maps");

/* cgroup id → slot; a copy is made for every cgroup that is created below, so no walk is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PF_MAX_CGROUPS);
	__type(key, u64);
	__type(value, u32);
} pf_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_MAX_SLOTS);
	__type(key, u32);
	__type(value, struct pf_slot);
} pf_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_MAX_SLOTS);
	__type(key, u32);
	__type(value, struct pf_root);
} pf_roots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct pf_engine);
} pf_engine SEC(".maps");

/* Read by user space only, which gives it to the programs as constants. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct pf_secret);
} pf_secret SEC(".maps");

/* Whether some task could not be given storage: from then on its like are found by their cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} pf_unseen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_MAX_SLOTS);
	__type(key, u32);
	__type(value, struct pf_syscalls);
} pf_syscall_bits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PF_MAX_SEEN);
	__type(key, struct pf_seen_key);
	__type(value, struct pf_seen);
} pf_seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct pf_counters);
} pf_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct pf_failure_key);
	__type(value, u64);
} pf_failures SEC(".maps");

/* Violations and identity; a flood of telemetry cannot evict them. Size set by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} pf_security SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} pf_telemetry SEC(".maps");

/* Room to build an event in: claimed by one bit of pf_scratch_free, so that a preempting task or a
 * nested program never finds the buffer of another. */
struct pf_component {
	u16 offset; /* in data */
	u16 length;
};

struct pf_scratch {
	struct dentry *dentry; /* cursor of the walk: kept in map memory for the verifier's sake */
	struct vfsmount *mount;
	struct dentry *mount_root;
	struct dentry *root_dentry;
	struct vfsmount *root_mount;
	u32 offset; /* next free byte of data */
	u32 walk_flags;
	u64 hash[2];
	u32 state[PF_GROUPS]; /* cursor in the rules */
	u32 components; /* of the last walk, last name first */
	struct pf_component component[PF_WALK_LEVELS];
	union {
		struct pf_file_event file;
		struct pf_exec_event exec;
		struct pf_note_event note;
	} event;
	char data[PF_DATA + 4096 + 64]; /* slack for the last append */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_SCRATCH_BUFFERS);
	__type(key, u32);
	__type(value, struct pf_scratch);
} pf_scratch_pool SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_SCRATCH_BUFFERS);
	__type(key, u32);
	__type(value, u64); /* 0 free, 1 taken */
} pf_scratch_taken SEC(".maps");

/* policy → its compiled exec and files rules; replaced whole, and shared by slots with equal rules. The kernel
 * frees what was replaced after every program that might read it has ended. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PF_MAX_POLICIES);
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(map_flags, BPF_F_INNER_MAP);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(u32));
			__uint(value_size, 32);
		});
} pf_policies SEC(".maps");

/* number → network rules, shared by slots with equal rules. Others come under another number: a slot is led to them
 * by one word, so a verdict sees one generation or the other. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PF_MAX_NETWORK_TABLES);
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(map_flags, BPF_F_INNER_MAP);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(u32));
			__uint(value_size, sizeof(struct pf_network_rule));
		});
} pf_network SEC(".maps");

#endif
