/** The rule that comes closest to allowing an operation, and what keeps it from doing so. */
import { accessOf } from '../access.js';
import { blockMatches, portsMatch } from '../network-match.js';
import { parseAddress } from '../network.js';
import type { Access, Operation, RuleRef } from '../operation.js';
import {
  isCanonical,
  parsePattern,
  segmentMatches,
  segmentsOf,
  segmentText,
  type Pattern,
} from '../paths.js';
import { compareText } from '../rule-order.js';
import type { EffectiveRules, NetworkRule, PathRule } from '../rules.js';
import { shown } from '../text.js';

export interface Nearest {
  readonly rule: RuleRef;
  /** Continues "the rule …": `has ncat where the path has nc`. */
  readonly difference: string;
}

interface Candidate extends Nearest {
  /** Edits between the rule and one that allows; 0 never occurs. */
  readonly cost: number;
}

const cheapest = (candidates: readonly Candidate[]): Nearest | undefined => {
  const [best] = [...candidates].sort(
    (a, b) => a.cost - b.cost || compareText(a.rule.text, b.rule.text),
  );
  return best && { rule: best.rule, difference: best.difference };
};

const commonLength = (a: string, b: string): number => {
  let length = 0;
  while (length < a.length && a.charAt(length) === b.charAt(length)) length++;
  return length;
};

/** At most 1 for a segment: less, the more of its beginning agrees. */
const segmentCost = (pattern: Pattern['segments'][number], segment: string): number => {
  if (pattern.kind === 'Any' || segmentMatches(pattern, segment)) return 0;
  const longest = Math.max(pattern.text.length, segment.length, 1);
  return 1 - commonLength(pattern.text, segment) / (2 * longest);
};

/** Segments that differ, lack or are too many, and the first of these in words. */
const pathDistance = (
  pattern: Pattern,
  path: readonly string[],
): { readonly cost: number; readonly difference: string | undefined } => {
  const costs = pattern.segments.map((segment, index) => {
    const other = path[index];
    return other === undefined ? 1 : segmentCost(segment, other);
  });
  const least = pattern.segments.length + (pattern.below ? 1 : 0);
  const excess = pattern.below ? 0 : Math.max(0, path.length - pattern.segments.length);
  const lacking = pattern.below && path.length === pattern.segments.length ? 1 : 0;
  const cost = costs.reduce((sum, one) => sum + one, excess + lacking);
  const at = costs.findIndex((one) => one > 0);
  const [segment, other] = [pattern.segments[at], path[at]];
  if (segment !== undefined && other !== undefined)
    return {
      cost,
      difference: `has ${shown(segmentText(segment))} where the path has ${shown(other)}`,
    };
  if (path.length < least)
    return {
      cost,
      difference: pattern.below ? 'matches only what is below' : 'goes on below the path',
    };
  return excess > 0
    ? { cost, difference: `ends ${excess.toString()} segment(s) above the path` }
    : { cost, difference: undefined };
};

const nearestPath = (
  rules: readonly PathRule[],
  path: string,
  access: readonly Access[],
): readonly Candidate[] =>
  rules.flatMap((rule) => {
    const { cost, difference } = pathDistance(parsePattern(rule.pattern), segmentsOf(path));
    const missing = access.filter((one) => !accessOf(rule).includes(one));
    const lacks = missing.length === 0 ? [] : [`lacks ${missing.join(', ')}`];
    const words = [...(difference === undefined ? [] : [difference]), ...lacks];
    if (words.length === 0) return [];
    // A tenth: of two rules for one path the one that grants more is nearer, the path counts first.
    return [{ rule: rule.ref, cost: cost + missing.length / 10, difference: words.join(' and ') }];
  });

const nearestNetwork = (
  rules: readonly NetworkRule[],
  operation: Extract<Operation, { kind: 'Connect' | 'Bind' }>,
): readonly Candidate[] =>
  rules.flatMap((rule) => {
    const { protocol, port } = operation;
    const address = parseAddress(operation.address);
    const here =
      operation.kind === 'Bind' ||
      rule.blocks.length === 0 ||
      (address !== undefined && rule.blocks.some((block) => blockMatches(block, address)));
    const portFits = portsMatch(rule, protocol, port);
    const protocolFits =
      rule.ports.length === 0 || rule.ports.some((one) => one.protocol === protocol);
    const words = [
      ...(here ? [] : [`does not hold ${operation.address}`]),
      ...(portFits
        ? []
        : [protocolFits ? `does not hold port ${port.toString()}` : `is not for ${protocol}`]),
    ];
    if (words.length === 0) return [];
    const cost = (here ? 0 : 1) + (portFits ? 0 : 1) + (protocolFits ? 0 : 1);
    return [{ rule: rule.ref, cost, difference: words.join(' and ') }];
  });

/** Of the rules of one profile that allow something else; `undefined` where none is comparable. */
export const nearestRule = (rules: EffectiveRules, operation: Operation): Nearest | undefined => {
  switch (operation.kind) {
    case 'Exec': {
      const { path, fileless } = operation.object;
      if (fileless || !isCanonical(path)) return undefined;
      return cheapest(nearestPath(rules.exec.allow ?? [], path, []));
    }
    case 'File': {
      const { path, fileless } = operation.object;
      if (fileless || !isCanonical(path)) return undefined;
      return cheapest(nearestPath(rules.files.allow ?? [], path, operation.access));
    }
    case 'Connect':
      return cheapest(nearestNetwork(rules.egress ?? [], operation));
    case 'Bind':
      return cheapest(nearestNetwork(rules.ingress ?? [], operation));
    case 'Syscall': {
      const rule = rules.syscalls.allow?.find(({ name }) => name === operation.name);
      if (rule === undefined) return undefined;
      const abis = rules.syscalls.architectures.join(', ');
      return { rule: rule.ref, difference: `holds on ${abis}, not on ${operation.architecture}` };
    }
    case 'Capability':
    case 'Forbidden':
      return undefined;
  }
};
