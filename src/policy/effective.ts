/** The rules of one object as effective rules: every rule knows where it stands. */
import type { NetworkPeer, NetworkPort, Rules } from '../api/objects.js';
import { orderedAccess } from './access.js';
import { formatCidr, requireCidr } from './network.js';
import type { Access, RuleClass, RuleRef } from './operation.js';
import { parsePattern, patternText } from './paths.js';
import { compareByText, comparePathRule } from './rule-order.js';
import { networkRuleText, pathRuleText } from './rule-text.js';
import type {
  EffectiveRules,
  NameRule,
  NetworkRule,
  PathRule,
  PathRules,
  SyscallAction,
} from './rules.js';

type List = RuleRef['list'];

const DEFAULT_ACTION: SyscallAction = { action: 'Errno', errno: 'EPERM' };

interface WrittenPathRule {
  readonly path: string;
  readonly access?: readonly Access[];
}

const canonicalCidr = (text: string): string => formatCidr(requireCidr(text));

/** Copies an optional list of rules, keeping "absent" apart from "empty". */
const optional = <Key extends string, Value>(
  key: Key,
  list: readonly Value[] | undefined,
): Partial<Record<Key, readonly Value[]>> =>
  (list === undefined ? {} : { [key]: list }) as Partial<Record<Key, readonly Value[]>>;

/** Makes the rules of one class, whose references all name `profile`. */
const pathRules = (
  profile: string,
  ruleClass: RuleClass,
  written: {
    readonly allow?: readonly WrittenPathRule[];
    readonly deny?: readonly WrittenPathRule[];
  } = {},
): PathRules => {
  const make =
    (list: List) =>
    (rule: WrittenPathRule, index: number): PathRule => {
      const pattern = patternText(parsePattern(rule.path));
      const access = rule.access && orderedAccess(rule.access);
      const text = pathRuleText(pattern, access);
      const ref = { profile, class: ruleClass, list, index, text };
      return { pattern, ...(access === undefined ? {} : { access }), ref };
    };
  const allow = written.allow?.map(make('allow')).sort(comparePathRule);
  const deny = (written.deny ?? []).map(make('deny')).sort(comparePathRule);
  return { ...optional('allow', allow), deny };
};

const networkRules = (
  profile: string,
  ruleClass: 'egress' | 'ingress',
  written:
    | readonly { readonly peers: readonly NetworkPeer[]; readonly ports: readonly NetworkPort[] }[]
    | undefined,
): readonly NetworkRule[] | undefined =>
  written
    ?.map(({ peers, ports }, index): NetworkRule => {
      const blocks = peers.map(({ ipBlock }) => ({
        cidr: canonicalCidr(ipBlock.cidr),
        except: (ipBlock.except ?? []).map(canonicalCidr),
      }));
      const text = networkRuleText({ blocks, ports });
      return { blocks, ports, ref: { profile, class: ruleClass, list: 'allow', index, text } };
    })
    .sort(compareByText);

const nameRules = <Name extends string>(
  profile: string,
  ruleClass: RuleClass,
  list: List,
  names: readonly Name[] | undefined,
): readonly NameRule<Name>[] | undefined =>
  names
    ?.map((name, index): NameRule<Name> => {
      return { name, ref: { profile, class: ruleClass, list, index, text: name } };
    })
    .sort(compareByText);

const actionOf = (written: {
  readonly action: SyscallAction['action'];
  readonly errno?: string;
}): SyscallAction =>
  written.action === 'Errno'
    ? { action: 'Errno', errno: written.errno ?? 'EPERM' }
    : { action: written.action };

/**
 * What the `rules` of one object say, without `extends` and `baseRevision`. `profile` is the name
 * that its rules are referred to by. Throws `PathInvalid` and `CidrInvalid`.
 */
export const effectiveRules = (profile: string, rules: Rules = {}): EffectiveRules => {
  const { capabilities = {}, network = {} } = rules;
  // Without lists the other settings of the class have nothing to hold for.
  const says = rules.syscalls?.allow !== undefined || (rules.syscalls?.deny ?? []).length > 0;
  const { syscalls = {} } = says ? rules : {};
  const names = <Name extends string>(c: RuleClass, list: List, of: readonly Name[] | undefined) =>
    nameRules(profile, c, list, of);
  const egress = network.egress?.map(({ to = [], ports = [] }) => ({ peers: to, ports }));
  const ingress = network.ingress?.map(({ from = [], ports = [] }) => ({ peers: from, ports }));
  return {
    profile,
    exec: pathRules(profile, 'exec', rules.exec),
    files: pathRules(profile, 'files', rules.files),
    ...optional('egress', networkRules(profile, 'egress', egress)),
    ...optional('ingress', networkRules(profile, 'ingress', ingress)),
    capabilities: {
      ...optional('allow', names('capabilities', 'allow', capabilities.allow)),
      deny: names('capabilities', 'deny', capabilities.deny ?? []) ?? [],
    },
    syscalls: {
      ...optional('allow', names('syscalls', 'allow', syscalls.allow)),
      deny: names('syscalls', 'deny', syscalls.deny ?? []) ?? [],
      architectures: [...(syscalls.architectures ?? [])].sort(),
      otherwise: syscalls.otherwise === undefined ? DEFAULT_ACTION : actionOf(syscalls.otherwise),
    },
    forbid: names('forbid', 'deny', rules.forbid ?? []) ?? [],
  };
};
