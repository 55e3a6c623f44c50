/** A profile's system calls as the seccomp object of the OCI runtime specification. */
import type { Architecture } from '../operation.js';
import type { EffectiveRules } from '../rules.js';
import { ERRNO } from '../ladder/errno.js';
import { actionOf } from '../ladder/filter.js';
import { REFUSALS, type Refusal } from '../ladder/syscall-families.js';
import type { ArgumentCondition, SeccompAction } from '../ladder/types.js';
import { complementOf } from './conditions.js';
import { leftOut } from './unlimited.js';

/** `(argument & value) === valueTwo`. */
export interface OciArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo: number;
  readonly op: 'SCMP_CMP_MASKED_EQ';
}

export interface OciSyscalls {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly OciArgument[];
}

/** `linux.seccomp` of config.json; also what Docker, containerd and CRI-O read from a profile file. */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly OciSyscalls[];
}

export interface SeccompExport {
  readonly document: OciSeccomp;
  readonly unexpressed: readonly string[];
}

const ARCH_NAMES: Readonly<Record<Architecture, string>> = {
  x86_64: 'SCMP_ARCH_X86_64',
  x86: 'SCMP_ARCH_X86',
  x32: 'SCMP_ARCH_X32',
  aarch64: 'SCMP_ARCH_AARCH64',
  arm: 'SCMP_ARCH_ARM',
};
const FAMILIES: readonly (readonly Architecture[])[] = [
  ['x86_64', 'x86', 'x32'],
  ['aarch64', 'arm'],
];

const REFUSED: SeccompAction = { kind: 'Errno', errno: ERRNO.EPERM };

const answer = (action: SeccompAction): Pick<OciSyscalls, 'action' | 'errnoRet'> => {
  switch (action.kind) {
    case 'Allow':
      return { action: 'SCMP_ACT_ALLOW' };
    case 'Errno':
      return { action: 'SCMP_ACT_ERRNO', errnoRet: action.errno };
    case 'Kill':
      return { action: 'SCMP_ACT_KILL_PROCESS' };
  }
};

const argument = ({ argument: index, mask, value }: ArgumentCondition): OciArgument => ({
  index,
  value: Number(mask),
  valueTwo: Number(value),
  op: 'SCMP_CMP_MASKED_EQ',
});

const entry = (
  names: readonly string[],
  action: SeccompAction,
  conditions: readonly ArgumentCondition[] = [],
): OciSyscalls => ({
  names,
  ...answer(action),
  ...(conditions.length === 0 ? {} : { args: conditions.map(argument) }),
});

interface Entries {
  readonly syscalls: readonly OciSyscalls[];
  readonly unexpressed: readonly string[];
}

/** Everything is allowed but what is denied or forbidden. */
const byRefusing = ({ syscalls }: EffectiveRules, refusals: readonly Refusal[]): Entries => {
  const denied = syscalls.deny.map(({ name }) => name);
  return {
    syscalls: [
      ...(denied.length === 0 ? [] : [entry(denied, actionOf(syscalls.otherwise))]),
      ...refusals
        .filter(({ syscall }) => !denied.includes(syscall))
        .map(({ syscall, action, conditions }) => entry([syscall], action ?? REFUSED, conditions)),
    ],
    unexpressed: [],
  };
};

/** Nothing is allowed but what is listed, and of that only what no forbidden behaviour needs. */
const byAllowing = (names: readonly string[], refusals: readonly Refusal[]): Entries => {
  const of = (name: string): readonly Refusal[] =>
    refusals.filter(({ syscall }) => syscall === name);
  const limited = names.filter((name) => of(name).length > 0);
  const unexpressed: string[] = [];
  const entries = limited.flatMap((name): readonly OciSyscalls[] => {
    const whole = of(name).find(({ conditions }) => conditions === undefined);
    if (whole !== undefined) return whole.action === undefined ? [] : [entry([name], whole.action)];
    const ways = complementOf(of(name).map(({ conditions }) => conditions ?? []));
    if (ways === undefined) {
      unexpressed.push(
        `forbid: ${name} stays allowed with all arguments; those that are forbidden cannot be listed.`,
      );
      return [entry([name], { kind: 'Allow' })];
    }
    return ways.map((conditions) => entry([name], { kind: 'Allow' }, conditions));
  });
  const free = names.filter((name) => !limited.includes(name));
  return {
    syscalls: [...(free.length === 0 ? [] : [entry(free, { kind: 'Allow' })]), ...entries],
    unexpressed,
  };
};

/** `architectures`, not `archMap`: the latter is Docker's own and containerd ignores it. */
export const exportSeccomp = (rules: EffectiveRules): SeccompExport => {
  const { allow, deny, architectures, otherwise } = rules.syscalls;
  const refusals = rules.forbid.flatMap(({ name }) => REFUSALS[name]);
  const names = allow
    ?.map(({ name }) => name)
    .filter((name) => !deny.some((rule) => rule.name === name));
  const { syscalls, unexpressed } =
    names === undefined ? byRefusing(rules, refusals) : byAllowing(names, refusals);
  // Runtimes kill on an ABI that is not listed, which a list of refusals alone does not mean.
  const abis =
    names === undefined
      ? FAMILIES.filter((family) => family.some((abi) => architectures.includes(abi))).flat()
      : architectures;
  const whole = answer(names === undefined ? { kind: 'Allow' } : actionOf(otherwise));
  return {
    document: {
      defaultAction: whole.action,
      ...(whole.errnoRet === undefined ? {} : { defaultErrnoRet: whole.errnoRet }),
      architectures: abis.map((abi) => ARCH_NAMES[abi]),
      syscalls,
    },
    unexpressed: [
      ...leftOut(rules, 'seccomp', ['exec', 'files', 'egress', 'ingress', 'capabilities']),
      ...unexpressed,
      ...(rules.forbid.some(({ name }) => name === 'WrittenExec')
        ? ['forbid: WrittenExec needs to know files; seccomp does not.']
        : []),
      ...(names === undefined
        ? []
        : [
            'syscalls: a container runtime makes calls of its own under the filter before the program starts, execve at least; add what yours needs.',
          ]),
    ],
  };
};
