/** The smallest change of one profile that makes it allow an operation. */
import type { NetworkPort, Rules } from '../../api/objects.js';
import { orderedAccess } from '../access.js';
import { effectiveRules } from '../effective.js';
import { judge } from '../judge.js';
import { mergeRules } from '../merge/merge.js';
import { cidrOfAddress, formatCidr, parseAddress } from '../network.js';
import type { Access, Operation, RuleRef, Verdict } from '../operation.js';
import { segmentsOf } from '../paths.js';
import type { EffectiveRules } from '../rules.js';
import { unite } from '../unite.js';

export interface Patch {
  /** The profile to change. */
  readonly profile: string;
  /** To be united with `spec.rules`. */
  readonly add: Rules;
  /** Rules to take out, where they stand: possibly in a profile that this one extends. */
  readonly remove: readonly RuleRef[];
}

/** Why no rule can allow an operation. */
export interface NoPatch {
  readonly profile: string;
  readonly reason: string;
}

type Step = Pick<Patch, 'add' | 'remove'> | string;

/** What the grammar cannot spell becomes a prefix: a literal `*`, and bytes that are not UTF-8. */
const segmentFor = (segment: string): string => {
  const bad = segment.search(/[*\p{Surrogate}]/u);
  return bad === -1 ? segment : `${segment.slice(0, bad)}*`;
};

/** The narrowest pattern that matches a canonical path. */
export const patternFor = (path: string): string =>
  `/${segmentsOf(path).map(segmentFor).join('/')}`;

const adding = (add: Rules): Step => ({ add, remove: [] });

const allowExec = (path: string): Step => adding({ exec: { allow: [{ path: patternFor(path) }] } });

const allowFile = (path: string, access: readonly Access[]): Step =>
  adding({ files: { allow: [{ path: patternFor(path), access: orderedAccess(access) }] } });

const NAMELESS = 'an allow-list names files by their path, and this one has none';
const GONE = 'an allow-list names files by their path, and this file was deleted';

const fileStep = (rules: EffectiveRules, operation: Extract<Operation, { kind: 'File' }>): Step => {
  const { object, access } = operation;
  if (object.fileless) return NAMELESS;
  const missing = access.filter(
    (one) => judge(rules, { ...operation, access: [one] }).kind === 'Deny',
  );
  if (rules.files.allow !== undefined) return allowFile(object.path, missing);
  // To add the first files.allow would refuse everything else; exec is the list that refuses here.
  return object.deleted ? GONE : allowExec(object.path);
};

const portOf = (operation: Extract<Operation, { kind: 'Connect' | 'Bind' }>): NetworkPort => ({
  protocol: operation.protocol,
  port: operation.port,
});

const connectStep = (operation: Extract<Operation, { kind: 'Connect' }>): Step => {
  const address = parseAddress(operation.address);
  if (address === undefined) return `${operation.address} is no IP address`;
  const to = [{ ipBlock: { cidr: formatCidr(cidrOfAddress(address)) } }];
  return adding({ network: { egress: [{ to, ports: [portOf(operation)] }] } });
};

/** What to add where an allow-list lacks a rule. */
const additionFor = (rules: EffectiveRules, operation: Operation): Step => {
  switch (operation.kind) {
    case 'Exec':
      if (operation.object.fileless) return NAMELESS;
      return operation.object.deleted ? GONE : allowExec(operation.object.path);
    case 'File':
      return fileStep(rules, operation);
    case 'Connect':
      return connectStep(operation);
    case 'Bind':
      return adding({ network: { ingress: [{ ports: [portOf(operation)] }] } });
    case 'Capability':
      // The API refuses names that Linux does not have; such an operation cannot happen.
      return adding({ capabilities: { allow: [operation.capability] } } as Rules);
    case 'Syscall': {
      const { architecture, name } = operation;
      return adding({ syscalls: { architectures: [architecture], allow: [name] } });
    }
    case 'Forbidden':
      return 'no rule allows a forbidden behaviour';
  }
};

const stepFor = (rules: EffectiveRules, operation: Operation, verdict: Verdict): Step => {
  if (verdict.kind === 'CannotTell')
    return `the path could not be established (${verdict.doubt}), so no rule can name it`;
  if (verdict.kind === 'Allow' || verdict.rule === undefined) return additionFor(rules, operation);
  const mapping = operation.kind === 'File' && verdict.rule.class === 'exec';
  return mapping && rules.files.allow !== undefined && !operation.object.fileless
    ? allowFile(operation.object.path, ['MapExecutable'])
    : { add: {}, remove: [verdict.rule] };
};

const isSame = (a: RuleRef, b: RuleRef): boolean =>
  a.profile === b.profile && a.class === b.class && a.list === b.list && a.index === b.index;

/** The rules with the patch applied. */
export const applyPatch = (rules: EffectiveRules, { add, remove }: Patch): EffectiveRules => {
  const keep = <Rule extends { readonly ref: RuleRef }>(list: readonly Rule[]): readonly Rule[] =>
    list.filter(({ ref }) => !remove.some((removed) => isSame(removed, ref)));
  const kept: EffectiveRules = {
    ...rules,
    exec: { ...rules.exec, deny: keep(rules.exec.deny) },
    files: { ...rules.files, deny: keep(rules.files.deny) },
    capabilities: { ...rules.capabilities, deny: keep(rules.capabilities.deny) },
    syscalls: { ...rules.syscalls, deny: keep(rules.syscalls.deny) },
    forbid: keep(rules.forbid),
  };
  return unite(rules.profile, [kept, effectiveRules(rules.profile, add)]);
};

const isEmpty = (rules: Rules): boolean => Object.keys(rules).length === 0;

const together = (a: Rules, b: Rules): Rules => {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) ? b : a;
  return mergeRules(a, b);
};

/**
 * The smallest patch of one profile after which it allows the operation: what it lacks is added as
 * narrowly as the grammar can say it, and what refuses is taken out. `undefined`: allowed already.
 */
export const patchFor = (
  rules: EffectiveRules,
  operation: Operation,
): Patch | NoPatch | undefined => {
  const { profile } = rules;
  let patch: Patch = { profile, add: {}, remove: [] };
  let patched = rules;
  let verdict = judge(patched, operation);
  if (verdict.kind === 'Allow') return undefined;
  // Every step takes out a rule or adds what one verdict lacked, so this ends.
  while (verdict.kind !== 'Allow') {
    const step = stepFor(patched, operation, verdict);
    if (typeof step === 'string') return { profile, reason: step };
    patch = {
      profile,
      add: together(patch.add, step.add),
      remove: [...patch.remove, ...step.remove],
    };
    patched = applyPatch(rules, patch);
    verdict = judge(patched, operation);
  }
  return patch;
};
