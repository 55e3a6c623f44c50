/**
 * Offsets and sizes, in bytes, of what crosses the border to the kernel programs
 * (bpf/include/pinfold_shared.h). test/kernel/layout.test.ts compares every entry with the BTF of
 * the built object.
 */
export const LAYOUT = {
  pf_event: {
    version: 0,
    type: 1,
    size: 2,
    flags: 4,
    cpu: 8,
    generation: 12,
    sequence: 16,
    time: 24,
    cgroup_id: 32,
    key: 40,
    rule: 64,
    tgid: 68,
    tid: 72,
    uid: 76,
    error: 80,
    exe: 88,
    comm: 96,
  },
  pf_path: { flags: 0, walked: 4, argument: 6 },
  pf_file_event: {
    access: 112,
    access2: 116,
    abi: 120,
    syscall: 122,
    mode: 124,
    inode: 128,
    device: 136,
    path: 144,
    root: 160,
  },
  pf_exec_event: { exe: 112, abi: 120, argv: 122, first: 124, path: 128, root: 152 },
  pf_socket_event: {
    op: 112,
    family: 114,
    type: 116,
    protocol: 118,
    address: 120,
    port: 136,
    local_port: 138,
  },
  pf_capability_event: { capability: 112, syscall: 116 },
  pf_syscall_event: { abi: 112, syscall: 114 },
  pf_note_event: { note: 112, op: 116, length: 118 },
  pf_slot: {
    flags: 0,
    generation: 4,
    cgroup_id: 8,
    capabilities_lost: 16,
    filter_errno: 24,
    policy: 28,
    network: 32,
  },
  pf_root: { mount: 0, dentry: 8, known: 16 },
  pf_engine: { layout: 0, active: 4, build: 8 },
  pf_secret: { seen: 0, name: 16 },
  pf_policy_head: { generation: 0, edges: 4, edges_from: 8 },
  pf_policy_group: { present: 0, start: 4, doubtful: 8, fileless: 12 },
  pf_policy_state: { otherwise: 0, accept: 4, prefix: 8 },
  pf_policy_accept: { order: 0, decision: 8, allowed: 26 },
  pf_policy_edge: { hash: 0, state: 16, length: 20, next: 24 },
  pf_task: { slot: 0, state: 4, exe: 8, call: 16, arrived: 20 },
  pf_adoption: { tgid: 0, slot: 4, self: 8 },
  pf_seen_key: { slot: 0, what: 4, hash: 8 },
  pf_seen: { count: 0, first: 8, last: 16 },
  pf_counters: {
    produced: 0,
    deduplicated: 64,
    lost: 128,
    no_scratch: 192,
    seen_full: 200,
    no_storage: 208,
    sequence: 216,
  },
  pf_failure_key: { error: 0, line: 4, file: 8 },
  pf_network_rule: {
    address: 0,
    prefix: 16,
    family: 32,
    protocol: 34,
    port_low: 36,
    port_high: 38,
    direction: 40,
    has_egress: 41,
    has_ingress: 42,
    rule: 44,
  },
} as const;

export const SIZES = {
  pf_event: 112,
  pf_path: 8,
  pf_file_event: 168,
  pf_exec_event: 168,
  pf_socket_event: 144,
  pf_capability_event: 120,
  pf_syscall_event: 120,
  pf_note_event: 168,
  pf_slot: 40,
  pf_root: 24,
  pf_engine: 40,
  pf_secret: 288,
  pf_policy_head: 32,
  pf_policy_group: 32,
  pf_policy_state: 32,
  pf_policy_accept: 32,
  pf_policy_edge: 32,
  pf_task: 24,
  pf_adoption: 16,
  pf_syscalls: 384,
  pf_seen_key: 24,
  pf_seen: 40,
  pf_counters: 224,
  pf_failure_key: 24,
  pf_network_rule: 48,
} as const;

export const EVENT_VERSION = 1;
export const MAX_SLOTS = 1024;
export const MAX_POLICIES = 1024;
export const MAX_NETWORK_TABLES = 2048;
/** As PF_LAYOUT: engines of different layouts cannot share maps. */
export const SHARED_LAYOUT = 4;

export const EVENT = {
  exec: 1,
  file: 2,
  socket: 3,
  capability: 4,
  syscall: 5,
  denial: 6,
  note: 7,
  refusal: 8,
} as const;

export const NOTE = { ioUring: 1, abstractUnix: 2 } as const;

export const SLOT_FLAG = {
  observe: 1,
  syscalls: 2,
  denials: 4,
  network: 8,
  enforce: 16,
  container: 32,
} as const;

export const EVENT_FLAG = { denied: 1, wouldDeny: 2, killed: 4 } as const;

export const PATH_FLAG = {
  present: 1,
  walked: 2,
  argument: 4,
  truncated: 8,
  foreignRoot: 16,
  raced: 32,
  unreadable: 64,
  deleted: 128,
  fileless: 256,
  follow: 512,
  nameless: 1024,
  unnamed: 2048,
} as const;

export const ACCESS_BIT = {
  Read: 1,
  Write: 2,
  Create: 4,
  Delete: 8,
  MapExecutable: 16,
  Attributes: 32,
} as const;
export const ACCESS_EXECUTE = 64;

/** Compiled rules of a policy: see pinfold_shared.h. */
export const POLICY = {
  recordBytes: 32,
  groups: 2,
  stateFinal: 0x8000_0000,
  edgePrefix: 0x1_0000,
  edgeProbes: 8,
} as const;

/** Order of the per-class counters. */
export const COUNTER_CLASSES = [
  'exec',
  'file',
  'socket',
  'capability',
  'syscall',
  'denial',
  'note',
  'refusal',
] as const;
export type CounterClass = (typeof COUNTER_CLASSES)[number];
