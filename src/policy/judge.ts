/**
 * The reference verdict: slow, obvious, the meaning of a profile. The automaton and everything the
 * kernel is given are tested against it.
 *
 * - Deny wins over allow; a class refuses what it does not name only where its `allow` is present.
 * - An executable mapping counts as execution unless a files rule allows `MapExecutable`: otherwise
 *   the dynamic linker could run what exec refuses.
 * - What has no name (memfd) or no name any more (deleted) cannot be named by a rule that allows its
 *   execution. `FilelessExec` refuses both.
 * - Where a path is in doubt, no rule can be said to match or not: cannot tell, unless the class has
 *   no rule that could matter.
 * - A listening socket is judged by protocol and port; the sources of an ingress rule are not known
 *   before a connection comes in.
 * - `syscalls.deny` holds on every ABI: a refusal that a 32-bit call walks around would be none.
 */
import { accessOf, orderedAccess } from './access.js';
import { addressMatches, portsMatch } from './network-match.js';
import type {
  Access,
  Architecture,
  Operation,
  PathDoubt,
  PathObject,
  Protocol,
  RuleClass,
  RuleRef,
  Verdict,
} from './operation.js';
import { isCanonical, matches, parsePattern, segmentsOf } from './paths.js';
import { compareDeciding } from './rule-order.js';
import type { EffectiveRules, NameRule, NameRules, PathRule } from './rules.js';
import { mostRestrictive, type Decision } from './verdicts.js';

const ALLOW: Verdict = { kind: 'Allow' };
const allowedBy = (rule: RuleRef): Verdict => ({ kind: 'Allow', rule });
const deniedBy = (rule: RuleRef): Verdict => ({ kind: 'Deny', class: rule.class, rule });
const notAllowed = (ruleClass: RuleClass): Verdict => ({ kind: 'Deny', class: ruleClass });
const cannotTell = (ruleClass: RuleClass, doubt: PathDoubt): Verdict => ({
  kind: 'CannotTell',
  class: ruleClass,
  doubt,
});

/** Why the path of an object cannot be trusted. A path that no kernel would report is unreadable. */
export const doubtOf = ({ path, doubt }: PathObject): PathDoubt | undefined =>
  doubt ?? (isCanonical(path) ? undefined : 'Unreadable');

/** The most specific of the rules that match. */
const decidingRule = (
  rules: readonly PathRule[] | undefined,
  path: string,
  access?: Access,
): RuleRef | undefined => {
  const segments = segmentsOf(path);
  const [first] = (rules ?? [])
    .filter((rule) => access === undefined || accessOf(rule).includes(access))
    .map((rule) => ({ rule, pattern: parsePattern(rule.pattern) }))
    .filter(({ pattern }) => matches(pattern, segments))
    .sort(compareDeciding);
  return first?.rule.ref;
};

const judgeFilelessExec = ({ exec, forbid }: EffectiveRules): Verdict => {
  const forbidden = forbid.find(({ name }) => name === 'FilelessExec');
  if (forbidden !== undefined) return deniedBy(forbidden.ref);
  return exec.allow === undefined ? ALLOW : notAllowed('exec');
};

const judgeNamedExec = ({ exec }: EffectiveRules, object: PathObject): Verdict => {
  const doubt = doubtOf(object);
  if (doubt !== undefined)
    return exec.allow === undefined && exec.deny.length === 0 ? ALLOW : cannotTell('exec', doubt);
  const denied = decidingRule(exec.deny, object.path);
  if (denied !== undefined) return deniedBy(denied);
  if (exec.allow === undefined) return ALLOW;
  const allowed = object.deleted ? undefined : decidingRule(exec.allow, object.path);
  return allowed === undefined ? notAllowed('exec') : allowedBy(allowed);
};

const judgeExec = (rules: EffectiveRules, object: PathObject): Verdict => {
  if (object.fileless) return judgeFilelessExec(rules);
  const forbidden = rules.forbid.find(({ name }) => name === 'FilelessExec');
  if (object.deleted && forbidden !== undefined) return deniedBy(forbidden.ref);
  return judgeNamedExec(rules, object);
};

/** Whether the files class has anything to say about that access. */
const filesMatter = ({ files }: EffectiveRules, access: Access): boolean =>
  files.allow !== undefined || files.deny.some((rule) => accessOf(rule).includes(access));

const judgeDoubtfulAccess = (rules: EffectiveRules, access: Access, doubt: PathDoubt): Verdict => {
  const { exec } = rules;
  if (access === 'MapExecutable' && (exec.allow !== undefined || exec.deny.length > 0))
    return cannotTell('exec', doubt);
  return filesMatter(rules, access) ? cannotTell('files', doubt) : ALLOW;
};

const judgeAccess = (rules: EffectiveRules, object: PathObject, access: Access): Verdict => {
  const mapping = access === 'MapExecutable';
  if (object.fileless) return mapping ? judgeFilelessExec(rules) : ALLOW;
  const doubt = doubtOf(object);
  if (doubt !== undefined) return judgeDoubtfulAccess(rules, access, doubt);
  const denied = decidingRule(rules.files.deny, object.path, access);
  if (denied !== undefined) return deniedBy(denied);
  const allowed = decidingRule(rules.files.allow, object.path, access);
  if (allowed !== undefined) return allowedBy(allowed);
  const exec = mapping ? judgeNamedExec(rules, object) : ALLOW;
  if (exec.kind === 'Deny' || (exec.kind === 'Allow' && exec.rule !== undefined)) return exec;
  return rules.files.allow === undefined ? ALLOW : notAllowed('files');
};

const worst = (verdicts: readonly Verdict[]): Verdict =>
  mostRestrictive(verdicts.map((verdict) => ({ verdict }))).verdict;

const judgeFile = (rules: EffectiveRules, object: PathObject, access: readonly Access[]): Verdict =>
  worst(orderedAccess(access).map((one) => judgeAccess(rules, object, one)));

const judgeNetwork = (
  rules: EffectiveRules,
  side: 'egress' | 'ingress',
  { protocol, address, port }: { readonly protocol: Protocol; address: string; port: number },
): Verdict => {
  const list = rules[side];
  if (list === undefined) return ALLOW;
  const rule = list.find(
    (candidate) =>
      portsMatch(candidate, protocol, port) &&
      (side === 'ingress' || addressMatches(candidate, address)),
  );
  return rule === undefined ? notAllowed(side) : allowedBy(rule.ref);
};

const named = (list: readonly NameRule[], name: string): RuleRef | undefined =>
  list.find((rule) => rule.name === name)?.ref;

const judgeName = (
  { allow, deny }: NameRules,
  ruleClass: 'capabilities' | 'syscalls',
  name: string,
): Verdict => {
  const denied = named(deny, name);
  if (denied !== undefined) return deniedBy(denied);
  if (allow === undefined) return ALLOW;
  const allowed = named(allow, name);
  return allowed === undefined ? notAllowed(ruleClass) : allowedBy(allowed);
};

const judgeSyscall = (
  { syscalls }: EffectiveRules,
  architecture: Architecture,
  name: string,
): Verdict => {
  const holds = syscalls.allow === undefined || syscalls.architectures.includes(architecture);
  return judgeName(holds ? syscalls : { ...syscalls, allow: [] }, 'syscalls', name);
};

/** Whether one profile allows an operation, and which rule decides. Never throws for validated rules. */
export const judge = (rules: EffectiveRules, operation: Operation): Verdict => {
  switch (operation.kind) {
    case 'Exec':
      return judgeExec(rules, operation.object);
    case 'File':
      return judgeFile(rules, operation.object, operation.access);
    case 'Connect':
      return judgeNetwork(rules, 'egress', operation);
    case 'Bind':
      return judgeNetwork(rules, 'ingress', operation);
    case 'Capability':
      return judgeName(rules.capabilities, 'capabilities', operation.capability);
    case 'Syscall':
      return judgeSyscall(rules, operation.architecture, operation.name);
    case 'Forbidden': {
      const rule = named(rules.forbid, operation.behaviour);
      return rule === undefined ? ALLOW : deniedBy(rule);
    }
  }
};

/** Between several profiles the most restrictive wins; of equals, the first. No profile: allowed. */
export const decideAll = (profiles: readonly EffectiveRules[], operation: Operation): Decision =>
  mostRestrictive(
    profiles.map((rules) => ({ profile: rules.profile, verdict: judge(rules, operation) })),
  );

/** As `decideAll`, without the profile. */
export const judgeAll = (profiles: readonly EffectiveRules[], operation: Operation): Verdict =>
  decideAll(profiles, operation).verdict;
