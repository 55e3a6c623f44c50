/** Effective rules as an object would hold them: what `extends` and revisions brought in is written out. */
import type { Rules } from '../../api/objects.js';
import type { EffectiveRules, NameRules, NetworkRule, PathRules } from '../rules.js';
import { mergeRules } from './merge.js';

const pathLists = ({ allow, deny }: PathRules) => {
  const write = ({ pattern, access }: PathRules['deny'][number]) => ({
    path: pattern,
    ...(access === undefined ? {} : { access }),
  });
  return { ...(allow === undefined ? {} : { allow: allow.map(write) }), deny: deny.map(write) };
};

const nameLists = ({ allow, deny }: NameRules) => {
  const write = ({ name }: NameRules['deny'][number]): string => name;
  return { ...(allow === undefined ? {} : { allow: allow.map(write) }), deny: deny.map(write) };
};

const peers = ({ blocks }: NetworkRule) =>
  blocks.map(({ cidr, except }) => ({ ipBlock: { cidr, except } }));

/** The rules of an object whose effective rules, standing alone, mean the same. In canonical form. */
export const writtenRules = (rules: EffectiveRules): Rules =>
  // Effective rules hold names as plain strings; they came from, or are checked as, the API's.
  mergeRules({
    exec: pathLists(rules.exec),
    files: pathLists(rules.files),
    network: {
      ...(rules.egress && {
        egress: rules.egress.map((rule) => ({ to: peers(rule), ports: rule.ports })),
      }),
      ...(rules.ingress && {
        ingress: rules.ingress.map((rule) => ({ from: peers(rule), ports: rule.ports })),
      }),
    },
    capabilities: nameLists(rules.capabilities),
    syscalls: {
      ...nameLists(rules.syscalls),
      architectures: rules.syscalls.architectures,
      otherwise: rules.syscalls.otherwise,
    },
    forbid: rules.forbid.map(({ name }) => name),
  } as Rules);
