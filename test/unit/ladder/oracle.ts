/**
 * What Landlock, seccomp, the capability sets and the cgroup programs do with one operation, computed
 * from the plan alone and step by step as the kernel does it. Shares no code with the planner.
 */
import { contains, parseAddress } from '../../../src/policy/network.js';
import type { Architecture, Forbiddable, Operation } from '../../../src/policy/operation.js';
import { syscallNumber } from '../../../src/policy/syscalls.js';
import type { FileKind, LadderPlan, SeccompAction } from '../../../src/policy/ladder/types.js';

const EXECUTE = 1;
const WRITE_FILE = 2;
const READ_FILE = 4;
const READ_DIR = 8;
const REMOVE_FILE = 32;
const MAKE_REG = 256;
const REFER = 8192;
const RESOLVE_UNIX = 65_536;

export interface Machine {
  /** At launch, when Landlock's rules are made. */
  readonly launch: ReadonlyMap<string, FileKind>;
  /** When the operation is tried. */
  readonly now: ReadonlyMap<string, FileKind>;
  readonly architectures: readonly Architecture[];
}

const upwards = (path: string): readonly string[] => {
  const above: string[] = [path];
  for (let at = path; at !== '/';) {
    at = at.slice(0, at.lastIndexOf('/')) || '/';
    above.push(at);
  }
  return above;
};
const parent = (path: string): string => upwards(path)[1] ?? '/';

const granted = (plan: LadderPlan, machine: Machine, path: string, right: number): boolean => {
  if (((plan.landlock?.handledFs ?? 0) & right) === 0) return true;
  return upwards(path).some((at) =>
    plan.landlock?.rules.some(
      (rule) =>
        rule.path === at &&
        (rule.rights & right) !== 0 &&
        (at === '/' || machine.launch.has(at)) &&
        // Above the object itself only a directory's rule counts.
        (at === path || at === '/' || machine.launch.get(at) === 'Directory'),
    ),
  );
};

const strictness = { Kill: 2, Errno: 1, Allow: 0 } as const;

/** The answer of the filter to one call; `args` that are not given are 0. */
export const filterAnswer = (
  { seccomp }: LadderPlan,
  architecture: Architecture,
  name: string,
  args: Readonly<Record<number, bigint>> = {},
): SeccompAction => {
  if (seccomp === undefined) return { kind: 'Allow' };
  if (!seccomp.architectures.includes(architecture))
    return seccomp.defaultAction.kind === 'Allow' ? { kind: 'Kill' } : seccomp.defaultAction;
  const matching = seccomp.rules.filter(
    (rule) =>
      rule.architecture === architecture &&
      rule.number === syscallNumber(architecture, name) &&
      rule.conditions.every(
        ({ argument, mask, value }) => ((args[argument] ?? 0n) & mask) === value,
      ),
  );
  return (
    matching.reduce<SeccompAction | undefined>(
      (worst, { action }) =>
        worst === undefined || strictness[action.kind] > strictness[worst.kind] ? action : worst,
      undefined,
    ) ?? seccomp.defaultAction
  );
};

type Call = readonly [name: string, args?: Readonly<Record<number, bigint>>];

const passes = (plan: LadderPlan, machine: Machine, calls: readonly Call[]): boolean =>
  machine.architectures.some((architecture) =>
    calls.some(
      ([name, args]) =>
        syscallNumber(architecture, name) !== undefined &&
        filterAnswer(plan, architecture, name, args).kind === 'Allow',
    ),
  );

/** One call suffices: a kernel thread can fetch the work. */
const uring = (plan: LadderPlan, machine: Machine): boolean =>
  passes(plan, machine, [['io_uring_setup']]);

const ATTRIBUTE_CALLS: readonly Call[] = [
  ['chmod'],
  ['fchmod'],
  ['fchmodat'],
  ['fchmodat2'],
  ['chown'],
  ['fchown'],
  ['lchown'],
  ['fchownat'],
  ['chown32'],
  ['utime'],
  ['utimes'],
  ['futimesat'],
  ['utimensat'],
  ['setxattr'],
  ['fsetxattr'],
  ['lsetxattr'],
  ['removexattr'],
  ['setxattrat'],
  ['file_setattr'],
];

/** Calls that each do the forbidden thing. `by` picks those that one gap is about. */
const WAYS: Readonly<Record<Exclude<Forbiddable, 'WrittenExec'>, readonly Call[]>> = {
  Ptrace: [['ptrace'], ['process_vm_writev'], ['pidfd_getfd']],
  Mount: [
    ['mount'],
    ['umount2'],
    ['move_mount'],
    ['open_tree', { 2: 0x80001n }],
    ['fsmount'],
    ['pivot_root'],
  ],
  Bpf: [['bpf'], ['bpf', { 0: 5n }]],
  UserNamespaces: [
    ['unshare', { 0: 0x1000_0000n }],
    ['unshare', { 0: 0x1002_0000n }],
    ['clone', { 0: 0x1000_0011n }],
    ['clone3'],
  ],
  KernelModules: [['init_module'], ['finit_module']],
  IoUring: [['io_uring_setup']],
  RawSockets: [
    ['socket', { 0: 2n, 1: 3n }],
    ['socket', { 0: 10n, 1: 0x80803n }],
    ['socket', { 0: 17n, 1: 2n }],
    // The kernel looks at the lower half of the register only.
    ['socket', { 0: 0x7_0000_0011n, 1: 2n }],
    ['socket', { 0: 2n, 1: 10n }],
  ],
  AnonymousExec: [
    ['mmap', { 2: 7n, 3: 0x22n }],
    ['mmap2', { 2: 4n, 3: 0x21n }],
    ['mprotect', { 2: 5n }],
    ['pkey_mprotect', { 2: 4n }],
    ['shmat', { 2: 0o100000n }],
    ['personality', { 0: 0x40_0000n }],
    ['personality', { 0: 0xffff_fffen }],
  ],
  FilelessExec: [['memfd_create']],
};

const canDo = (
  plan: LadderPlan,
  machine: Machine,
  behaviour: Forbiddable,
  by: string | undefined,
): boolean => {
  switch (by) {
    case 'socketcall':
    case 'mmap':
      return filterAnswer(plan, 'x86', by).kind === 'Allow';
    case 'io_uring':
      return uring(plan, machine);
    case '/proc/PID/mem':
      return [READ_FILE, WRITE_FILE].some((right) => granted(plan, machine, '/proc/1/mem', right));
    case undefined:
      // Under Landlock nothing can be mounted.
      if (behaviour === 'Mount' && (plan.landlock?.handledFs ?? 0) !== 0) return false;
      return behaviour === 'WrittenExec' || passes(plan, machine, WAYS[behaviour]);
    default:
      return (
        granted(plan, machine, by, READ_FILE) &&
        (granted(plan, machine, by, WRITE_FILE) ||
          granted(plan, machine, parent(by), MAKE_REG) ||
          granted(plan, machine, parent(by), REMOVE_FILE))
      );
  }
};

const canUseFile = (
  plan: LadderPlan,
  machine: Machine,
  { object: { path }, access }: Extract<Operation, { kind: 'File' }>,
  by: string | undefined,
): boolean =>
  access.every((each) => {
    const kind = machine.now.get(path);
    const may = (right: number): boolean => granted(plan, machine, path, right);
    const mayInParent = (right: number): boolean => granted(plan, machine, parent(path), right);
    switch (each) {
      case 'Read':
        return may(kind === 'Directory' ? READ_DIR : READ_FILE);
      case 'Write':
        if (by === 'connect')
          return (
            passes(plan, machine, [['connect'], ['sendto'], ['socketcall'], ['io_uring_setup']]) &&
            (may(RESOLVE_UNIX) || mayInParent(MAKE_REG))
          );
        if (by === 'link')
          return (
            passes(plan, machine, [['link'], ['linkat'], ['io_uring_setup']]) &&
            (mayInParent(MAKE_REG) || mayInParent(REFER))
          );
        return may(WRITE_FILE);
      case 'Create':
        return mayInParent(MAKE_REG);
      case 'Delete':
        return mayInParent(REMOVE_FILE);
      case 'MapExecutable':
        return may(READ_FILE) && passes(plan, machine, [['mmap'], ['mmap2']]);
      case 'Attributes':
        return passes(plan, machine, ATTRIBUTE_CALLS) || uring(plan, machine);
    }
  });

const inTable = (
  { network }: LadderPlan,
  direction: 'Egress' | 'Ingress',
  { protocol, address, port }: Extract<Operation, { kind: 'Connect' | 'Bind' }>,
): boolean => {
  const open =
    direction === 'Egress' ? network?.defaultAllow.egress : network?.defaultAllow.ingress;
  if (network === undefined || open === true) return true;
  const parsed = parseAddress(address);
  return network.entries.some((entry) => {
    const base = entry.address.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    return (
      entry.direction === direction &&
      entry.protocol === protocol &&
      entry.portLow <= port &&
      port <= entry.portHigh &&
      (entry.family === 0 ||
        (parsed !== undefined &&
          contains({ family: entry.family, base, prefix: entry.prefixLength }, parsed)))
    );
  });
};

const sctpSocket: readonly Call[] = [
  ['socket', { 0: 2n, 1: 1n, 2: 132n }],
  ['socket', { 0: 10n, 1: 5n }],
];

/** `Absent`: the kernel says that it has no such system call, and callers use another. */
export const ladderJudge = (
  plan: LadderPlan,
  operation: Operation,
  machine: Machine,
  by?: string,
): 'Allow' | 'Deny' | 'Absent' => {
  const verdict = (allowed: boolean): 'Allow' | 'Deny' => (allowed ? 'Allow' : 'Deny');
  switch (operation.kind) {
    case 'Exec': {
      const { path, fileless } = operation.object;
      if (fileless) return verdict(passes(plan, machine, [['memfd_create']]));
      return verdict(
        granted(plan, machine, path, EXECUTE) && granted(plan, machine, path, READ_FILE),
      );
    }
    case 'File':
      return verdict(canUseFile(plan, machine, operation, by));
    case 'Connect':
    case 'Bind': {
      if (by === 'listen')
        return verdict(passes(plan, machine, [['listen'], ['socketcall'], ['io_uring_setup']]));
      if (operation.protocol === 'SCTP') return verdict(passes(plan, machine, sctpSocket));
      return verdict(inTable(plan, operation.kind === 'Connect' ? 'Egress' : 'Ingress', operation));
    }
    case 'Capability':
      if (by === 'user namespace')
        return verdict(
          passes(plan, machine, [
            ['unshare', { 0: 0x1000_0000n }],
            ['clone', { 0: 0x1000_0000n }],
            ['clone3'],
          ]),
        );
      return verdict(plan.capabilities?.keep.includes(operation.capability) ?? true);
    case 'Syscall': {
      const answer = filterAnswer(plan, operation.architecture, operation.name);
      if (answer.kind === 'Errno' && answer.errno === 38) return 'Absent';
      return verdict(answer.kind === 'Allow');
    }
    case 'Forbidden':
      return verdict(canDo(plan, machine, operation.behaviour, by));
  }
};
