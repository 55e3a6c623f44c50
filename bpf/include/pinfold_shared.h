/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything that crosses the border between the kernel programs and user space: map values and
 * events. Included by the programs, by the addon and, through BTF, checked against the TypeScript
 * decoder by test/kernel/layout.test.ts. Integers are in host byte order unless said otherwise.
 */
#ifndef PINFOLD_SHARED_H
#define PINFOLD_SHARED_H

#define PF_EVENT_VERSION 1

enum pf_limits {
	PF_MAX_SLOTS = 1024,
	PF_MAX_POLICIES = 1024,
	PF_MAX_NETWORK_TABLES = 2048, /* each slot's, and one more while it changes */
	PF_MAX_CGROUPS = 16384,
	PF_MAX_SEEN = 65536,
	PF_SCRATCH_BUFFERS = 64,
	PF_SYSCALL_WORDS = 16, /* 1,024 syscall numbers an ABI */
	PF_ABIS = 3,
	PF_DATA = 8192, /* bytes of variable data of one event */
	PF_NAME = 256,
	PF_WALK_LEVELS = 128,
	PF_ARGV = 256,
};

/* Which entry path of the kernel a syscall came through. */
enum pf_abi {
	PF_ABI_NATIVE = 0, /* x86_64, aarch64 */
	PF_ABI_COMPAT = 1, /* ia32, arm */
	PF_ABI_X32 = 2,
};

/* Slot 0 means "no slot". */
enum pf_slot_flags {
	PF_SLOT_OBSERVE = 1 << 0, /* send the first occurrence of everything */
	PF_SLOT_SYSCALLS = 1 << 1, /* keep the syscall bitmap */
	PF_SLOT_DENIALS = 1 << 2, /* send what was refused */
	PF_SLOT_NETWORK = 1 << 3, /* judge connect, bind and datagrams */
	PF_SLOT_ENFORCE = 1 << 4, /* the one bit between audit and enforce */
	PF_SLOT_CONTAINER = 1
			    << 5, /* who enters stays outside until it has left the host's mounts */
};

struct pf_slot {
	__u32 flags;
	__u32 generation;
	__u64 cgroup_id;
	__u64 capabilities_lost; /* mask: what the launcher took away */
	__u32 filter_errno; /* what its seccomp filter answers, beside EPERM and EACCES; 0: none */
	__u32 policy; /* rules that its exec and files are judged by; 0: none */
	__u32 network; /* table of its network rules; 0: none */
	__u32 pad;
};

/* Root of a slot, taken from the first task that is armed. Apart from the slot, because the kernel writes
 * it while user space replaces slots whole. */
struct pf_root {
	__u64 mount; /* struct vfsmount *, compared only */
	__u64 dentry; /* struct dentry *, compared only */
	__u32 known;
	__u32 pad;
};

/* Which of the engines that share these maps speaks: others judge, and neither count nor send. */
struct pf_engine {
	__u32 layout; /* PF_LAYOUT of who made the maps */
	__u32 active; /* pf_engine_id */
	__u8 build[32]; /* digest of the object that is attached */
};

/* Changes with every change of a map's meaning: engines of different layouts cannot share maps. */
#define PF_LAYOUT 4

/* Random, once for all engines that share maps: nobody can aim at a collision. */
struct pf_secret {
	__u64 seen[2];
	__u64 name[34]; /* NH keys of a name's two lanes, the second one word further on */
};

/*
 * Compiled rules of one policy: an array of records of 32 bytes. Record 0 is the head, 1 and 2 the groups;
 * then come states, accepts and the table of edges. States and accepts are named by their record's number.
 */
enum pf_group {
	PF_GROUP_ENFORCE = 0,
	PF_GROUP_AUDIT = 1,
	PF_GROUPS = 2,
};

#define PF_STATE_FINAL (1U << 31) /* beside a state's number: no name leads out of it any more */
#define PF_EDGE_PREFIX (1U << 16) /* beside a length: of a prefix */
#define PF_EDGE_PROBES 8 /* user space makes the table so large that no edge is further on */
#define PF_PREFIXES 4
#define PF_QUESTIONS 9

/* What is asked of an accept: QUESTIONS of src/policy/automaton/types.ts. Accesses follow pf_access. */
#define PF_ASK_EXEC (1U << 0)
#define PF_ASK_DELETED_EXEC (1U << 1)
#define PF_ASK_ACCESS_SHIFT 2

struct pf_policy_head {
	__u32 generation;
	__u32 edges; /* places in the table; PF_EDGE_PROBES - 1 more follow it */
	__u32 edges_from; /* record of the first place */
	__u32 pad[5];
};

struct pf_policy_group {
	__u32 present;
	__u32 start; /* state */
	__u32 doubtful; /* accept for paths in doubt */
	__u32 fileless; /* accept for what never had a name */
	__u32 pad[4];
};

struct pf_policy_state {
	__u32 otherwise; /* state */
	__u32 accept;
	__u8 prefix[PF_PREFIXES]; /* lengths, longest first; 0: no more */
	__u32 pad[5];
};

struct pf_policy_accept {
	__u64 order; /* questions, four bits each, from the lowest: the one whose decision wins first */
	__u16 decision[PF_QUESTIONS]; /* in that order: 1 + index into the automaton's decisions, or 0 */
	__u16 allowed; /* a bit a question */
	__u32 pad;
};

struct pf_policy_edge {
	__u64 hash[2];
	__u32 state; /* from where */
	__u32 length; /* of the name, or of the prefix with PF_EDGE_PREFIX; 0: no edge here */
	__u32 next; /* state */
	__u32 pad;
};

enum pf_task_state {
	PF_TASK_ENTERING = 1, /* the launcher or the runtime's init: neither judged nor recorded */
	PF_TASK_MEMBER = 2,
};

struct pf_task {
	__u32 slot;
	__u32 state;
	__u64 exe; /* hash of the path of its program, as in struct pf_exec_event */
	__u32 call; /* the system call that it is in, as sys_enter saw it (tracing/syscalls.h); 0: none */
	__u32 arrived; /* an LSM hook has armed it; its exec is still to be reported */
};

/*
 * What the task iterator adopts: every task in a known cgroup (tgid 0), of one slot (slot not 0), or a process
 * and its descendants.
 */
struct pf_adoption {
	__u32 tgid;
	__u32 slot;
	__u32 self; /* the recorder's own process: what watches is no part of what is watched */
	__u32 pad;
};

struct pf_syscalls {
	__u64 bits[PF_ABIS][PF_SYSCALL_WORDS];
};

/* What was seen before: deduplication and counts. */
struct pf_seen_key {
	__u32 slot;
	__u32 what; /* pf_event_type << 24 | access bits or errno */
	__u64 hash[2];
};

struct pf_seen {
	__u64 count;
	__u64 first; /* ktime, ns */
	__u64 last;
	__u64 sequence; /* of the event that was sent for the first occurrence */
	__u32 cpu;
	__u32 pad;
};

/* Exact per-CPU counters. */
enum pf_counter_class {
	PF_COUNT_EXEC,
	PF_COUNT_FILE,
	PF_COUNT_SOCKET,
	PF_COUNT_CAPABILITY,
	PF_COUNT_SYSCALL,
	PF_COUNT_DENIAL,
	PF_COUNT_NOTE,
	PF_COUNT_REFUSAL,
	PF_COUNT_CLASSES,
};

struct pf_counters {
	__u64 produced[PF_COUNT_CLASSES];
	__u64 deduplicated[PF_COUNT_CLASSES];
	__u64 lost[PF_COUNT_CLASSES];
	__u64 no_scratch; /* every path buffer was taken: counted in lost as well */
	__u64 seen_full; /* the table of what was seen is full: sent without deduplication */
	__u64 no_storage; /* task storage could not be made: a task went unseen */
	__u64 sequence;
};

struct pf_failure_key {
	__s32 error;
	__u32 line;
	char file[16];
};

enum pf_event_type {
	PF_EVENT_EXEC = 1,
	PF_EVENT_FILE = 2,
	PF_EVENT_SOCKET = 3,
	PF_EVENT_CAPABILITY = 4,
	PF_EVENT_SYSCALL = 5,
	PF_EVENT_DENIAL =
		6, /* a syscall of a member came back with EACCES, EPERM or the filter's errno */
	PF_EVENT_NOTE = 7,
	PF_EVENT_REFUSAL =
		8, /* a struct pf_file_event: access is what was asked, access2 what of it was refused */
};

enum pf_event_flags {
	PF_FLAG_DENIED = 1 << 0, /* the kernel program itself refused */
	PF_FLAG_WOULD_DENY = 1 << 1, /* it would have, under Enforce */
	PF_FLAG_KILLED = 1 << 2, /* by the filter's SIGSYS; error says EPERM for want of one */
};

struct pf_event {
	__u8 version;
	__u8 type;
	__u16 size; /* of the whole event */
	__u32 flags;
	__u32 cpu;
	__u32 generation;
	__u64 sequence; /* per CPU, without gaps: one that is missing was lost */
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u64 cgroup_id;
	struct pf_seen_key key; /* finds the count of what it is the first occurrence of */
	__u32 rule; /* 0: none */
	__u32 tgid; /* in the initial pid namespace */
	__u32 tid;
	__u32 uid; /* in the initial user namespace */
	__s32 error; /* negative errno that the task got, or 0 */
	__u32 pad;
	__u64 exe;
	char comm[16];
};

/* How the bytes of a path are to be read. */
enum pf_path_flags {
	PF_PATH_PRESENT = 1 << 0,
	PF_PATH_WALKED = 1 << 1, /* components, last first, each ended by NUL */
	PF_PATH_ARGUMENT = 1 << 2, /* the caller's string follows the walked directory */
	PF_PATH_TRUNCATED = 1 << 3,
	PF_PATH_FOREIGN_ROOT = 1 << 4, /* the walk ended elsewhere than at the slot's root */
	PF_PATH_RACED = 1 << 5,
	PF_PATH_UNREADABLE = 1 << 6,
	PF_PATH_DELETED = 1 << 7,
	PF_PATH_FILELESS = 1 << 8, /* memfd, or a mount that was never visible */
	PF_PATH_FOLLOW = 1 << 9, /* a symbolic link in the last component is followed */
	PF_PATH_NAMELESS = 1 << 10, /* pipe, socket, anonymous inode: not a file-system path */
	/* O_TMPFILE: what the kernel calls it is no name of its own. With an argument, that is the directory. */
	PF_PATH_UNNAMED = 1 << 11,
};

struct pf_path {
	__u32 flags;
	__u16 walked; /* bytes of the walk */
	__u16 argument; /* bytes of the argument, without its NUL */
};

enum pf_access {
	PF_READ = 1 << 0,
	PF_WRITE = 1 << 1,
	PF_CREATE = 1 << 2,
	PF_DELETE = 1 << 3,
	PF_MAP_EXECUTABLE = 1 << 4,
	PF_ATTRIBUTES = 1 << 5,
	PF_EXECUTE = 1 << 6, /* only in denials and refusals */
};

struct pf_file_event {
	struct pf_event header;
	__u32 access; /* of the first path */
	__u32 access2; /* of the second */
	__u16 abi;
	__u16 syscall;
	__u32 mode; /* i_mode of the object, 0 if unknown */
	__u64 inode;
	__u32 device;
	__u32 pad;
	struct pf_path path[2]; /* their bytes follow the event, in this order */
	/* After a chroot: the directory that absolute arguments begin at and `..` does not leave. */
	struct pf_path root;
};

struct pf_exec_event {
	struct pf_event header;
	__u64 exe; /* what later events of this program carry in their header */
	__u16 abi; /* of the new program */
	__u16 argv; /* bytes of argv, after the paths */
	__u32 first; /* 1: the exec that armed the task */
	/* 0: the program (for a script: its interpreter), 1: the ELF interpreter, 2: the script, as argument */
	struct pf_path path[3];
	struct pf_path root; /* as in struct pf_file_event */
	__u64 pad; /* as long as a file event, so that both build in one buffer; the bytes follow */
};

enum pf_socket_op {
	PF_SOCKET_CONNECT = 1,
	PF_SOCKET_SEND = 2, /* datagram without connect */
	PF_SOCKET_BIND = 3,
	PF_SOCKET_LISTEN = 4,
	PF_SOCKET_ACCEPT = 5,
};

struct pf_socket_event {
	struct pf_event header;
	__u16 op;
	__u16 family;
	__u16 type; /* SOCK_STREAM, … */
	__u16 protocol; /* IPPROTO_… */
	__u8 address[16]; /* network byte order; IPv4 in the first four */
	__u16 port; /* host byte order */
	__u16 local_port; /* accept */
	__u32 pad;
};

struct pf_capability_event {
	struct pf_event header;
	__u32 capability;
	__u32 syscall;
};

struct pf_syscall_event {
	struct pf_event header;
	__u16 abi;
	__u16 syscall;
	__u32 pad;
};

enum pf_note {
	PF_NOTE_IO_URING = 1,
	PF_NOTE_ABSTRACT_UNIX = 2,
};

#define PF_ABSTRACT_NAME 107 /* sun_path without the NUL that makes it abstract */

struct pf_note_event {
	struct pf_event header;
	__u32 note;
	__u16 op; /* abstract unix: pf_socket_op */
	__u16 length; /* abstract unix: bytes of the name, any value, after the event */
	__u64 pad[6]; /* as long as a file event, as struct pf_exec_event is */
};

/* Network rules of a slot: element 0 of its inner map is the head, the rest are rules. */
struct pf_network_rule {
	__u8 address[16]; /* head: unused */
	__u8 prefix[16]; /* mask */
	__u16 family;
	__u16 protocol;
	__u16 port_low;
	__u16 port_high;
	__u8 direction; /* 0 egress, 1 ingress */
	__u8 has_egress; /* head: egress is an allow-list */
	__u8 has_ingress; /* head */
	__u8 pad;
	__u32 rule; /* head: number of rules that follow */
};

#define PF_NETWORK_RULES 4096

#endif
