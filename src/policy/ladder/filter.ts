/** The seccomp filter: the profile's system calls, less what is refused for other classes. */
import type { Architecture, Forbiddable } from '../operation.js';
import type { EffectiveRules, SyscallAction } from '../rules.js';
import { syscallNumber } from '../syscalls.js';
import { ERRNO, errnoNumber } from './errno.js';
import type { Refusal } from './syscall-families.js';
import { REFUSALS } from './syscall-families.js';
import type { LadderAbilities, SeccompAction, SeccompPlan, SeccompRule } from './types.js';

/** What a hook of the kernel returns for a forbidden behaviour. */
const REFUSED: SeccompAction = { kind: 'Errno', errno: ERRNO.EPERM };

export const actionOf = (otherwise: SyscallAction): SeccompAction =>
  otherwise.action === 'KillProcess'
    ? { kind: 'Kill' }
    : { kind: 'Errno', errno: errnoNumber(otherwise.errno) ?? ERRNO.EPERM };

/** Whether the profile's own system call class lets a call through on this ABI. */
const isListed =
  ({ syscalls }: EffectiveRules) =>
  (architecture: Architecture, name: string): boolean =>
    !syscalls.deny.some((rule) => rule.name === name) &&
    (syscalls.allow === undefined ||
      (syscalls.architectures.includes(architecture) &&
        syscalls.allow.some((rule) => rule.name === name)));

/** Calls that are refused whatever their arguments. */
const refusedWholly = (refusals: readonly Refusal[]): ReadonlySet<string> =>
  new Set(
    refusals.filter(({ conditions }) => conditions === undefined).map(({ syscall }) => syscall),
  );

export interface Reach {
  /** Whether a member can make this call on this ABI, with some arguments at least. */
  readonly on: (architecture: Architecture, syscall: string) => boolean;
  /** Whether any of these can be made on any ABI of this machine. */
  readonly any: (syscalls: readonly string[]) => boolean;
}

/** What stays within reach under the profile's system calls and forbidden behaviours. */
export const reachOf = (rules: EffectiveRules, abilities: LadderAbilities): Reach => {
  const listed = isListed(rules);
  const forbidden: readonly Forbiddable[] = rules.forbid.map(({ name }) => name);
  const refused = refusedWholly(forbidden.flatMap((name) => REFUSALS[name]));
  const on = (architecture: Architecture, syscall: string): boolean =>
    abilities.architectures.includes(architecture) &&
    syscallNumber(architecture, syscall) !== undefined &&
    (!abilities.seccomp || (listed(architecture, syscall) && !refused.has(syscall)));
  return {
    on,
    any: (syscalls) =>
      abilities.architectures.some((architecture) =>
        syscalls.some((syscall) => on(architecture, syscall)),
      ),
  };
};

const rulesFor = (
  architectures: readonly Architecture[],
  { syscall, conditions = [], action = REFUSED }: Refusal,
): readonly SeccompRule[] =>
  architectures.flatMap((architecture) => {
    const number = syscallNumber(architecture, syscall);
    return number === undefined ? [] : [{ architecture, syscall, number, conditions, action }];
  });

/** The filter, or undefined where nothing needs one. */
export const planFilter = (
  rules: EffectiveRules,
  abilities: LadderAbilities,
  refusals: readonly Refusal[],
): SeccompPlan | undefined => {
  const { allow, deny, architectures: wanted, otherwise } = rules.syscalls;
  const denied = actionOf(otherwise);
  const listed = isListed(rules);
  const served = abilities.architectures;
  const own = served.slice(0, 1);
  const matching = served.filter((architecture) => wanted.includes(architecture));
  // A filter must name an ABI; where none of the profile's is here, nothing at all is allowed.
  const architectures = allow === undefined ? served : matching.length > 0 ? matching : own;
  const base =
    allow === undefined
      ? deny.flatMap(({ name }) => rulesFor(architectures, { syscall: name, action: denied }))
      : allow
          .filter(({ name }) => !deny.some((rule) => rule.name === name))
          .flatMap(({ name }) => rulesFor(matching, { syscall: name, action: { kind: 'Allow' } }));
  // What is not allowed anyway keeps the profile's own answer.
  const extra = refusals.flatMap((refusal) =>
    rulesFor(
      architectures.filter((architecture) => listed(architecture, refusal.syscall)),
      refusal,
    ),
  );
  if (allow === undefined && base.length + extra.length === 0) return undefined;
  const unique = new Map(
    [...base, ...extra].map((rule) => [
      `${rule.architecture} ${rule.syscall} ${rule.action.kind} ${rule.conditions
        .map(({ argument, mask, value }) => `${argument}:${mask}:${value}`)
        .join()}`,
      rule,
    ]),
  );
  return {
    defaultAction: allow === undefined ? { kind: 'Allow' } : denied,
    architectures,
    rules: [...unique.values()],
  };
};
