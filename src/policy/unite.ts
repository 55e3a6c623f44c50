/** Union of effective rules: of allow and of deny, class by class. */
import type { Architecture } from './operation.js';
import type { NameRule, EffectiveRules, PathRule, SyscallAction } from './rules.js';
import { compareByText, comparePathRule, compareText } from './rule-order.js';

/** The union of the lists that are present; absent where none is. */
const union = <Rule>(
  lists: readonly (readonly Rule[] | undefined)[],
  compare: (a: Rule, b: Rule) => number,
): readonly Rule[] | undefined => {
  const present = lists.filter((list) => list !== undefined);
  return present.length === 0 ? undefined : present.flat().sort(compare);
};

const classOf = <Rule extends PathRule | NameRule>(
  parts: readonly { readonly allow?: readonly Rule[]; readonly deny: readonly Rule[] }[],
  compare: (a: Rule, b: Rule) => number,
): { readonly allow?: readonly Rule[]; readonly deny: readonly Rule[] } => {
  const allow = union(
    parts.map((part) => part.allow),
    compare,
  );
  return {
    ...(allow === undefined ? {} : { allow }),
    deny: parts.flatMap((part) => part.deny).sort(compare),
  };
};

/** Killing before any error, an error that was chosen before the default: the same whichever comes first. */
const weightOf = (action: SyscallAction): string => {
  if (action.action === 'KillProcess') return '0';
  return action.errno === 'EPERM' ? '2' : `1${action.errno}`;
};

/** The more restrictive of several actions for refused system calls. */
export const strictestAction = (actions: readonly SyscallAction[]): SyscallAction =>
  actions.reduce<SyscallAction>(
    (best, action) => (compareText(weightOf(action), weightOf(best)) < 0 ? action : best),
    { action: 'Errno', errno: 'EPERM' },
  );

/**
 * The ABIs on which united system call rules hold: those of the parts that allow anything. A part
 * that only refuses holds on every ABI, so what it names must not widen what others allow.
 */
export const unitedArchitectures = (
  parts: readonly {
    readonly allow?: readonly unknown[];
    readonly architectures?: readonly Architecture[];
  }[],
): readonly Architecture[] => {
  const allowing = parts.filter(({ allow }) => allow !== undefined);
  const counted = allowing.length > 0 ? allowing : parts;
  return [...new Set(counted.flatMap((part) => part.architectures ?? []))].sort(compareText);
};

/** All rules of all parts as the rules of `profile`. Each rule keeps saying where it came from. */
export const unite = (profile: string, parts: readonly EffectiveRules[]): EffectiveRules => {
  const egress = union(
    parts.map((part) => part.egress),
    compareByText,
  );
  const ingress = union(
    parts.map((part) => part.ingress),
    compareByText,
  );
  const syscalls = parts.map((part) => part.syscalls);
  return {
    profile,
    exec: classOf(
      parts.map((part) => part.exec),
      comparePathRule,
    ),
    files: classOf(
      parts.map((part) => part.files),
      comparePathRule,
    ),
    ...(egress === undefined ? {} : { egress }),
    ...(ingress === undefined ? {} : { ingress }),
    capabilities: classOf(
      parts.map((part) => part.capabilities),
      compareByText,
    ),
    syscalls: {
      ...classOf(syscalls, compareByText),
      architectures: unitedArchitectures(syscalls),
      otherwise: strictestAction(syscalls.map((part) => part.otherwise)),
    },
    forbid: parts.flatMap((part) => part.forbid).sort(compareByText),
  };
};
