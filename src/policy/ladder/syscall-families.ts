/**
 * Which system calls do a thing: what seccomp refuses where the thing is forbidden. Names that an
 * ABI does not have are skipped there. Sources: the system call tables of Linux 6.18 and clone(2),
 * mmap(2), personality(2), socket(2).
 */
import type { Forbiddable } from '../operation.js';
import type { ArgumentCondition, SeccompAction } from './types.js';

/** Refused when all of `conditions` hold; without any, always. */
export interface Refusal {
  readonly syscall: string;
  readonly conditions?: readonly ArgumentCondition[];
  readonly action?: SeccompAction;
}

const LOW_WORD = 0xffff_ffffn;

const bit = (argument: number, mask: bigint): ArgumentCondition => ({
  argument,
  mask,
  value: mask,
});
/** An `int`: the kernel ignores the upper half of the register, so it must not hide a match. */
const int = (argument: number, value: bigint, mask = LOW_WORD): ArgumentCondition => ({
  argument,
  mask,
  value,
});

const always = (...syscalls: readonly string[]): readonly Refusal[] =>
  syscalls.map((syscall) => ({ syscall }));

const CLONE_NEWUSER = 0x1000_0000n;
const OPEN_TREE_CLONE = 1n;
const PROT_EXEC = 4n;
const MAP_ANONYMOUS = 0x20n;
const SHM_EXEC = 0o100000n;
const READ_IMPLIES_EXEC_BIT = 22n;
const ENOSYS = 38;

const AF = { inet: 2n, inet6: 10n, packet: 17n, xdp: 44n } as const;
/** Flags such as SOCK_CLOEXEC lie above the type. */
const SOCK_TYPE_MASK = 0xfn;
const SOCK = { raw: 3n, seqpacket: 5n, packet: 10n } as const;
const IPPROTO_SCTP = 132n;

const socket = (...conditions: readonly ArgumentCondition[]): Refusal => ({
  syscall: 'socket',
  conditions,
});
const ofType = (type: bigint): ArgumentCondition => int(1, type, SOCK_TYPE_MASK);

/** personality(0xffffffff) only asks; every other value with this bit sets it: the bit and some other one clear. */
const readImpliesExec: readonly Refusal[] = Array.from({ length: 32 }, (_, index) => BigInt(index))
  .filter((other) => other !== READ_IMPLIES_EXEC_BIT)
  .map((other) => ({
    syscall: 'personality',
    conditions: [
      int(0, 1n << READ_IMPLIES_EXEC_BIT, (1n << READ_IMPLIES_EXEC_BIT) | (1n << other)),
    ],
  }));

/** What is refused for each forbidden behaviour. WrittenExec has no system call of its own. */
export const REFUSALS: Readonly<Record<Forbiddable, readonly Refusal[]>> = {
  // Also refuses process_vm_readv on oneself, which no hook would: its argument is a number like any other.
  Ptrace: always('ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd'),
  Mount: [
    ...always('mount', 'umount', 'umount2', 'pivot_root', 'move_mount', 'fsopen', 'fsconfig'),
    ...always('fsmount', 'fspick', 'mount_setattr'),
    { syscall: 'open_tree', conditions: [bit(2, OPEN_TREE_CLONE)] },
    ...always('open_tree_attr'),
  ],
  Bpf: always('bpf'),
  UserNamespaces: [
    { syscall: 'unshare', conditions: [bit(0, CLONE_NEWUSER)] },
    { syscall: 'clone', conditions: [bit(0, CLONE_NEWUSER)] },
    // Its flags are in memory. As if the kernel had no clone3: callers fall back to clone.
    { syscall: 'clone3', action: { kind: 'Errno', errno: ENOSYS } },
  ],
  KernelModules: always('init_module', 'finit_module', 'delete_module', 'create_module'),
  IoUring: always('io_uring_setup', 'io_uring_enter', 'io_uring_register'),
  // Not netlink, whose sockets are SOCK_RAW by convention and carry no packets of the network.
  RawSockets: [
    socket(int(0, AF.inet), ofType(SOCK.raw)),
    socket(int(0, AF.inet6), ofType(SOCK.raw)),
    socket(int(0, AF.inet), ofType(SOCK.packet)),
    socket(int(0, AF.packet)),
    socket(int(0, AF.xdp)),
  ],
  AnonymousExec: [
    ...['mmap', 'mmap2'].map((syscall) => ({
      syscall,
      conditions: [bit(2, PROT_EXEC), bit(3, MAP_ANONYMOUS)],
    })),
    ...['mprotect', 'pkey_mprotect'].map((syscall) => ({
      syscall,
      conditions: [bit(2, PROT_EXEC)],
    })),
    { syscall: 'shmat', conditions: [bit(2, SHM_EXEC)] },
    ...readImpliesExec,
  ],
  FilelessExec: always('memfd_create'),
  WrittenExec: [],
};

/** Sockets that speak SCTP: by protocol, or by the only type that has no other default. */
export const SCTP_SOCKETS: readonly Refusal[] = [AF.inet, AF.inet6].flatMap((family) => [
  socket(int(0, family), int(2, IPPROTO_SCTP)),
  socket(int(0, family), ofType(SOCK.seqpacket)),
]);

/** Everything that changes mode, owner, times or extended attributes. */
export const ATTRIBUTE_CALLS: readonly string[] = [
  'chmod',
  'fchmod',
  'fchmodat',
  'fchmodat2',
  'chown',
  'fchown',
  'lchown',
  'fchownat',
  'chown32',
  'fchown32',
  'lchown32',
  'utime',
  'utimes',
  'futimesat',
  'utimensat',
  'utimensat_time64',
  'setxattr',
  'lsetxattr',
  'fsetxattr',
  'setxattrat',
  'removexattr',
  'lremovexattr',
  'fremovexattr',
  'removexattrat',
  'file_setattr',
];

/** Setting a ring up suffices: with IORING_SETUP_SQPOLL a kernel thread fetches the work. */
export const IO_URING_CALLS: readonly string[] = ['io_uring_setup'];

export const MAP_CALLS: readonly string[] = ['mmap', 'mmap2'];
export const UNIX_CONNECT_CALLS: readonly string[] = [
  'connect',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'socketcall',
  ...IO_URING_CALLS,
];
export const LINK_CALLS: readonly string[] = ['link', 'linkat', ...IO_URING_CALLS];
export const MOVE_CALLS: readonly string[] = [
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  ...IO_URING_CALLS,
];
export const TRUNCATE_CALLS: readonly string[] = [
  'truncate',
  'truncate64',
  'open',
  'openat',
  'openat2',
  'creat',
  ...IO_URING_CALLS,
];
export const LISTEN_CALLS: readonly string[] = ['listen', 'socketcall', ...IO_URING_CALLS];
export const NAMESPACE_CALLS: readonly string[] = ['unshare', 'clone', 'clone3'];
